//! People of a group or of the directory: enrolled, told, changed, erased.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use verilume_store::{AuditAction, AuditSubject, GroupKind, NewPerson, PersonId, PersonRecord};

use super::fault::{no_person, said};
use super::fields::{Page, changes, fields, name, user_data};
use super::groups::note;
use super::operations::accepted;
use super::place::{Place, RawPlace, random};
use super::{Part, permit};
use crate::api::ApiError;
use crate::api::answers::json_response;
use crate::api::face::query::RawQuery;
use crate::service::Service;

pub(super) async fn create(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    request: Request,
) -> Result<Response, ApiError> {
    let caller = permit(&service, request.headers()).await?;
    let group = Place::of(place)?.group(&service, part.kind).await?;
    let fields = fields(&service, request).await?;
    let new = NewPerson {
        id: PersonId::from_random(random()),
        name: name(&fields)?,
        user_data: user_data(&fields)?,
        created_at: service.clock.unix(),
    };
    let subject = AuditSubject::person(&group.key, &new.id);
    service.record_about(&caller, AuditAction::PersonEnrolled, subject).await?;
    // A person without a face can be enrolled, so there are no more people than faces may be.
    let created =
        service.store.create_person(&group.uid, &new, service.config.identification.max_faces).await;
    created.map_err(|error| said(error, no_person))?;
    let told = json_response(&json!({ "personId": new.id.as_str() }));
    Ok(answered(&service, part, told))
}

/// The directory answers as for something that goes on for a while.
fn answered(service: &Service, part: Part, told: Response) -> Response {
    if part.kind == GroupKind::PersonDirectory { accepted(service, part.version, told) } else { told }
}

pub(super) async fn read(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let caller = permit(&service, &headers).await?;
    let place = Place::of(place)?;
    let (group, id) = (place.group(&service, part.kind).await?, place.person()?);
    service.record_about(&caller, AuditAction::PeopleRead, AuditSubject::person(&group.key, &id)).await?;
    let person = service.store.person(&group.uid, &id).await.map_err(|error| said(error, no_person))?;
    Ok(json_response(&told(&person, part.kind)))
}

pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    query: RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let caller = permit(&service, &headers).await?;
    let group = Place::of(place)?.group(&service, part.kind).await?;
    let page = Page::of(query)?;
    let start = page.start(PersonId::parse)?;
    service.record_about(&caller, AuditAction::PeopleRead, AuditSubject::group(&group.key)).await?;
    let people = service.store.people(&group.uid, start.as_ref(), page.most).await?;
    Ok(json_response(&people.iter().map(|person| told(person, part.kind)).collect::<Vec<_>>()))
}

pub(super) async fn change(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let caller = permit(&service, request.headers()).await?;
    let place = Place::of(place)?;
    let (group, id) = (place.group(&service, part.kind).await?, place.person()?);
    let (name, user_data) = changes(&fields(&service, request).await?)?;
    service.record_about(&caller, AuditAction::PersonChanged, AuditSubject::person(&group.key, &id)).await?;
    let changed = service.store.update_person(&group.uid, &id, name.as_ref(), user_data.as_ref()).await;
    changed.map_err(|error| said(error, no_person))?;
    Ok(StatusCode::OK)
}

pub(super) async fn erase(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let caller = permit(&service, &headers).await?;
    let place = Place::of(place)?;
    let (group, id) = (place.group(&service, part.kind).await?, place.person()?);
    service.record_about(&caller, AuditAction::PersonErased, AuditSubject::person(&group.key, &id)).await?;
    service.store.erase_person(&group.uid, &id).await.map_err(|error| said(error, no_person))?;
    service.identification.forget(&group.uid);
    Ok(answered(&service, part, StatusCode::OK.into_response()))
}

fn told(person: &PersonRecord, kind: GroupKind) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("personId".to_owned(), json!(person.id.as_str()));
    told.insert("name".to_owned(), json!(person.name.as_str()));
    note(&mut told, person.user_data.as_ref());
    if kind != GroupKind::PersonDirectory {
        let faces: Vec<&str> = person.faces.iter().map(|face| face.as_str()).collect();
        told.insert("persistedFaceIds".to_owned(), json!(faces));
    }
    told
}
