//! Faces of a person or of a list: enrolled from a picture, told, changed, erased.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use verilume_protocol::errors::ErrorCode;
use verilume_recognition::Embedding;
use verilume_store::{
    AuditAction, AuditSubject, EnrolledOwner, FaceLimits, GroupKind, GroupRecord, NewFace, PersistedFaceId,
    PersonId, UserData,
};

use super::fault::{no_face, no_person, said};
use super::fields::{Page, face_user_data, fields, recognition_model, text};
use super::groups::{MAX_LISTED, face_told};
use super::operations::accepted;
use super::place::{Place, RawPlace, owned_by, random};
use super::{Part, permit};
use crate::api::ApiError;
use crate::api::answers::json_response;
use crate::api::face::fault::bad_argument;
use crate::api::face::picture_body::PictureBody;
use crate::api::face::query::{Parameters, RawQuery};
use crate::faces::{DetectedFace, LookFor, MAX_PICTURE_BYTES};
use crate::service::Service;
use crate::template_vault::TemplateContext;

/// Faces of one person. Origin: the contract.
const MAX_FACES_OF_PERSON: u32 = 248;

pub(super) async fn enrol(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    query: RawQuery,
    request: Request,
) -> Result<Response, ApiError> {
    let caller = permit(&service, request.headers()).await?;
    let (place, parameters) = (Place::of(place)?, Parameters::of(query)?);
    if let Some(model) = &place.model {
        recognition_model(Some(model))?;
    }
    let (target, user_data) = (target_face(&parameters)?, face_user_data(parameters.get("userData"))?);
    let person = place.owner(part.kind)?;
    let group = place.group(&service, part.kind).await?;
    if let Some(person) = &person {
        service.store.person(&group.uid, person).await.map_err(|error| said(error, no_person))?;
    }
    let room = service.faces.reserve().ok_or_else(ApiError::overloaded)?;
    let bytes = match PictureBody::read(request).await? {
        PictureBody::Bytes(bytes) => bytes,
        PictureBody::Url(url) => service.fetch_picture(&url, MAX_PICTURE_BYTES).await?,
        PictureBody::SessionImage(_) => {
            return Err(bad_argument(
                "Request body is invalid: it is the picture itself, or says where it is.",
            ));
        }
    };
    service.record_about(&caller, AuditAction::FaceEnrolled, subject(&group, person.as_ref())).await?;
    let picture = room.look(bytes, LookFor { templates: true, ..LookFor::default() }).await?;
    let template = the_face(&picture.faces, target)?;
    let id = keep(&service, &group, person, user_data, template).await?;
    let told = json_response(&json!({ "persistedFaceId": id.as_str() }));
    Ok(if part.kind == GroupKind::PersonDirectory { accepted(&service, part.version, told) } else { told })
}

async fn keep(
    service: &Service,
    group: &GroupRecord,
    person: Option<PersonId>,
    user_data: Option<UserData>,
    template: &Embedding,
) -> Result<PersistedFaceId, ApiError> {
    let now = service.clock.unix();
    let id = PersistedFaceId::from_random(random());
    let owner = EnrolledOwner { face: id.clone(), group: group.uid.clone(), person };
    let vault = service.faces.vault().ok_or_else(crate::api::face::fault::no_master_key)?;
    let template = vault.sealer(now).await?.seal(&TemplateContext::from(&owner), template)?;
    let new = NewFace { id: id.clone(), person: owner.person, user_data, template, created_at: now };
    let in_list = group.key.kind == GroupKind::FaceList;
    let most = service.config.identification.max_faces;
    let limits = FaceLimits {
        in_group: if in_list { most.min(MAX_LISTED) } else { most },
        of_person: MAX_FACES_OF_PERSON,
    };
    let enrolled = service.store.enrol_faces(&group.uid, &[new], limits).await;
    enrolled.map_err(|error| said(error, no_person))?;
    Ok(id)
}

/// The rectangle that a caller means, in pixels: left, top, width, height.
fn target_face(parameters: &Parameters) -> Result<Option<[i32; 4]>, ApiError> {
    let Some(text) = parameters.get("targetFace") else { return Ok(None) };
    let parts: Vec<i32> = text.split(',').map_while(|part| part.trim().parse().ok()).collect();
    let invalid = |_parts| bad_argument("Invalid argument targetFace: it is left,top,width,height.");
    let target: [i32; 4] = parts.try_into().map_err(invalid)?;
    if target[0] < 0 || target[1] < 0 || target[2] < 1 || target[3] < 1 {
        return Err(bad_argument("Argument targetFace out of range."));
    }
    Ok(Some(target))
}

/// The template of the only face, or of the one that is meant.
fn the_face(faces: &[DetectedFace], target: Option<[i32; 4]>) -> Result<&Embedding, ApiError> {
    let wrong = |message: &'static str| ApiError::of(ErrorCode::InvalidImage).saying(message);
    let none = || wrong("No face detected in the image.");
    let face = match (faces, target) {
        ([], _) => return Err(none()),
        ([face], None) => face,
        (_, None) => return Err(wrong("There is more than 1 face in the image. Name one with targetFace.")),
        (faces, Some(target)) => {
            let meant = faces.iter().filter(|face| has_centre_of(target, face.rectangle.parts()));
            meant.max_by_key(|face| face.rectangle.area()).ok_or_else(none)?
        }
    };
    face.template.as_ref().ok_or_else(none)
}

/// Whether a rectangle holds the centre of another.
fn has_centre_of(outer: [i32; 4], [left, top, width, height]: [i32; 4]) -> bool {
    let within = |at: i32, from: i32, size: i32| at >= from && at < from.saturating_add(size);
    within(left + width / 2, outer[0], outer[2]) && within(top + height / 2, outer[1], outer[3])
}

/// Whom an entry of the audit log is about.
fn subject(group: &GroupRecord, person: Option<&PersonId>) -> AuditSubject {
    match person {
        Some(person) => AuditSubject::person(&group.key, person),
        None => AuditSubject::group(&group.key),
    }
}

pub(super) async fn read(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let caller = permit(&service, &headers).await?;
    let place = Place::of(place)?;
    let (person, face) = (place.owner(part.kind)?, place.face()?);
    let group = place.group(&service, part.kind).await?;
    service.record_about(&caller, AuditAction::PeopleRead, subject(&group, person.as_ref())).await?;
    let found = service.store.enrolled_face(owned_by(&group.uid, person.as_ref()), &face).await;
    Ok(json_response(&face_told(&found.map_err(|error| said(error, no_face))?)))
}

pub(super) async fn list(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    query: RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let caller = permit(&service, &headers).await?;
    let place = Place::of(place)?;
    let person = place.owner(part.kind)?;
    let group = place.group(&service, part.kind).await?;
    let page = Page::of(query)?;
    service.record_about(&caller, AuditAction::PeopleRead, subject(&group, person.as_ref())).await?;
    if let Some(person) = person {
        let found =
            service.store.person(&group.uid, &person).await.map_err(|error| said(error, no_person))?;
        let faces: Vec<&str> = found.faces.iter().map(PersistedFaceId::as_str).collect();
        return Ok(json_response(&json!({ "personId": person.as_str(), "persistedFaceIds": faces })));
    }
    let start = page.start(PersistedFaceId::parse)?;
    let faces = service.store.enrolled_faces(&group.uid, start.as_ref(), page.most).await?;
    Ok(json_response(&faces.iter().map(face_told).collect::<Vec<_>>()))
}

pub(super) async fn change(
    State(service): State<Arc<Service>>,
    Extension(part): Extension<Part>,
    place: RawPlace,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let caller = permit(&service, request.headers()).await?;
    let place = Place::of(place)?;
    let (person, face) = (place.owner(part.kind)?, place.face()?);
    let group = place.group(&service, part.kind).await?;
    let user_data = face_user_data(text(&fields(&service, request).await?, "userData")?)?;
    service.record_about(&caller, AuditAction::FaceChanged, subject(&group, person.as_ref())).await?;
    let owner = owned_by(&group.uid, person.as_ref());
    let changed = service.store.update_enrolled_face(owner, &face, user_data.as_ref()).await;
    changed.map_err(|error| said(error, no_face))?;
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
    let (person, face) = (place.owner(part.kind)?, place.face()?);
    let group = place.group(&service, part.kind).await?;
    service.record_about(&caller, AuditAction::FaceErased, subject(&group, person.as_ref())).await?;
    let erased = service.store.erase_enrolled_face(owned_by(&group.uid, person.as_ref()), &face).await;
    erased.map_err(|error| said(error, no_face))?;
    service.identification.forget(&group.uid);
    let told = StatusCode::OK.into_response();
    Ok(if part.kind == GroupKind::PersonDirectory { accepted(&service, part.version, told) } else { told })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_face_is_meant_by_the_rectangle_around_its_centre() {
        let face = [100, 50, 40, 60];
        assert!(has_centre_of(face, face) && has_centre_of([0, 0, 1000, 1000], face));
        assert!(has_centre_of([119, 79, 2, 2], face));
        assert!(!has_centre_of([0, 0, 120, 1000], face) && !has_centre_of([121, 0, 99, 99], face));
        assert!(has_centre_of([0, 0, i32::MAX, i32::MAX], face));
    }
}
