//! Face lists and person groups: made, told, changed, erased.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};
use verilume_store::{
    AuditAction, AuditSubject, EnrolledFace, GroupId, GroupKind, GroupRecord, GroupUid, NewGroup,
    StoreErrorKind, UserData,
};

use super::fault::{group_exists, no_group, said};
use super::fields::{Page, changes, fields, name, recognition_model, text, user_data, wants_model};
use super::place::{Place, RawPlace, field_of, random};
use super::{Part, permit};
use crate::api::ApiError;
use crate::api::answers::json_response;
use crate::api::face::query::{Parameters, RawQuery};
use crate::service::Service;

/// Faces of a face list that are told with it. Origin: the contract lets a list have a thousand.
pub(super) const MAX_LISTED: u32 = 1000;

pub(super) async fn create(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let caller = permit(&service, request.headers()).await?;
    let place = Place::of(place)?;
    let fields = fields(&service, request).await?;
    let new = new_group(&service, part.kind, &place, &fields)?;
    let subject = AuditSubject::group(&new.key);
    service.record_about(&caller, AuditAction::GroupCreated, subject).await?;
    create_in_store(&service, &new).await?;
    Ok(StatusCode::OK)
}

/// A collection as a request describes it.
pub(super) fn new_group(
    service: &Service,
    kind: GroupKind,
    place: &Place,
    fields: &Map<String, Value>,
) -> Result<NewGroup, ApiError> {
    Ok(NewGroup {
        uid: GroupUid::from_random(random()),
        key: place.key(kind)?,
        name: name(fields)?,
        user_data: user_data(fields)?,
        recognition_model: recognition_model(text(fields, "recognitionModel")?)?,
        created_at: service.clock.unix(),
    })
}

pub(super) async fn create_in_store(service: &Service, new: &NewGroup) -> Result<(), ApiError> {
    service.store.create_group(new).await.map_err(|error| match error.kind() {
        StoreErrorKind::AlreadyExists => group_exists(new.key.kind),
        _ => error.into(),
    })
}

pub(super) async fn read(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    query: RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let caller = permit(&service, &headers).await?;
    let group = Place::of(place)?.group(&service, part.kind).await?;
    service.record_about(&caller, AuditAction::PeopleRead, AuditSubject::group(&group.key)).await?;
    let mut told = told(&group, wants_model(&Parameters::of(query)?));
    if part.kind == GroupKind::FaceList {
        let faces = service.store.enrolled_faces(&group.uid, None, MAX_LISTED).await?;
        told.insert("persistedFaces".to_owned(), faces.iter().map(face_told).collect());
    }
    Ok(json_response(&told))
}

pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    query: RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let caller = permit(&service, &headers).await?;
    let page = Page::of(query)?;
    let start = page.start(|id| GroupId::new(id))?;
    service.record(&caller, AuditAction::PeopleRead, None).await?;
    let groups = service.store.groups(part.kind, start.as_ref(), page.most).await?;
    Ok(json_response(&groups.iter().map(|group| told(group, page.wants_model())).collect::<Vec<_>>()))
}

pub(super) async fn change(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let caller = permit(&service, request.headers()).await?;
    let key = Place::of(place)?.key(part.kind)?;
    let (name, user_data) = changes(&fields(&service, request).await?)?;
    service.record_about(&caller, AuditAction::GroupChanged, AuditSubject::group(&key)).await?;
    let changed = service.store.update_group(&key, name.as_ref(), user_data.as_ref()).await;
    changed.map_err(|error| said(error, || no_group(part.kind)))?;
    Ok(StatusCode::OK)
}

pub(super) async fn erase(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let caller = permit(&service, &headers).await?;
    let group = Place::of(place)?.group(&service, part.kind).await?;
    service.record_about(&caller, AuditAction::GroupErased, AuditSubject::group(&group.key)).await?;
    let erased = service.store.erase_group(&group.key).await;
    erased.map_err(|error| said(error, || no_group(part.kind)))?;
    service.identification.forget(&group.uid);
    Ok(StatusCode::OK)
}

/// A collection as callers read it.
fn told(group: &GroupRecord, with_model: bool) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert(field_of(group.key.kind).to_owned(), json!(group.key.id.as_str()));
    told.insert("name".to_owned(), json!(group.name.as_str()));
    note(&mut told, group.user_data.as_ref());
    if with_model && group.key.kind != GroupKind::DynamicPersonGroup {
        told.insert("recognitionModel".to_owned(), json!(group.recognition_model.as_str()));
    }
    told
}

/// A face as callers read it.
pub(super) fn face_told(face: &EnrolledFace) -> Value {
    let mut told = Map::new();
    told.insert("persistedFaceId".to_owned(), json!(face.id.as_str()));
    note(&mut told, face.user_data.as_ref());
    Value::Object(told)
}

/// The notes, where there are any.
pub(super) fn note(told: &mut Map<String, Value>, user_data: Option<&UserData>) {
    if let Some(user_data) = user_data {
        told.insert("userData".to_owned(), json!(user_data.as_str()));
    }
}
