//! The reference image of a session that verifies: checked when the session is created, and kept as a template alone.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use verilume_protocol::errors::ErrorCode;
use verilume_recognition::{Embedding, QualityIssue, QualityLevel};
use verilume_store::{SessionId, TemplateOwner};
use zeroize::Zeroizing;

use super::ApiError;
use super::create_body::invalid_body;
use super::face::answer::level;
use super::version::Form;
use crate::faces::{LookFor, PictureRoom};
use crate::service::Service;

/// A reference image that will do.
pub(super) struct ReferenceImage {
    template: Embedding,
    /// As answers tell it: rectangle and quality.
    pub(super) told: Value,
    /// SHA-256 of the file, 64 upper-case digits.
    pub(super) sha256: String,
}

impl ReferenceImage {
    /// Checks what came along, if anything did.
    pub(super) async fn check(
        room: Option<PictureRoom>,
        image: Option<Zeroizing<Vec<u8>>>,
        form: Form,
    ) -> Result<Option<Self>, ApiError> {
        let (Some(image), Some(room)) = (image, room) else {
            return match form {
                Form::Current => Err(invalid_body()
                    .saying("The part verifyImage, a file with the reference image, is missing.")),
                // The previews let the device bring it; the capture stream has no place for one, and says so.
                Form::Preview => Ok(None),
            };
        };
        let sha256 = Sha256::digest(&image).iter().map(|byte| format!("{byte:02X}")).collect();
        let picture = room.look(image, LookFor { templates: true, ..LookFor::default() }).await?;
        let refused = |message: String| ApiError::of(ErrorCode::InvalidImage).saying(message);
        let count = picture.faces.len();
        let face = match picture.faces.into_iter().next() {
            Some(face) if count == 1 => face,
            Some(_) => return Err(refused("There is more than 1 face in the image.".to_owned())),
            None => return Err(refused("No face detected in the image.".to_owned())),
        };
        if face.quality.level == QualityLevel::Low {
            let issues: Vec<&str> = face.quality.issues.iter().map(|issue| in_words(*issue)).collect();
            let message =
                format!("The face in the image cannot be compared reliably: it is {}.", issues.join(", "));
            return Err(refused(message));
        }
        let template = face.template.ok_or_else(|| refused("No face detected in the image.".to_owned()))?;
        let told = json!({
            "referenceType": "image",
            "faceRectangle": face.rectangle,
            "qualityForRecognition": level(face.quality.level),
        });
        Ok(Some(Self { template, told, sha256 }))
    }

    /// Keeps the template, for as long as the session is there.
    pub(super) async fn keep(&self, service: &Service, session: &SessionId) -> Result<(), ApiError> {
        let vault = service.faces.vault().ok_or_else(no_master_key)?;
        let sealer = vault.sealer(service.clock.unix()).await?;
        let owner = TemplateOwner::Reference(session.clone());
        Ok(service.store.keep_reference(session, &sealer.seal(&owner.into(), &self.template)?).await?)
    }
}

/// Nothing could be kept to compare with.
pub(super) fn no_master_key() -> ApiError {
    let message = "Comparing with a reference image needs a master key, and the service has none: have the operator set \
                   store.master_key.";
    ApiError::of(ErrorCode::UnsupportedFeature).saying(message)
}

fn in_words(issue: QualityIssue) -> &'static str {
    match issue {
        QualityIssue::Small => "too small",
        QualityIssue::Turned => "turned away",
        QualityIssue::Blurred => "blurred",
        QualityIssue::Dark => "too dark",
        QualityIssue::Bright => "too bright",
        QualityIssue::Flat => "without contrast",
        _ => "partly covered",
    }
}
