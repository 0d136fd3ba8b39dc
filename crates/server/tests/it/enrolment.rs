//! Enrolment and identification by HTTP: who may, what is refused, and a person's way through all of it.

use serde_json::{Value, json};
use verilume_server::MasterKey;

use crate::support::{Answer, PATIENCE, Running};

const KEY: &str = "ocp-apim-subscription-key";
const ROOT: &str = "/face/v1.2";
const PREVIEW: &str = "/face/v1.3-preview.1";

/// A service that identifies.
async fn identifying() -> Running {
    Running::start_with(|config| {
        config.identification.is_enabled = true;
        config.identification.max_faces = 2;
        config.master_key = Some(MasterKey::generate());
    })
    .await
}

fn picture(name: &str) -> Vec<u8> {
    let media = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/media");
    std::fs::read(media.join(name)).unwrap()
}

/// Sends JSON.
async fn call(service: &Running, request: &str, body: Value) -> Answer {
    let (method, path) = request.split_once(' ').unwrap();
    let headers = [(KEY, service.identify_key.as_str()), ("content-type", "application/json")];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    service.request(method, path, &headers, body.as_bytes()).await
}

/// Sends JSON that is taken.
#[track_caller]
fn taken(answer: Answer) -> Value {
    assert!((200..300).contains(&answer.status), "{} {}", answer.status, answer.body);
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, answer.json()["error"]["code"].as_str().unwrap()),
        (status, code),
        "{}",
        answer.body
    );
    assert_eq!(answer.header("x-ms-error-code"), Some(code.to_lowercase().as_str()));
}

async fn enrol(service: &Running, path: &str, name: &str) -> Answer {
    let headers = [(KEY, service.identify_key.as_str()), ("content-type", "application/octet-stream")];
    service.request("POST", path, &headers, &picture(name)).await
}

/// The id of the face in a picture.
async fn detect(service: &Running, name: &str) -> String {
    let headers = [(KEY, service.faces_key.as_str()), ("content-type", "application/octet-stream")];
    let path = format!("{ROOT}/detect?recognitionModel=recognition_04");
    let answer = service.request("POST", &path, &headers, &picture(name)).await;
    taken(answer)[0]["faceId"].as_str().unwrap().to_owned()
}

async fn train(service: &Running, group: &str) {
    let answer = call(service, &format!("POST {group}/train"), Value::Null).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    let status = answer.header("operation-location").unwrap();
    assert!(status.ends_with(&format!("{group}/training")), "{status}");
    let patience = tokio::time::Instant::now() + PATIENCE;
    loop {
        let training = taken(call(service, &format!("GET {group}/training"), Value::Null).await);
        match training["status"].as_str().unwrap() {
            "running" => assert!(tokio::time::Instant::now() < patience, "{training}"),
            status => {
                assert_eq!(status, "succeeded");
                assert!(training["lastSuccessfulTrainingDateTime"].is_string(), "{training}");
                return;
            }
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_off_until_the_operator_turns_it_on() {
    let service = Running::start().await;
    for request in
        ["GET /face/v1.2/facelists", "POST /face/v1.0/identify", "GET /face/v1.1-preview.1/persons"]
    {
        let answer = call(&service, request, Value::Null).await;
        refused(&answer, 403, "UnsupportedFeature");
        assert!(answer.body.contains("identification.enabled"), "{}", answer.body);
    }
    service.stop().await;
    let without_key = Running::start_with(|config| config.identification.is_enabled = true).await;
    let answer = call(&without_key, "GET /face/v1.2/facelists", Value::Null).await;
    refused(&answer, 403, "UnsupportedFeature");
    assert!(answer.body.contains("master key"), "{}", answer.body);
    without_key.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_enrolled_found_and_erased() {
    let service = identifying().await;
    let group = format!("{ROOT}/largepersongroups/staff");
    let made = json!({ "name": "Staff", "userData": "all of us", "recognitionModel": "recognition_04" });
    taken(call(&service, &format!("PUT {group}"), made.clone()).await);
    refused(&call(&service, &format!("PUT {group}"), made).await, 409, "LargePersonGroupExists");
    let read = taken(call(&service, &format!("GET {group}?returnRecognitionModel=true"), Value::Null).await);
    let expected = json!({ "largePersonGroupId": "staff", "name": "Staff", "userData": "all of us",
        "recognitionModel": "recognition_04" });
    assert_eq!(read, expected);
    let person = taken(call(&service, &format!("POST {group}/persons"), json!({ "name": "Ada" })).await);
    let person = person["personId"].as_str().unwrap().to_owned();
    let one = format!("{group}/persons/{person}");
    let face = taken(enrol(&service, &format!("{one}/persistedfaces?userData=front"), "obama.jpg").await);
    let face = face["persistedFaceId"].as_str().unwrap().to_owned();
    let read = taken(call(&service, &format!("GET {one}"), Value::Null).await);
    assert_eq!(read, json!({ "personId": person, "name": "Ada", "persistedFaceIds": [face] }));
    let read = taken(call(&service, &format!("GET {one}/persistedFaces/{face}"), Value::Null).await);
    assert_eq!(read, json!({ "persistedFaceId": face, "userData": "front" }));

    let (same, other) = (detect(&service, "obama.jpg").await, detect(&service, "biden.jpg").await);
    let asked = json!({ "faceIds": [same, other], "largePersonGroupId": "staff" });
    let identify = format!("POST {ROOT}/identify");
    refused(&call(&service, &identify, asked.clone()).await, 400, "LargePersonGroupNotTrained");
    train(&service, &group).await;
    let found = taken(call(&service, &identify, asked.clone()).await);
    assert_eq!(found[0]["faceId"], same.as_str());
    assert_eq!(found[0]["candidates"][0]["personId"], person.as_str());
    assert!(found[0]["candidates"][0]["confidence"].as_f64().unwrap() >= 0.5, "{found}");
    assert!(found[0]["candidates"][0]["supportedConfidence"].as_f64().unwrap() < 0.5, "{found}");
    assert_eq!(found[1], json!({ "faceId": other, "candidates": [] }));
    // Without a threshold everybody is a candidate, however far.
    let all = json!({ "faceIds": [other], "largePersonGroupId": "staff", "confidenceThreshold": 0,
        "maxNumOfCandidatesReturned": "1" });
    let found = taken(call(&service, &identify, all).await);
    assert!(found[0]["candidates"][0]["confidence"].as_f64().unwrap() < 0.5, "{found}");

    let key = verilume_store::Scopes::new(&[verilume_store::Scope::Faces, verilume_store::Scope::Identify]);
    let label = verilume_store::KeyLabel::new("both").unwrap();
    let key = verilume_server::create_api_key(service.store.as_ref(), &label, &key.unwrap()).await.unwrap();
    let verify = async |face: &str| {
        let body = json!({ "faceId": face, "personId": person, "largePersonGroupId": "staff" }).to_string();
        let headers = [(KEY, key.expose()), ("content-type", "application/json")];
        service.request("POST", &format!("{ROOT}/verify"), &headers, body.as_bytes()).await
    };
    assert_eq!(taken(verify(&same).await)["isIdentical"], true);
    assert_eq!(taken(verify(&other).await)["isIdentical"], false);

    taken(call(&service, &format!("DELETE {one}"), Value::Null).await);
    refused(&call(&service, &format!("GET {one}"), Value::Null).await, 404, "PersonNotFound");
    let found = taken(call(&service, &identify, asked).await);
    assert_eq!(found[0]["candidates"], json!([]), "not trained again, and gone all the same");
    refused(&verify(&same).await, 404, "PersonNotFound");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faces_that_look_alike_are_found_in_lists_and_among_pictures() {
    let service = identifying().await;
    let large = format!("{ROOT}/largefacelists/seen");
    let small = format!("{ROOT}/facelists/seen");
    let made = json!({ "name": "Seen", "recognitionModel": "recognition_04" });
    taken(call(&service, &format!("PUT {large}"), made.clone()).await);
    taken(call(&service, &format!("PUT {small}"), made).await);
    let probe = detect(&service, "obama.jpg").await;
    let similar = format!("POST {ROOT}/findsimilars");
    let in_small = json!({ "faceId": probe, "faceListId": "seen" });
    refused(&call(&service, &similar, in_small.clone()).await, 400, "FaceListNotReady");
    let mut ids = Vec::new();
    for name in ["obama.jpg", "biden.jpg"] {
        for list in [&large, &small] {
            let face = taken(enrol(&service, &format!("{list}/persistedfaces"), name).await);
            ids.push(face["persistedFaceId"].as_str().unwrap().to_owned());
        }
    }
    let full = enrol(&service, &format!("{small}/persistedfaces"), "biden.jpg").await;
    refused(&full, 403, "QuotaExceeded");
    let found = taken(call(&service, &similar, in_small.clone()).await);
    assert_eq!((found.as_array().unwrap().len(), &found[0]["persistedFaceId"]), (1, &json!(ids[1])));
    let mut all = in_small;
    all["mode"] = json!("matchFace");
    let found = taken(call(&service, &similar, all).await);
    assert_eq!(found.as_array().unwrap().len(), 2, "whoever they are of");
    let in_large = json!({ "faceId": probe, "largeFaceListId": "seen" });
    refused(&call(&service, &similar, in_large.clone()).await, 400, "LargeFaceListNotTrained");
    train(&service, &large).await;
    let found = taken(call(&service, &similar, in_large).await);
    assert_eq!(found[0]["persistedFaceId"], ids[0].as_str());
    let listed = taken(call(&service, &format!("GET {large}/persistedfaces?top=1"), Value::Null).await);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let told = taken(call(&service, &format!("GET {small}"), Value::Null).await);
    assert_eq!(told["persistedFaces"].as_array().unwrap().len(), 2);

    let (same, other) = (detect(&service, "obama.jpg").await, detect(&service, "biden.jpg").await);
    let among = json!({ "faceId": probe, "faceIds": [other, same] });
    let found = taken(call(&service, &similar, among).await);
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["faceId"], same.as_str());
    let sorted = taken(
        call(&service, &format!("POST {ROOT}/group"), json!({ "faceIds": [other, same, probe] })).await,
    );
    assert_eq!(sorted, json!({ "groups": [[same, probe]], "messyGroup": [other] }));
    taken(call(&service, &format!("DELETE {large}"), Value::Null).await);
    refused(&call(&service, &format!("GET {large}"), Value::Null).await, 404, "LargeFaceListNotFound");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_answers_as_for_something_that_goes_on() {
    let service = identifying().await;
    let made = call(&service, &format!("POST {PREVIEW}/persons"), json!({ "name": "Ada" })).await;
    assert_eq!(made.status, 202, "{}", made.body);
    let operation = made.header("operation-location").unwrap().to_owned();
    let operation = &operation[operation.find("/face").unwrap()..];
    let ended = taken(call(&service, &format!("GET {operation}"), Value::Null).await);
    assert_eq!(ended["status"], "succeeded");
    let forged = format!("GET {}0", &operation[..operation.len() - 1]);
    let forged = if forged.ends_with(operation) {
        format!("GET {}1", &operation[..operation.len() - 1])
    } else {
        forged
    };
    refused(&call(&service, &forged, Value::Null).await, 404, "OperationNotFound");
    let person = made.json()["personId"].as_str().unwrap().to_owned();
    let faces = format!("{PREVIEW}/persons/{person}/recognitionModels/recognition_04/persistedfaces");
    let enrolled = enrol(&service, &faces, "obama.jpg").await;
    assert_eq!(enrolled.status, 202, "{}", enrolled.body);
    let listed = taken(call(&service, &format!("GET {faces}"), Value::Null).await);
    let face = enrolled.json()["persistedFaceId"].clone();
    assert_eq!(listed, json!({ "personId": person, "persistedFaceIds": [face] }));

    let team = format!("{PREVIEW}/dynamicpersongroups/team");
    let body = json!({ "name": "Team", "addPersonIds": [person] });
    assert_eq!(call(&service, &format!("PUT {team}"), body).await.status, 202);
    let empty = format!("{PREVIEW}/dynamicpersongroups/nobody");
    assert_eq!(call(&service, &format!("PUT {empty}"), json!({ "name": "Nobody" })).await.status, 200);
    let members = taken(call(&service, &format!("GET {team}/persons"), Value::Null).await);
    assert_eq!(members, json!({ "personIds": [person] }));
    let groups = format!("GET {PREVIEW}/persons/{person}/dynamicPersonGroupReferences");
    assert_eq!(
        taken(call(&service, &groups, Value::Null).await),
        json!({ "dynamicPersonGroupIds": ["team"] })
    );

    let probe = detect(&service, "obama.jpg").await;
    let found = async |scope: Value| {
        let mut body = scope;
        body["faceIds"] = json!([probe]);
        taken(call(&service, &format!("POST {PREVIEW}/identify"), body).await)[0]["candidates"][0]["personId"]
            .clone()
    };
    assert_eq!(found(json!({ "dynamicPersonGroupId": "team" })).await, person.as_str());
    assert_eq!(found(json!({ "personIds": ["*"] })).await, person.as_str());
    assert_eq!(found(json!({ "personIds": [person] })).await, person.as_str());
    assert_eq!(found(json!({ "dynamicPersonGroupId": "nobody" })).await, Value::Null);
    assert_eq!(call(&service, &format!("DELETE {PREVIEW}/persons/{person}"), Value::Null).await.status, 202);
    assert_eq!(found(json!({ "personIds": ["*"] })).await, Value::Null);
    let members = taken(call(&service, &format!("GET {team}/persons"), Value::Null).await);
    assert_eq!(members, json!({ "personIds": [] }));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_with_the_contracts_code() {
    let service = identifying().await;
    let face = "b12e033e-bda7-4b83-a211-e721c661f30e";
    let long = "x".repeat(200);
    taken(call(&service, &format!("PUT {ROOT}/persongroups/g"), json!({ "name": "g" })).await);
    let person = format!("persongroups/g/persons/{face}");
    let face_of_person = format!("{person}/persistedfaces/{face}");
    let cases = [
        ("PUT", "facelists/UP~", json!({ "name": "a" }), 400, "BadArgument"),
        ("PUT", "facelists/a", json!({}), 400, "BadArgument"),
        ("PUT", "facelists/a", json!({ "name": long }), 400, "BadArgument"),
        ("PUT", "facelists/a", json!({ "name": 7 }), 400, "BadArgument"),
        ("PUT", "facelists/a", json!({ "name": "a", "userData": "x".repeat(17 << 10) }), 400, "BadArgument"),
        ("PUT", "facelists/a", json!({ "name": "a", "recognitionModel": "mine" }), 400, "BadArgument"),
        ("PATCH", "facelists/a", json!({}), 400, "BadArgument"),
        ("PATCH", "facelists/a", json!({ "name": "b" }), 404, "FaceListNotFound"),
        ("GET", "persongroups?top=0", Value::Null, 400, "BadArgument"),
        ("GET", "persongroups?start=~", Value::Null, 400, "BadArgument"),
        ("GET", "persongroups/none", Value::Null, 404, "PersonGroupNotFound"),
        ("GET", "persongroups/g/training", Value::Null, 404, "PersonGroupNotTrained"),
        ("GET", "persongroups/g/persons/7", Value::Null, 400, "BadArgument"),
        ("GET", person.as_str(), Value::Null, 404, "PersonNotFound"),
        ("DELETE", face_of_person.as_str(), Value::Null, 404, "PersistedFaceNotFound"),
        ("POST", "persongroups/none/train", Value::Null, 404, "PersonGroupNotFound"),
        ("POST", "identify", json!({ "faceIds": [] }), 400, "BadArgument"),
        ("POST", "identify", json!({ "faceIds": [face] }), 400, "MissingIdentificationScopeParameters"),
        (
            "POST",
            "identify",
            json!({ "faceIds": [face], "personGroupId": "a", "largePersonGroupId": "b" }),
            400,
            "PersonGroupIdAndLargePersonGroupIdBothNotNull",
        ),
        (
            "POST",
            "identify",
            json!({ "faceIds": [face], "personGroupId": "a", "personIds": ["*"] }),
            400,
            "IncompatibleIdentificationScopeParametersCombination",
        ),
        (
            "POST",
            "identify",
            json!({ "faceIds": [face], "personGroupId": "none" }),
            400,
            "PersonGroupNotFound",
        ),
        (
            "POST",
            "identify",
            json!({ "faceIds": [face], "personGroupId": "g" }),
            400,
            "PersonGroupNotTrained",
        ),
        ("POST", "identify", json!({ "faceIds": [face], "personIds": ["*"] }), 400, "FaceNotFound"),
        ("POST", "identify", json!({ "faceIds": [face], "personIds": [face] }), 400, "PersonNotFound"),
        (
            "POST",
            "identify",
            json!({ "faceIds": [face], "personIds": ["*"], "confidenceThreshold": 2 }),
            400,
            "BadArgument",
        ),
        ("POST", "findsimilars", json!({ "faceId": face }), 400, "BadArgument"),
        ("POST", "findsimilars", json!({ "faceId": face, "faceIds": [face] }), 400, "FaceNotFound"),
        (
            "POST",
            "findsimilars",
            json!({ "faceId": face, "largeFaceListId": "none" }),
            400,
            "LargeFaceListNotFound",
        ),
        ("POST", "group", json!({ "faceIds": [face] }), 400, "BadArgument"),
    ];
    for (method, path, body, status, code) in cases {
        let answer = call(&service, &format!("{method} {ROOT}/{path}"), body).await;
        assert_eq!(
            (answer.status, answer.json()["error"]["code"].as_str()),
            (status, Some(code)),
            "{method} {path}: {}",
            answer.body
        );
    }
    taken(call(&service, &format!("PUT {ROOT}/facelists/f"), json!({ "name": "f" })).await);
    let list = format!("{ROOT}/facelists/f/persistedfaces");
    refused(&enrol(&service, &list, "carphone.mp4").await, 400, "InvalidImage");
    refused(&enrol(&service, &format!("{list}?targetFace=1,2"), "obama.jpg").await, 400, "BadArgument");
    refused(&enrol(&service, &format!("{list}?targetFace=0,0,1,1"), "obama.jpg").await, 400, "InvalidImage");
    service.stop().await;
}
