//! What an app's own server does: it creates the session, and alone reads what came of it.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;
use zeroize::Zeroizing;

use crate::failure::{Exit, Failure};
use crate::tls::Trust;

const KEY_HEADER: &str = "Ocp-Apim-Subscription-Key";
/// The service must answer within this time. Origin: as a browser's.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Names a device, where real apps name an installation. Each simulated person has one of their own: failures are counted
/// by it.
fn device_name() -> Result<String, Failure> {
    let random = getrandom::u64().map_err(|error| {
        Failure::new(Exit::Other, "no_randomness", error.to_string(), "the system gives no random numbers")
    })?;
    Ok(format!("reference-device-{random:016x}"))
}

/// An app's own server.
pub(crate) struct AppServer {
    service: String,
    key: String,
    agent: Agent,
}

/// A session as the service answers its creation.
pub(crate) struct CreatedSession {
    pub(crate) id: String,
    pub(crate) token: String,
}

impl AppServer {
    /// For the service at `http://HOST:PORT` or `https://HOST:PORT`.
    pub(crate) fn new(service: &str, key: &str, trust: &Trust) -> Self {
        let config = Agent::config_builder().timeout_global(Some(ANSWER_WITHIN)).http_status_as_error(false);
        let config = config.tls_config(trust.requests());
        Self {
            service: service.trim_end_matches('/').to_owned(),
            key: key.to_owned(),
            agent: config.build().into(),
        }
    }

    /// Creates a session; with a reference image one that compares.
    pub(crate) fn create(&self, reference: Option<&[u8]>) -> Result<CreatedSession, Failure> {
        let answer = match reference {
            Some(image) => self.create_comparing(image)?,
            None => {
                let body =
                    json!({ "livenessOperationMode": "Passive", "deviceCorrelationId": device_name()? });
                let request = self.agent.post(self.url("/face/v1.2/detectLiveness-sessions"));
                self.read(request.header(KEY_HEADER, &self.key).send_json(&body))?
            }
        };
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        match (text("sessionId"), text("authToken")) {
            (Some(id), Some(token)) => Ok(CreatedSession { id, token }),
            _ => Err(self.unusable("the answer names no session")),
        }
    }

    fn create_comparing(&self, image: &[u8]) -> Result<Value, Failure> {
        let device = device_name()?;
        // Random, so that it does not stand in the picture.
        let boundary = format!("verilume-{device}");
        let mut form = Zeroizing::new(Vec::with_capacity(image.len() + 1024));
        for (name, value) in [("livenessOperationMode", "Passive"), ("deviceCorrelationId", &device)] {
            let part =
                format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            form.extend_from_slice(part.as_bytes());
        }
        let head = "Content-Disposition: form-data; name=\"verifyImage\"; filename=\"reference\"\r\n\
                    Content-Type: application/octet-stream";
        form.extend_from_slice(format!("--{boundary}\r\n{head}\r\n\r\n").as_bytes());
        form.extend_from_slice(image);
        form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let request = self.agent.post(self.url("/face/v1.2/detectLivenessWithVerify-sessions"));
        let kind = format!("multipart/form-data; boundary={boundary}");
        self.read(request.header(KEY_HEADER, &self.key).header("Content-Type", &kind).send(&form[..]))
    }

    /// The session as it stands.
    pub(crate) fn read_session(&self, session_id: &str) -> Result<Value, Failure> {
        let request = self.agent.get(self.url(&format!("/face/v1.2/detectLiveness-sessions/{session_id}")));
        self.read(request.header(KEY_HEADER, &self.key).call())
    }

    /// What the session's attempts came to, with the evidence behind each.
    pub(crate) fn evidence(&self, session_id: &str) -> Result<Value, Failure> {
        let request = self.agent.get(self.url(&format!("/v1/sessions/{session_id}/evidence")));
        self.read(request.header(KEY_HEADER, &self.key).call())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.service)
    }

    fn read(&self, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value, Failure> {
        let mut answer = answer.map_err(|error| self.unusable(&error.to_string()))?;
        let status = answer.status();
        let body: Value = answer.body_mut().read_json().map_err(|error| self.unusable(&error.to_string()))?;
        if status.is_success() {
            return Ok(body);
        }
        let message = body["error"]["message"].as_str().unwrap_or("no reason given");
        Err(self.unusable(&format!("{status}: {message}")))
    }

    fn unusable(&self, problem: &str) -> Failure {
        Failure::new(
            Exit::Service,
            "service_unusable",
            format!("the service at {} did not do what it was asked: {problem}", self.service),
            "start it with `verilume serve`, and make a key with `verilume keys create --scope sessions`",
        )
    }
}
