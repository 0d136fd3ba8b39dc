//! Compare two faces.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Map, Value};
use verilume_recognition::Assessment;
use verilume_store::{AuditAction, FaceId, Scope};

use super::fault::{bad_argument, face_not_found};
use crate::api::ApiError;
use crate::api::answers::json_response;
use crate::api::auth::require;
use crate::api::create_body::CreateBody;
use crate::api::enrolment::{is_of_person, verify_person};
use crate::api::wire_faces::VerifyAnswer;
use crate::faces::KnownFace;
use crate::service::Service;

/// From this confidence on two faces are taken for one person's. Origin: the contract.
pub(in crate::api) const IDENTICAL_FROM: f64 = 0.5;

pub(super) async fn verify(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let caller = require(&service, request.headers(), &[Scope::Faces]).await?;
    let fields = CreateBody::read(request, &service.config.limits, false).await?.fields;
    if is_of_person(&fields) {
        let assessment = verify_person(&service, &caller, &fields).await?;
        return Ok(json_response(&answer(&assessment)));
    }
    service.record(&caller, AuditAction::FacesCompared, None).await?;
    let a = face(&service, &fields, "faceId1").await?;
    let b = face(&service, &fields, "faceId2").await?;
    if a.recognition_model != b.recognition_model {
        return Err(bad_argument("'recognitionModel' is incompatible: detect both faces with the same one."));
    }
    Ok(json_response(&answer(&service.faces.compare(&a.template, &b.template)?)))
}

/// What a comparison comes to.
pub(in crate::api) fn answer(assessment: &Assessment) -> VerifyAnswer {
    VerifyAnswer {
        is_identical: assessment.is_identical(IDENTICAL_FROM),
        confidence: assessment.confidence,
        supported_confidence: assessment.supported_confidence,
    }
}

/// The face that a field names.
pub(in crate::api) async fn face(
    service: &Service,
    fields: &Map<String, Value>,
    name: &'static str,
) -> Result<KnownFace, ApiError> {
    let id = fields.get(name).and_then(Value::as_str).and_then(|text| FaceId::parse(text).ok());
    let id = id.ok_or_else(|| bad_argument(format!("'{name}' is invalid.")))?;
    service.faces.known(&id, service.clock.unix()).await?.ok_or_else(face_not_found)
}
