//! Training, and where it stands.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use verilume_store::{
    AuditAction, AuditSubject, GroupRecord, StoreErrorKind, TrainingRecord, TrainingStatus, UnixMillis,
};

use super::fault::{in_training, no_group, not_trained, said};
use super::place::{Place, RawPlace};
use super::{Part, permit};
use crate::api::ApiError;
use crate::api::answers::{json_response, rfc3339};
use crate::service::Service;

/// What a caller is told of a training that failed.
const FAILED: &str =
    "The training did not come to its end. Train again; the service's log says what went wrong.";

pub(super) async fn train(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let caller = permit(&service, &headers).await?;
    let key = Place::of(place)?.key(part.kind)?;
    service.record_about(&caller, AuditAction::GroupTrained, AuditSubject::group(&key)).await?;
    service.train(&key).await.map_err(|error| match error.kind() {
        StoreErrorKind::TrainingRunning => in_training(part.kind),
        _ => said(error, || no_group(part.kind)),
    })?;
    let status = format!(
        "{}/face/{}/{}/{}/training",
        service.endpoint,
        part.version,
        part.kind.as_str(),
        key.id.as_str()
    );
    Ok((StatusCode::ACCEPTED, [("operation-location", status)]).into_response())
}

pub(super) async fn read(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let caller = permit(&service, &headers).await?;
    let group = Place::of(place)?.group(&service, part.kind).await?;
    service.record_about(&caller, AuditAction::PeopleRead, AuditSubject::group(&group.key)).await?;
    let training = group.training.ok_or_else(|| not_trained(part.kind))?;
    Ok(json_response(&told(&training, service.clock.unix())))
}

/// Whether it can be searched now.
pub(super) fn check_trained(group: &GroupRecord, now: UnixMillis) -> Result<(), ApiError> {
    let kind = group.key.kind;
    if group.training.is_some_and(|training| training.status_at(now) == TrainingStatus::Running) {
        return Err(in_training(kind));
    }
    match group.searched {
        Some(_) => Ok(()),
        None => Err(super::fault::in_a_search(not_trained(kind))),
    }
}

fn told(training: &TrainingRecord, now: UnixMillis) -> Map<String, Value> {
    let status = training.status_at(now);
    let mut told = Map::new();
    told.insert("status".to_owned(), json!(status.as_str()));
    told.insert("createdDateTime".to_owned(), json!(rfc3339(training.created_at)));
    told.insert("lastActionDateTime".to_owned(), json!(rfc3339(training.changed_at)));
    if let Some(at) = training.trained_at {
        told.insert("lastSuccessfulTrainingDateTime".to_owned(), json!(rfc3339(at)));
    }
    if status == TrainingStatus::Failed {
        told.insert("message".to_owned(), json!(FAILED));
    }
    told
}
