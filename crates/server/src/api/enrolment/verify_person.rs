//! Verify a face against a person: the nearest of the person's faces counts.

use serde_json::{Map, Value};
use verilume_protocol::errors::ErrorCode;
use verilume_recognition::Assessment;
use verilume_store::{ApiKeyRecord, AuditAction, AuditSubject, GroupKind, GroupRecord, PersonId, Scope};

use super::check_enabled;
use super::fault::{in_a_search, no_group, no_person, said};
use super::fields::text;
use super::identify::known;
use super::place::{directory, field_of, key};
use crate::api::ApiError;
use crate::api::auth::denied;
use crate::api::face::fault::{bad_argument, face_not_found};
use crate::service::Service;
use crate::template_vault::TemplateContext;

/// Whether a request compares with a person.
pub(in crate::api) fn is_of_person(fields: &Map<String, Value>) -> bool {
    fields.contains_key("personId")
}

/// What the comparison with a person comes to. Needs a key that may identify.
pub(in crate::api) async fn verify_person(
    service: &Service,
    caller: &ApiKeyRecord,
    fields: &Map<String, Value>,
) -> Result<Assessment, ApiError> {
    if !caller.scopes.contains(Scope::Identify) {
        return Err(denied());
    }
    check_enabled(service)?;
    let face = text(fields, "faceId")?.and_then(|id| verilume_store::FaceId::parse(id).ok());
    let face = face.ok_or_else(|| bad_argument("'faceId' is invalid."))?;
    let person = text(fields, "personId")?.and_then(|id| PersonId::parse(id).ok());
    let person = person.ok_or_else(|| bad_argument("'personId' is invalid."))?;
    let group = group(service, fields).await?;
    let subject = AuditSubject::person(&group.key, &person);
    service.record_about(caller, AuditAction::Identified, subject).await?;
    service.store.person(&group.uid, &person).await.map_err(|error| said(error, no_person))?;
    let probe = known(service, &face, &group, face_not_found).await?;
    let vault = service.faces.vault().ok_or_else(crate::api::face::fault::no_master_key)?;
    let mut nearest: Option<Assessment> = None;
    for enrolled in service.store.faces_of(&group.uid, &person).await? {
        let template = vault.open(&TemplateContext::from(&enrolled.owner), &enrolled.template).await?;
        let assessment = service.faces.compare(&probe.template, &template)?;
        if nearest.is_none_or(|nearest| assessment.distance < nearest.distance) {
            nearest = Some(assessment);
        }
    }
    nearest.ok_or_else(|| ApiError::of(ErrorCode::PersistedFaceNotFound).saying("The person has no face."))
}

/// The group that the request names, or the directory.
async fn group(service: &Service, fields: &Map<String, Value>) -> Result<GroupRecord, ApiError> {
    let of = |kind| text(fields, field_of(kind));
    let (small, large) = (of(GroupKind::PersonGroup)?, of(GroupKind::LargePersonGroup)?);
    let (kind, id) = match (small, large) {
        (Some(_), Some(_)) => return Err(ApiError::of(ErrorCode::GroupIdsBothNotNull)),
        (Some(id), None) => (GroupKind::PersonGroup, id),
        (None, Some(id)) => (GroupKind::LargePersonGroup, id),
        (None, None) => return directory(service).await,
    };
    let found = service.store.group(&key(kind, id)?).await;
    found.map_err(|error| said(error, || in_a_search(no_group(kind))))
}
