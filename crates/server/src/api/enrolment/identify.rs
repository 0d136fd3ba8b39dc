//! Identify: who of a group a face is.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};
use verilume_protocol::errors::ErrorCode;
use verilume_store::{AuditAction, AuditSubject, FaceId, GroupKind, GroupRecord, PersonId};

use super::fault::{in_a_search, no_group, no_person, said};
use super::fields::{candidates, face_ids, fields, text, threshold};
use super::permit;
use super::place::{directory, field_of, key};
use super::trainings::check_trained;
use crate::api::ApiError;
use crate::api::answers::json_response;
use crate::api::face::fault::{bad_argument, face_not_found};
use crate::api::face::verify::IDENTICAL_FROM;
use crate::faces::KnownFace;
use crate::identification::{Candidate, Wanted};
use crate::service::Service;

/// Faces of a request. Origin: the contract.
const MAX_FACES: usize = 10;
/// Candidates of a face. Origin: the contract.
const CANDIDATES: usize = 10;
const MAX_CANDIDATES: usize = 100;
/// People that a request names. Origin: the contract.
const MAX_PEOPLE: usize = 30;
/// Members of a group that are read at once.
const MEMBERS_AT_ONCE: u32 = 1000;

/// Among whom a face is searched.
struct Scope {
    group: GroupRecord,
    among: Option<Arc<HashSet<PersonId>>>,
}

pub(super) async fn identify(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let caller = permit(&service, request.headers()).await?;
    let fields = fields(&service, request).await?;
    let ids = face_ids(&fields, 1, MAX_FACES)?;
    let most = candidates(&fields, CANDIDATES, MAX_CANDIDATES)?;
    let confidence = threshold(&fields, IDENTICAL_FROM)?;
    let scope = scope(&service, &fields).await?;
    service.record_about(&caller, AuditAction::Identified, AuditSubject::group(&scope.group.key)).await?;
    check_trained(&scope.group, service.clock.unix())?;
    let mut told = Vec::with_capacity(ids.len());
    for id in &ids {
        let face = known(&service, id, &scope.group, || in_a_search(face_not_found())).await?;
        let wanted = Wanted { most, confidence, among: scope.among.clone() };
        let found = service.search(&scope.group, face.template, wanted).await?;
        told.push(Identified {
            face_id: id.as_str().to_owned(),
            candidates: found.iter().map(Likely::of).collect(),
        });
    }
    Ok(json_response(&told))
}

/// A face of a picture that the request names.
pub(super) async fn known(
    service: &Service,
    id: &FaceId,
    group: &GroupRecord,
    missing: impl FnOnce() -> ApiError,
) -> Result<KnownFace, ApiError> {
    let known = service.faces.known(id, service.clock.unix()).await?;
    let known = known.ok_or_else(missing)?;
    let is_of_directory = group.key.kind == GroupKind::PersonDirectory;
    if !is_of_directory && known.recognition_model != group.recognition_model {
        let model = group.recognition_model.as_str();
        return Err(bad_argument(format!(
            "'recognitionModel' is incompatible: detect the face with {model}, as the group was made."
        )));
    }
    Ok(known)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identified {
    face_id: String,
    candidates: Vec<Likely>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Likely {
    person_id: String,
    /// -log10 of the false match rate of one comparison, over 10.
    confidence: f64,
    /// The most that the calibration's data support.
    supported_confidence: f64,
}

impl Likely {
    fn of(candidate: &Candidate) -> Self {
        Self {
            person_id: candidate.enrolled.as_str().to_owned(),
            confidence: candidate.assessment.confidence,
            supported_confidence: candidate.assessment.supported_confidence,
        }
    }
}

/// Among whom the request asks.
async fn scope(service: &Service, fields: &Map<String, Value>) -> Result<Scope, ApiError> {
    let kinds = [GroupKind::PersonGroup, GroupKind::LargePersonGroup, GroupKind::DynamicPersonGroup];
    let mut named = Vec::new();
    for kind in kinds {
        if let Some(id) = text(fields, field_of(kind))? {
            named.push((kind, id));
        }
    }
    let people = fields.get("personIds").filter(|people| !people.is_null());
    match (named.as_slice(), people) {
        ([], None) => Err(ApiError::of(ErrorCode::MissingIdentificationScope)),
        ([], Some(people)) => of_people(service, people).await,
        ([(kind, id)], None) => of_group(service, *kind, id).await,
        ([(GroupKind::PersonGroup, _), (GroupKind::LargePersonGroup, _)], None) => {
            Err(ApiError::of(ErrorCode::GroupIdsBothNotNull))
        }
        _ => Err(ApiError::of(ErrorCode::IncompatibleIdentificationScope)),
    }
}

async fn of_group(service: &Service, kind: GroupKind, id: &str) -> Result<Scope, ApiError> {
    let found = service.store.group(&key(kind, id)?).await;
    let group = found.map_err(|error| said(error, || in_a_search(no_group(kind))))?;
    if kind != GroupKind::DynamicPersonGroup {
        return Ok(Scope { group, among: None });
    }
    let mut among = HashSet::new();
    let mut after = None;
    loop {
        let page = service.store.members(&group.uid, after.as_ref(), MEMBERS_AT_ONCE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        among.extend(page);
    }
    Ok(Scope { group: directory(service).await?, among: Some(Arc::new(among)) })
}

/// People of the directory; `*` is everybody.
async fn of_people(service: &Service, people: &Value) -> Result<Scope, ApiError> {
    let invalid =
        || bad_argument(format!("'personIds' is invalid: it is 1 to {MAX_PEOPLE} person IDs, or \"*\"."));
    let Value::Array(ids) = people else { return Err(invalid()) };
    let group = directory(service).await?;
    if matches!(ids.as_slice(), [Value::String(all)] if all == "*") {
        return Ok(Scope { group, among: None });
    }
    if !(1..=MAX_PEOPLE).contains(&ids.len()) {
        return Err(invalid());
    }
    let ids = ids.iter().map(|id| id.as_str().and_then(|id| PersonId::parse(id).ok()).ok_or_else(invalid));
    let among: HashSet<PersonId> = ids.collect::<Result<_, _>>()?;
    for person in &among {
        service
            .store
            .person(&group.uid, person)
            .await
            .map_err(|error| said(error, || in_a_search(no_person())))?;
    }
    Ok(Scope { group, among: Some(Arc::new(among)) })
}
