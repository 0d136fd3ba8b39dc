//! Faces of still pictures: found, described, named, compared.

use std::path::Path;

use serde_json::{Value, json};
use verilume_server::MasterKey;

use crate::support::{Answer, Running};

const DETECT: &str = "/face/v1.2/detect";

pub(crate) fn media(name: &str) -> Vec<u8> {
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/media");
    std::fs::read(media.join(name)).expect("`cargo xtask assets` has run")
}

async fn started() -> Running {
    Running::start_with(|config| config.master_key = Some(MasterKey::generate())).await
}

/// A picture with 64 x 64 grey pixels and no face.
fn grey(bytes: usize) -> Vec<u8> {
    let mut jpeg = crate::support::grey_jpeg(99);
    jpeg.resize(jpeg.len().max(bytes), 0);
    jpeg
}

impl Running {
    async fn picture(&self, path: &str, picture: &[u8]) -> Answer {
        let headers = [
            ("Ocp-Apim-Subscription-Key", self.faces_key.as_str()),
            ("content-type", "application/octet-stream"),
        ];
        self.request("POST", path, &headers, picture).await
    }

    async fn faces_json(&self, path: &str, body: Value) -> Answer {
        let headers =
            [("Ocp-Apim-Subscription-Key", self.faces_key.as_str()), ("content-type", "application/json")];
        self.request("POST", path, &headers, body.to_string().as_bytes()).await
    }

    async fn face_id(&self, picture: &[u8]) -> String {
        let answer = self.picture(DETECT, picture).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()[0]["faceId"].as_str().unwrap().to_owned()
    }
}

#[track_caller]
pub(crate) fn check_error(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, answer.header("x-ms-error-code")),
        (status, Some(code.to_lowercase().as_str())),
        "{}",
        answer.body
    );
    assert_eq!(answer.json()["error"]["code"].as_str(), Some(code));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_is_found_described_and_weakly_judged() {
    let service = started().await;
    let all = "returnFaceLandmarks=true&returnRecognitionModel=true&recognitionModel=recognition_04&returnFaceAttributes=\
               headPose,blur,exposure,noise,occlusion,accessories,qualityForRecognition";
    let answer = service.picture(&format!("{DETECT}?{all}"), &media("astronaut.png")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let faces = answer.json();
    let face = &faces[0];
    assert_eq!(faces.as_array().unwrap().len(), 1, "{faces}");
    assert_eq!(face["recognitionModel"], "recognition_04");
    assert_eq!(face["faceId"].as_str().unwrap().len(), 36);
    let rectangle =
        ["left", "top", "width", "height"].map(|side| face["faceRectangle"][side].as_f64().unwrap());
    assert!((170.0..190.0).contains(&rectangle[0]) || rectangle[2] > 80.0, "{rectangle:?}");
    let landmarks = face["faceLandmarks"].as_object().unwrap();
    assert_eq!(landmarks.len(), 27);
    let x = |name: &str| landmarks[name]["x"].as_f64().unwrap();
    let y = |name: &str| landmarks[name]["y"].as_f64().unwrap();
    let across = [
        "eyebrowLeftOuter",
        "eyeLeftOuter",
        "pupilLeft",
        "eyeLeftInner",
        "noseTip",
        "eyeRightInner",
        "pupilRight",
        "eyeRightOuter",
    ];
    assert!(across.windows(2).all(|pair| x(pair[0]) < x(pair[1]) + 6.0), "{landmarks:?}");
    let down = ["eyeLeftTop", "eyeLeftBottom", "noseTip", "upperLipTop", "upperLipBottom", "underLipBottom"];
    assert!(down.windows(2).all(|pair| y(pair[0]) < y(pair[1])), "{landmarks:?}");
    for (name, at) in landmarks {
        let [left, top, width, height] = rectangle;
        let (x, y) = (at["x"].as_f64().unwrap(), at["y"].as_f64().unwrap());
        assert!(
            (left - width..left + 2.0 * width).contains(&x)
                && (top - height..top + 2.0 * height).contains(&y),
            "{name}"
        );
    }
    let attributes = &face["faceAttributes"];
    assert!(attributes["headPose"]["yaw"].as_f64().unwrap().abs() < 40.0, "{attributes}");
    assert_eq!(attributes["exposure"]["exposureLevel"], "goodExposure", "{attributes}");
    assert_eq!(attributes["blur"]["blurLevel"], "low", "{attributes}");
    assert_eq!(attributes["noise"]["noiseLevel"], "low", "{attributes}");
    assert_eq!(attributes["occlusion"]["mouthOccluded"], false, "{attributes}");
    assert_eq!(attributes["accessories"], json!([]));
    assert!(["medium", "high"].contains(&attributes["qualityForRecognition"].as_str().unwrap()));
    let liveness = &face["liveness"];
    assert_eq!(liveness["evidence"]["kind"], "single_image", "{liveness}");
    assert_ne!(liveness["decision"], "realface", "a still never is");
    assert!(liveness["score"].is_null() || (0.0..=1.0).contains(&liveness["score"].as_f64().unwrap()));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_that_was_not_asked_for() {
    let service = started().await;
    let answer = service.picture("/face/v1.0/Detect?returnFaceId=false", &media("obama.jpg")).await;
    let face = answer.json()[0].clone();
    assert_eq!(face.as_object().unwrap().keys().collect::<Vec<_>>(), ["faceRectangle", "liveness"]);
    assert_eq!(service.picture(DETECT, &grey(2000)).await.json(), json!([]), "no face is no error");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn portraits_of_one_person_verify_and_of_two_do_not() {
    let service = started().await;
    let (obama, biden) = (media("obama.jpg"), media("biden.jpg"));
    let (one, again, other) =
        (service.face_id(&obama).await, service.face_id(&obama).await, service.face_id(&biden).await);
    assert_ne!(one, again, "each time a new name");
    let verify = async |a: &str, b: &str| {
        let answer = service.faces_json("/face/v1.2/verify", json!({ "faceId1": a, "faceId2": b })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    };
    let same = verify(&one, &again).await;
    assert_eq!(same["isIdentical"], true, "{same}");
    let different = verify(&one, &other).await;
    assert_eq!(different["isIdentical"], false, "{different}");
    assert!(different["confidence"].as_f64().unwrap() < 0.3, "{different}");
    assert!(same["supportedConfidence"].as_f64().unwrap() < 0.5, "what the data support is said: {same}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faces_end_by_time_and_belong_to_their_model() {
    let service = started().await;
    let obama = media("obama.jpg");
    let early = service.face_id(&obama).await;
    let late = service
        .picture(&format!("{DETECT}?recognitionModel=recognition_04&faceIdTimeToLive=60"), &obama)
        .await;
    let late = late.json()[0]["faceId"].as_str().unwrap().to_owned();
    let verify = async |body: Value| service.faces_json("/face/v1.2/verify", body).await;
    check_error(&verify(json!({ "faceId1": early, "faceId2": late })).await, 400, "BadArgument");
    let nobody = "b12e033e-bda7-4b83-a211-e721c661f30e";
    check_error(&verify(json!({ "faceId1": early, "faceId2": nobody })).await, 404, "FaceNotFound");
    check_error(&verify(json!({ "faceId1": early })).await, 400, "BadArgument");
    check_error(&verify(json!({ "faceId1": early, "faceId2": "x" })).await, 400, "BadArgument");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_is_refused_with_its_code() {
    let service = started().await;
    let detect = async |query: &str, body: &[u8]| service.picture(&format!("{DETECT}{query}"), body).await;
    check_error(&detect("", &[0; 1023]).await, 400, "InvalidImageSize");
    check_error(&detect("", &vec![0; (6 << 20) + 1]).await, 400, "InvalidImageSize");
    check_error(&detect("", &[7; 2000]).await, 400, "InvalidImage");
    check_error(&detect("", &media("obama.jpg")[..20_000]).await, 400, "InvalidImage");
    let picture = grey(2000);
    for retired in ["age", "gender", "emotion", "smile", "facialHair", "hair", "makeup", "headPose,age"] {
        check_error(
            &detect(&format!("?returnFaceAttributes={retired}"), &picture).await,
            403,
            "UnsupportedFeature",
        );
    }
    for query in [
        "?returnFaceAttributes=beauty",
        "?detectionModel=detection_04",
        "?recognitionModel=recognition_05",
        "?returnFaceId=perhaps",
        "?faceIdTimeToLive=59",
        "?faceIdTimeToLive=86401",
        "?detectionModel=detection_02&returnFaceLandmarks=true",
        "?detectionModel=detection_02&returnFaceAttributes=blur",
        "?detectionModel=detection_03&returnFaceAttributes=noise",
        "?returnFaceAttributes=mask",
        "?returnFaceAttributes=qualityForRecognition",
    ] {
        check_error(&detect(query, &picture).await, 400, "BadArgument");
    }
    let named = async |body: Value| service.faces_json(DETECT, body).await;
    check_error(&named(json!({ "url": "https://127.0.0.1/a.jpg" })).await, 400, "InvalidURL");
    check_error(&named(json!({ "sessionImageId": "x" })).await, 400, "BadArgument");
    check_error(&named(json!({ "sessionImageId": "0".repeat(64) })).await, 400, "BadArgument");
    check_error(&named(json!({})).await, 400, "BadArgument");
    let headers = [("Ocp-Apim-Subscription-Key", service.faces_key.as_str()), ("content-type", "text/plain")];
    check_error(&service.request("POST", DETECT, &headers, b"x").await, 415, "UnsupportedMediaType");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_master_key_no_face_gets_a_name() {
    let service = Running::start().await;
    check_error(&service.picture(DETECT, &media("obama.jpg")).await, 403, "UnsupportedFeature");
    let nameless = service.picture(&format!("{DETECT}?returnFaceId=false"), &media("obama.jpg")).await;
    assert_eq!(nameless.status, 200, "{}", nameless.body);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn analyze_tells_faces_and_nothing_about_people() {
    const ANALYZE: &str =
        "/vision/v3.2/analyze?visualFeatures=Faces&details=&language=en&model-version=latest";
    let service = started().await;
    let answer = service.picture(ANALYZE, &media("biden.jpg")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let told = answer.json();
    let face = told["faces"][0].as_object().unwrap();
    assert_eq!(face.keys().collect::<Vec<_>>(), ["faceRectangle", "liveness"]);
    assert_eq!(told["metadata"]["format"], "Jpeg");
    assert!(
        told["metadata"]["width"].as_u64().unwrap() > 50 && told["requestId"].as_str().unwrap().len() == 36
    );
    let check = |answer: &Answer, status: u16, inner: &str| {
        assert_eq!(answer.status, status, "{}", answer.body);
        let error = answer.json()["error"].clone();
        assert_eq!(
            (error["code"].as_str(), error["innererror"]["code"].as_str()),
            (Some("InvalidRequest"), Some(inner))
        );
    };
    let grey = grey(2000);
    for (query, inner) in [
        ("", "NotSupportedVisualFeature"),
        ("?visualFeatures=Faces,Tags", "NotSupportedVisualFeature"),
        ("?visualFeatures=Nonsense", "NotSupportedVisualFeature"),
        ("?visualFeatures=Faces&details=Celebrities", "InvalidDetails"),
        ("?visualFeatures=Faces&language=tlh", "NotSupportedLanguage"),
        ("?visualFeatures=Faces&model-version=1", "InvalidModel"),
    ] {
        check(&service.picture(&format!("/vision/v3.2/analyze{query}"), &grey).await, 400, inner);
    }
    check(&service.picture(ANALYZE, b"no picture").await, 400, "InvalidImageFormat");
    check(&service.picture(ANALYZE, &vec![0; (4 << 20) + 1]).await, 400, "InvalidImageSize");
    check(&service.picture(ANALYZE, &media("biden.jpg")[..9000]).await, 400, "NotSupportedImage");
    check(&service.faces_json(ANALYZE, json!({ "url": "http://localhost/" })).await, 400, "InvalidImageUrl");
    service.stop().await;
}
