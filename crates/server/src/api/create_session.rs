//! Create a session.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use verilume_protocol::errors::ErrorCode;
use verilume_store::{
    AuditAction, JsonDocument, NewSession, Retention, SESSION_ID_RANDOM_BYTES, Scope, SessionHistory,
    SessionId, SessionKind,
};

use super::ApiError;
use super::answers::{Reading, json_response, name_model, session_response};
use super::auth::require;
use super::create_body::{CreateBody, invalid_body};
use super::create_request::CreateSessionRequest;
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
    let body = CreateBody::read(request, &service.config.limits, verifies).await?;
    let asked = CreateSessionRequest::parse(&body.fields, contract.version)?;
    if asked.enable_session_image && service.vault.is_none() {
        let message = "Session images need a master key, and the service has none.";
        return Err(ApiError::of(ErrorCode::UnsupportedFeature).saying(message));
    }
    if verifies {
        check_reference(&body, contract)?;
    }
    let mut random = [0; SESSION_ID_RANDOM_BYTES];
    fill_random(&mut random);
    let session = NewSession {
        id: SessionId::from_random(random),
        kind: contract.kind,
        operation_mode: asked.operation_mode,
        parameters: JsonDocument::from_value(&asked.parameters)?,
        device_correlation_id: asked.device_correlation_id,
        user_correlation_id: asked.user_correlation_id,
        attempts_allowed: asked.attempts,
        token_time_to_live: asked.token_time_to_live,
        retention: Retention::MAX,
        created_at: service.clock.unix(),
    };
    let created = service.store.create_session(&session).await?;
    service.record(&caller, AuditAction::SessionCreated, Some(&created.id)).await?;
    tracing::info!(session.id = %created.id, "session created");
    let history = service.store.session(&created.id, service.clock.unix()).await?;
    let token = service.token_of(&history.session);
    let reading = service.reading(contract, token.as_str()).await?;
    Ok(created_response(&history, reading))
}

/// The comparison is not there yet: a session that asks for it must not seem to compare.
fn check_reference(body: &CreateBody, contract: Contract) -> Result<(), ApiError> {
    if body.has_image {
        let message =
            "Comparing with a reference image is not part of this release: create a detectLiveness session.";
        return Err(ApiError::of(ErrorCode::UnsupportedFeature).saying(message));
    }
    match contract.form {
        Form::Current => {
            Err(invalid_body().saying("The part verifyImage, a file with the reference image, is missing."))
        }
        Form::Preview => Ok(()),
    }
}

fn created_response(history: &SessionHistory, reading: Reading<'_>) -> Response {
    if reading.contract.form == Form::Current {
        return session_response(history, reading);
    }
    let mut response = json_response(&CreatedSession {
        session_id: history.session.id.as_str().to_owned(),
        auth_token: reading.token.to_owned(),
    });
    name_model(&mut response, &history.session);
    response
}
