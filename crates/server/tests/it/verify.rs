//! Sessions that verify: their reference image, and what is kept of it.

use serde_json::json;
use verilume_protocol::stream::ServerMessage;
use verilume_server::MasterKey;
use verilume_store::{FaceStore as _, SessionId, UnixMillis};

use crate::faces::{check_error, media};
use crate::support::{Answer, Running, hello};

const CURRENT: &str = "/face/v1.2/detectLivenessWithVerify-sessions";
const PREVIEW: &str = "/face/v1.2-preview.1/detectLivenessWithVerify/singleModal/sessions";
const NOW: UnixMillis = UnixMillis::from_millis(0);

async fn started() -> Running {
    Running::start_with(|config| config.master_key = Some(MasterKey::generate())).await
}

impl Running {
    /// Creates a session with these fields; the image first, as some clients send it.
    async fn verifying(&self, image: &[u8], fields: &[(&str, &str)]) -> Answer {
        let mut form =
            b"--b\r\nContent-Disposition: form-data; name=\"verifyImage\"; filename=\"a\"\r\n\r\n".to_vec();
        form.extend_from_slice(image);
        let fields =
            [("livenessOperationMode", "Passive"), ("deviceCorrelationId", "d")].iter().chain(fields);
        for (name, value) in fields {
            let part = format!("\r\n--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}");
            form.extend_from_slice(part.as_bytes());
        }
        form.extend_from_slice(b"\r\n--b--\r\n");
        let headers = [
            ("ocp-apim-subscription-key", self.key.as_str()),
            ("content-type", "multipart/form-data; boundary=b"),
        ];
        self.request("POST", CURRENT, &headers, &form).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_template_of_the_reference_is_kept_sealed_and_goes_with_the_session() {
    let service = started().await;
    let obama = media("obama.jpg");
    let created = service.verifying(&obama, &[("returnVerifyImageHash", "true")]).await;
    assert_eq!(created.status, 200, "{}", created.body);
    let session = created.json();
    let reference = &session["results"]["verifyReferences"][0];
    assert_eq!(reference["referenceType"], "image");
    assert!(
        ["medium", "high"].contains(&reference["qualityForRecognition"].as_str().unwrap()),
        "{reference}"
    );
    assert!(reference["faceRectangle"]["width"].as_u64().unwrap() > 36, "{reference}");
    let path = format!("{CURRENT}/{}", session["sessionId"].as_str().unwrap());
    let read = service.with_key("GET", &path, b"").await.json();
    assert_eq!(read["results"], session["results"]);
    let id = SessionId::parse(session["sessionId"].as_str().unwrap()).unwrap();
    let sealed = service.store.reference(&id, NOW).await.unwrap().unwrap();
    // A nonce and a tag around a version, a digest and 128 numbers.
    assert_eq!(sealed.bytes.len(), 24 + 16 + 1 + 32 + 4 * 128);
    let (mut stream, _plan) = service.planned(session["authToken"].as_str().unwrap()).await;
    drop(stream.socket.close(None).await);
    assert_eq!(service.with_key("DELETE", &path, b"").await.status, 204);
    assert_eq!(service.store.reference(&id, NOW).await.unwrap(), None);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_that_will_not_do_is_refused_with_the_reason() {
    let service = started().await;
    let obama = media("obama.jpg");
    let grey = [crate::support::grey_jpeg(99), vec![0; 2000]].concat();
    for (image, code, says) in [
        (grey.as_slice(), "InvalidImage", "No face"),
        (&[7; 2000], "InvalidImage", "unsupported"),
        (&obama[..obama.len() / 2], "InvalidImage", "cut short"),
        (&obama[..100], "InvalidImageSize", "small"),
    ] {
        let answer = service.verifying(image, &[]).await;
        check_error(&answer, 400, code);
        assert!(answer.body.contains(says), "{}", answer.body);
    }
    for threshold in ["1.1", "-0.1", "much"] {
        let answer = service.verifying(&obama, &[("verifyConfidenceThreshold", threshold)]).await;
        check_error(&answer, 400, "InvalidRequestBody");
    }
    assert_eq!(service.verifying(&obama, &[("verifyConfidenceThreshold", "0.7")]).await.status, 200);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_seems_compared_that_was_not() {
    let service = started().await;
    let body = json!({ "livenessOperationMode": "Passive", "deviceCorrelationId": "d" }).to_string();
    let created = service.with_key("POST", PREVIEW, body.as_bytes()).await;
    assert_eq!(created.status, 200, "{}", created.body);
    let mut stream = service.stream().await;
    stream.say(&hello(created.json()["authToken"].as_str().unwrap())).await;
    match stream.hear().await {
        Some(ServerMessage::Problem(problem)) => assert_eq!(problem.code, "VerifyImageNotProvided"),
        other => panic!("{other:?}"),
    }
    service.stop().await;
    let service = Running::start().await;
    check_error(&service.verifying(&media("obama.jpg"), &[]).await, 403, "UnsupportedFeature");
    service.stop().await;
}
