//! Faces that look alike: those of a list, and those of pictures among themselves.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value, json};
use verilume_protocol::errors::ErrorCode;
use verilume_recognition::Embedding;
use verilume_store::{AuditAction, AuditSubject, FaceId, GroupKind};

use super::fault::{in_a_search, no_group, said};
use super::fields::{candidates, face_ids, fields, text};
use super::identify::known;
use super::permit;
use super::place::{field_of, key};
use super::trainings::check_trained;
use crate::api::ApiError;
use crate::api::answers::json_response;
use crate::api::face::fault::{bad_argument, face_not_found};
use crate::api::face::verify::IDENTICAL_FROM;
use crate::identification::{Enrolled, Wanted};
use crate::service::Service;

/// Faces of a request. Origin: the contract.
const MAX_FACES: usize = 1000;
/// Faces that are told. Origin: the contract.
const SIMILAR: usize = 20;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Similar {
    #[serde(skip_serializing_if = "Option::is_none")]
    face_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    persisted_face_id: Option<String>,
    confidence: f64,
    /// The most that the calibration's data support.
    supported_confidence: f64,
}

pub(super) async fn find_similar(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let caller = permit(&service, request.headers()).await?;
    let fields = fields(&service, request).await?;
    let probe = text(&fields, "faceId")?.and_then(|id| FaceId::parse(id).ok());
    let probe = probe.ok_or_else(|| bad_argument("'faceId' is invalid."))?;
    let most = candidates(&fields, SIMILAR, MAX_FACES)?;
    let confidence = least_confidence(&fields)?;
    let (list, large) = (text(&fields, "faceListId")?, text(&fields, "largeFaceListId")?);
    let told = match (list, large, fields.get("faceIds")) {
        (Some(id), None, None) => {
            let wanted = Wanted { most, confidence, among: None };
            in_list(&service, &caller, &probe, GroupKind::FaceList, id, wanted).await?
        }
        (None, Some(id), None) => {
            let wanted = Wanted { most, confidence, among: None };
            in_list(&service, &caller, &probe, GroupKind::LargeFaceList, id, wanted).await?
        }
        (None, None, Some(_)) => {
            service.record(&caller, AuditAction::Identified, None).await?;
            among_faces(&service, &probe, &face_ids(&fields, 1, MAX_FACES)?, most, confidence).await?
        }
        _ => return Err(bad_argument("Give exactly one of faceIds, faceListId and largeFaceListId.")),
    };
    Ok(json_response(&told))
}

/// In the mode of the same person, only faces that may be theirs are told; in the other one all are.
fn least_confidence(fields: &Map<String, Value>) -> Result<f64, ApiError> {
    match text(fields, "mode")? {
        None => Ok(IDENTICAL_FROM),
        Some(mode) if mode.eq_ignore_ascii_case("matchPerson") => Ok(IDENTICAL_FROM),
        Some(mode) if mode.eq_ignore_ascii_case("matchFace") => Ok(0.0),
        Some(_) => Err(bad_argument("'mode' is invalid: it is matchPerson or matchFace.")),
    }
}

async fn in_list(
    service: &Service,
    caller: &verilume_store::ApiKeyRecord,
    probe: &FaceId,
    kind: GroupKind,
    id: &str,
    wanted: Wanted,
) -> Result<Vec<Similar>, ApiError> {
    let key =
        key(kind, id).map_err(|_malformed| bad_argument(format!("'{}' is invalid.", field_of(kind))))?;
    let found = service.store.group(&key).await;
    let group = found.map_err(|error| said(error, || in_a_search(no_group(kind))))?;
    service.record_about(caller, AuditAction::Identified, AuditSubject::group(&key)).await?;
    check_trained(&group, service.clock.unix())?;
    let face = known(service, probe, &group, || in_a_search(face_not_found())).await?;
    if group.faces == 0 {
        return Err(ApiError::of(ErrorCode::FaceListNotReady));
    }
    let found = service.search(&group, face.template, wanted).await?;
    let similar = found.into_iter().map(|found| Similar {
        face_id: None,
        persisted_face_id: match found.enrolled {
            Enrolled::Face(id) => Some(id.as_str().to_owned()),
            Enrolled::Person(_) => None,
        },
        confidence: found.assessment.confidence,
        supported_confidence: found.assessment.supported_confidence,
    });
    Ok(similar.collect())
}

async fn among_faces(
    service: &Service,
    probe: &FaceId,
    ids: &[FaceId],
    most: usize,
    confidence: f64,
) -> Result<Vec<Similar>, ApiError> {
    let probe = template(service, probe).await?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let assessment = service.faces.compare(&probe, &template(service, id).await?)?;
        if assessment.confidence >= confidence {
            found.push((assessment, id));
        }
    }
    found.sort_by(|a, b| a.0.distance.total_cmp(&b.0.distance));
    let similar = found.into_iter().take(most).map(|(assessment, id)| Similar {
        face_id: Some(id.as_str().to_owned()),
        persisted_face_id: None,
        confidence: assessment.confidence,
        supported_confidence: assessment.supported_confidence,
    });
    Ok(similar.collect())
}

async fn template(service: &Service, id: &FaceId) -> Result<Embedding, ApiError> {
    let known = service.faces.known(id, service.clock.unix()).await?;
    Ok(known.ok_or_else(|| in_a_search(face_not_found()))?.template)
}

pub(super) async fn group(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let caller = permit(&service, request.headers()).await?;
    let ids = face_ids(&fields(&service, request).await?, 2, MAX_FACES)?;
    service.record(&caller, AuditAction::Identified, None).await?;
    let mut templates = Vec::with_capacity(ids.len());
    for id in &ids {
        templates.push(template(&service, id).await?);
    }
    let in_background = Arc::clone(&service);
    let groups = tokio::task::spawn_blocking(move || {
        groups_of(templates.len(), |a, b| {
            let assessment = in_background.faces.compare(&templates[a], &templates[b])?;
            Ok::<_, ApiError>(assessment.is_identical(IDENTICAL_FROM))
        })
    });
    let groups = groups.await.map_err(|_stopped| ApiError::overloaded())??;
    let named = |group: &Vec<usize>| group.iter().map(|at| ids[*at].as_str()).collect::<Vec<_>>();
    let (several, alone): (Vec<_>, Vec<_>) = groups.iter().partition(|group| group.len() > 1);
    Ok(json_response(&json!({
        "groups": several.into_iter().map(named).collect::<Vec<_>>(),
        "messyGroup": alone.into_iter().flat_map(named).collect::<Vec<_>>(),
    })))
}

/// Puts into one group whoever is connected by pairs that are alike, the largest group first.
fn groups_of<E>(
    count: usize,
    mut are_alike: impl FnMut(usize, usize) -> Result<bool, E>,
) -> Result<Vec<Vec<usize>>, E> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for one in 0..count {
        let mut joined = vec![one];
        let mut others = Vec::with_capacity(groups.len());
        for group in groups {
            let mut is_one = false;
            for member in &group {
                is_one = is_one || are_alike(*member, one)?;
            }
            if is_one { joined.extend(group) } else { others.push(group) }
        }
        others.push(joined);
        groups = others;
    }
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups.sort_by_key(|group| (std::cmp::Reverse(group.len()), group[0]));
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_connected_is_in_one_group() {
        let check = |count, pairs: &[(usize, usize)], expected: &[&[usize]]| {
            let alike = |a: usize, b: usize| Ok::<_, ()>(pairs.contains(&(a.min(b), a.max(b))));
            assert_eq!(groups_of(count, alike).unwrap(), expected);
        };
        check(2, &[], &[&[0], &[1]]);
        check(4, &[(0, 2), (1, 3)], &[&[0, 2], &[1, 3]]);
        check(5, &[(0, 1), (2, 3), (1, 3)], &[&[0, 1, 2, 3], &[4]]);
        check(4, &[(2, 3), (1, 2)], &[&[1, 2, 3], &[0]]);
    }
}
