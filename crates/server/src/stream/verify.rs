//! Comparison with the reference image of a session that verifies.

use serde_json::{Value, json};
use verilume_protocol::errors::ErrorCode;
use verilume_recognition::{Assessment, Calibration, Embedding};
use verilume_store::{Decision, SessionKind, SessionRecord, TemplateOwner};

use super::refusals::store_refusal;
use crate::analysis::Verdict;
use crate::engine::{Finding, Refusal};
use crate::service::Service;

/// From this confidence on it is the same person, if the app server says no other. Origin: the contract.
const DEFAULT_THRESHOLD: f64 = 0.5;

/// What a session compares with.
#[derive(Debug)]
pub(crate) struct Reference {
    template: Embedding,
    threshold: f64,
    /// SHA-256 of the image, if the app server wants it told back.
    image_hash: Option<String>,
}

impl Reference {
    /// The reference of a session; `None` for one that does not verify.
    pub(super) async fn of(service: &Service, session: &SessionRecord) -> Result<Option<Self>, Refusal> {
        if session.kind != SessionKind::DetectWithVerify {
            return Ok(None);
        }
        let missing = || {
            let context = "the session compares with a reference image, and there is none";
            Refusal::new(ErrorCode::VerifyImageNotProvided, context)
        };
        let now = service.clock.unix();
        let sealed =
            service.store.reference(&session.id, now).await.map_err(|error| store_refusal(&error))?;
        let sealed = sealed.ok_or_else(missing)?;
        let vault = service.faces.vault().ok_or_else(missing)?;
        let owner = TemplateOwner::Reference(session.id.clone());
        let template = vault.open(&owner.into(), &sealed).await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a reference cannot be opened");
            Refusal::new(ErrorCode::Unspecified, "the reference cannot be opened")
        })?;
        if template.model_sha256() != service.faces.calibration().model_sha256 {
            let context = "the reference image was seen by another network, because the operator has changed \
                           recognition.embedder: create the session again";
            return Err(Refusal::new(ErrorCode::VerifyImageNotProvided, context));
        }
        let parameters = session.parameters.to_value();
        Ok(Some(Self {
            template,
            threshold: parameters["verifyConfidenceThreshold"].as_f64().unwrap_or(DEFAULT_THRESHOLD),
            image_hash: parameters["verifyImageHash"].as_str().map(str::to_owned),
        }))
    }

    /// A reference without a session, for rehearsals of what [`Self::compare`] does.
    #[cfg(test)]
    pub(crate) fn rehearsed(template: Embedding, image_hash: Option<String>) -> Self {
        Self { template, threshold: DEFAULT_THRESHOLD, image_hash }
    }

    /// Compares the capture with it. What is told of the comparison; the finding and the evidence of the verdict follow.
    ///
    /// A capture that does not show one person throughout is never real and never identical: whoever answered the light
    /// need not be whom the frame shows that was compared.
    pub(crate) fn compare(&self, calibration: &Calibration, verdict: &mut Verdict) -> Option<Value> {
        let identity = verdict.identity.take()?;
        let across = identity.across;
        if !across.is_one() {
            verdict.forbid_real(if across.is_several() { SEVERAL_PEOPLE } else { IDENTITY_NOT_FOLLOWED });
        }
        let assessment = identity.probe.as_ref().and_then(|probe| self.assess(calibration, probe));
        let is_identical =
            across.is_one() && assessment.is_some_and(|found| found.is_identical(self.threshold));
        verdict.evidence["identity"] = json!(across);
        verdict.evidence["verify"] = json!({
            "assessment": assessment,
            "threshold": self.threshold,
            "isIdentical": is_identical,
        });
        let mut told = json!({ "verifyResult": {
            "matchConfidence": assessment.map_or(0.0, |found| found.confidence),
            "isIdentical": is_identical,
            "supportedConfidence": calibration.supported_confidence(),
        } });
        if let Some(hash) = &self.image_hash {
            told["verifyImageHash"] = json!(hash);
        }
        Some(told)
    }

    fn assess(&self, calibration: &Calibration, probe: &Embedding) -> Option<Assessment> {
        let distance = self.template.distance(probe, calibration.metric).inspect_err(|error| {
            tracing::error!(error = error as &dyn std::error::Error, "faces could not be compared");
        });
        Some(calibration.assess(distance.ok()?))
    }
}

/// Why a capture is not called real although its light was answered: a code, and a sentence.
const SEVERAL_PEOPLE: (&str, &str) = (
    "several_people",
    "the frames of the capture show different people: the face was exchanged while it ran",
);
const IDENTITY_NOT_FOLLOWED: (&str, &str) = (
    "identity_not_followed",
    "too few frames show the face well enough to say that it is one person's throughout",
);

impl Verdict {
    /// It was to be called real; it is uncertain, for this reason.
    fn forbid_real(&mut self, (code, message): (&'static str, &'static str)) {
        if self.finding != Finding::Decided(Decision::RealFace) {
            return;
        }
        self.finding = Finding::CouldNotTell(None);
        self.evidence["decision"] = json!(Decision::Uncertain.as_str());
        self.evidence["reasons"] = json!([{ "code": code, "message": message }]);
    }
}
