//! Groups of people of the directory, by their ids.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use verilume_store::{AuditAction, AuditSubject, GroupId, PersonId};

use super::fault::{no_group, no_person, said};
use super::fields::{Page, fields, new_name, person_ids, user_data};
use super::groups::{create_in_store, new_group};
use super::operations::accepted;
use super::place::{Place, RawPlace, directory};
use super::{Part, permit};
use crate::api::ApiError;
use crate::api::answers::json_response;
use crate::api::face::fault::bad_argument;
use crate::api::face::query::RawQuery;
use crate::service::Service;

pub(super) async fn create(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    request: Request,
) -> Result<Response, ApiError> {
    let caller = permit(&service, request.headers()).await?;
    let place = Place::of(place)?;
    let fields = fields(&service, request).await?;
    let add = person_ids(&fields, "addPersonIds")?;
    let new = new_group(&service, part.kind, &place, &fields)?;
    check_people(&service, &add).await?;
    service.record_about(&caller, AuditAction::GroupCreated, AuditSubject::group(&new.key)).await?;
    create_in_store(&service, &new).await?;
    service.store.change_members(&new.uid, &add, &[]).await.map_err(|error| said(error, no_person))?;
    Ok(answered(&service, part, !add.is_empty()))
}

/// People who are to be members are in the directory.
async fn check_people(service: &Service, people: &[PersonId]) -> Result<(), ApiError> {
    let directory = directory(service).await?;
    for person in people {
        service.store.person(&directory.uid, person).await.map_err(|error| said(error, no_person))?;
    }
    Ok(())
}

fn answered(service: &Service, part: Part, has_people: bool) -> Response {
    let told = StatusCode::OK.into_response();
    if has_people { accepted(service, part.version, told) } else { told }
}

pub(super) async fn change(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    request: Request,
) -> Result<Response, ApiError> {
    let caller = permit(&service, request.headers()).await?;
    let place = Place::of(place)?;
    let fields = fields(&service, request).await?;
    let (add, remove) = (person_ids(&fields, "addPersonIds")?, person_ids(&fields, "removePersonIds")?);
    let (name, user_data) = (new_name(&fields)?, user_data(&fields)?);
    let has_people = !add.is_empty() || !remove.is_empty();
    if name.is_none() && user_data.is_none() && !has_people {
        return Err(bad_argument(
            "Nothing is to be changed: give name, userData, addPersonIds or removePersonIds.",
        ));
    }
    let group = place.group(&service, part.kind).await?;
    check_people(&service, &add).await?;
    service.record_about(&caller, AuditAction::GroupChanged, AuditSubject::group(&group.key)).await?;
    if name.is_some() || user_data.is_some() {
        let changed = service.store.update_group(&group.key, name.as_ref(), user_data.as_ref()).await;
        changed.map_err(|error| said(error, || no_group(part.kind)))?;
    }
    let changed = service.store.change_members(&group.uid, &add, &remove).await;
    changed.map_err(|error| said(error, no_person))?;
    Ok(answered(&service, part, has_people))
}

pub(super) async fn erase(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let caller = permit(&service, &headers).await?;
    let key = Place::of(place)?.key(part.kind)?;
    service.record_about(&caller, AuditAction::GroupErased, AuditSubject::group(&key)).await?;
    let erased = service.store.erase_group(&key).await;
    erased.map_err(|error| said(error, || no_group(part.kind)))?;
    Ok(accepted(&service, part.version, StatusCode::OK.into_response()))
}

pub(super) async fn members(
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
    let members = service.store.members(&group.uid, start.as_ref(), page.most).await?;
    let ids: Vec<&str> = members.iter().map(PersonId::as_str).collect();
    Ok(json_response(&json!({ "personIds": ids })))
}

/// The groups that a person is in.
pub(super) async fn of_person(
    State(service): State<Arc<Service>>,
    place: RawPlace,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let caller = permit(&service, &headers).await?;
    let (directory, person) = (directory(&service).await?, Place::of(place)?.person()?);
    let subject = AuditSubject::person(&directory.key, &person);
    service.record_about(&caller, AuditAction::PeopleRead, subject).await?;
    service.store.person(&directory.uid, &person).await.map_err(|error| said(error, no_person))?;
    let groups = service.store.groups_of(&person).await?;
    let ids: Vec<&str> = groups.iter().map(GroupId::as_str).collect();
    Ok(json_response(&json!({ "dynamicPersonGroupIds": ids })))
}
