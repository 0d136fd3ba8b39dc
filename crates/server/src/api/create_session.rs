//! Create a session.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};
use verilume_protocol::errors::ErrorCode;
use verilume_store::{
    AuditAction, JsonDocument, NewSession, Retention, SESSION_ID_RANDOM_BYTES, Scope, SessionHistory,
    SessionId, SessionKind,
};

use super::ApiError;
use super::answers::{Reading, json_response, name_model, session_response, verify_image};
use super::auth::require;
use super::create_body::{CreateBody, is_multipart};
use super::create_request::CreateSessionRequest;
use super::reference_image::{ReferenceImage, no_master_key};
use super::version::{Contract, Form};
use super::wire::CreatedSession;
use crate::clock::fill_random;
use crate::service::Service;

pub(super) async fn create(
    State(service): State<Arc<Service>>,
    Extension(contract): Extension<Contract>,
    request: Request,
) -> Result<Response, ApiError> {
    let caller = require(&service, request.headers(), &[Scope::Sessions]).await?;
    let verifies = contract.kind == SessionKind::DetectWithVerify;
    let brings_image = verifies && is_multipart(&request);
    if brings_image && service.faces.vault().is_none() {
        return Err(no_master_key());
    }
    // Room for the image, before it is read.
    let room = match brings_image {
        true => Some(service.faces.reserve().ok_or_else(ApiError::overloaded)?),
        false => None,
    };
    let body = CreateBody::read(request, &service.config.limits, verifies).await?;
    let asked = CreateSessionRequest::parse(&body.fields, contract.version)?;
    if asked.enable_session_image && service.vault.is_none() {
        let message = "Session images need a master key, and the service has none.";
        return Err(ApiError::of(ErrorCode::UnsupportedFeature).saying(message));
    }
    let reference = match verifies {
        true => ReferenceImage::check(room, body.image, contract.form).await?,
        false => None,
    };
    let mut random = [0; SESSION_ID_RANDOM_BYTES];
    fill_random(&mut random);
    let session = NewSession {
        id: SessionId::from_random(random),
        kind: contract.kind,
        operation_mode: asked.operation_mode,
        parameters: JsonDocument::from_value(&parameters(&asked, reference.as_ref()))?,
        device_correlation_id: asked.device_correlation_id,
        user_correlation_id: asked.user_correlation_id,
        attempts_allowed: asked.attempts,
        token_time_to_live: asked.token_time_to_live,
        retention: Retention::MAX,
        created_at: service.clock.unix(),
    };
    // Put on record first: what cannot be recorded does not happen.
    service.record(&caller, AuditAction::SessionCreated, Some(&session.id)).await?;
    let created = service.creations.create(session).await?;
    if let Some(reference) = &reference {
        reference.keep(&service, &created.id).await?;
    }
    tracing::info!(session.id = %created.id, "session created");
    let history = SessionHistory::of_new(created);
    let token = service.token_of(&history.session);
    let reading = service.reading(contract, token.as_str()).await?;
    Ok(created_response(&history, reading))
}

/// What is kept of the request, and of the reference image: where the face is, and how good it is.
fn parameters(asked: &CreateSessionRequest, reference: Option<&ReferenceImage>) -> Value {
    let mut parameters = asked.parameters.clone();
    if let Some(reference) = reference {
        parameters["verifyReferences"] = json!([reference.told]);
        if asked.return_verify_image_hash {
            parameters["verifyImageHash"] = json!(reference.sha256);
        }
    }
    parameters
}

fn created_response(history: &SessionHistory, reading: Reading<'_>) -> Response {
    if reading.contract.form == Form::Current {
        return session_response(history, reading);
    }
    let mut response = json_response(&CreatedSession {
        session_id: history.session.id.as_str().to_owned(),
        auth_token: reading.token.to_owned(),
        verify_image: verify_image(&history.session),
    });
    name_model(&mut response, &history.session);
    response
}
