//! Detect the faces of a picture.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::Value;
use verilume_store::{AuditAction, ImageId, Scope, StoreErrorKind};
use zeroize::Zeroizing;

use super::answer;
use super::fault::{bad_argument, no_master_key};
use super::picture_body::PictureBody;
use super::query::{DetectQuery, RawQuery};
use crate::api::ApiError;
use crate::api::answers::json_response;
use crate::api::auth::require;
use crate::faces::{DetectedFace, LookFor, MAX_PICTURE_BYTES, NewFace};
use crate::service::Service;

pub(super) async fn detect(
    State(service): State<Arc<Service>>,
    query: RawQuery,
    request: Request,
) -> Result<Response, ApiError> {
    let caller = require(&service, request.headers(), &[Scope::Faces]).await?;
    let asked = DetectQuery::parse(query)?;
    if asked.return_face_id && service.faces.vault().is_none() {
        return Err(no_master_key());
    }
    let room = service.faces.reserve().ok_or_else(ApiError::overloaded)?;
    let bytes = match PictureBody::read(request).await? {
        PictureBody::Bytes(bytes) => bytes,
        PictureBody::SessionImage(id) => session_image(&service, &id).await?,
        PictureBody::Url(url) => service.fetch_picture(&url, MAX_PICTURE_BYTES).await?,
    };
    service.record(&caller, AuditAction::FacesDetected, None).await?;
    let wanted = LookFor {
        templates: asked.return_face_id,
        attributes: !asked.attributes.is_empty(),
        liveness: true,
        ..LookFor::default()
    };
    let picture = room.look(bytes, wanted).await?;
    let ids = keep(&service, &picture.faces, &asked).await?;
    let told = picture.faces.iter().zip(ids).map(|(face, id)| answer::face(face, id, &asked));
    Ok(json_response(&Value::Array(told.collect())))
}

/// The id of each face; none where none was asked for, or where a face has no template.
async fn keep(
    service: &Service,
    faces: &[DetectedFace],
    asked: &DetectQuery,
) -> Result<Vec<Option<String>>, ApiError> {
    let new: Vec<NewFace<'_>> = faces
        .iter()
        .filter_map(|face| face.template.as_ref())
        .map(|template| NewFace {
            template,
            recognition_model: &asked.recognition_model,
            time_to_live: asked.time_to_live,
        })
        .collect();
    let kept = service.faces.keep(&new, service.clock.unix()).await?.unwrap_or_default();
    let mut kept = kept.into_iter();
    let ids = faces.iter().map(|face| {
        let id = face.template.as_ref().and_then(|_template| kept.next());
        id.map(|id| id.as_str().to_owned())
    });
    Ok(ids.collect())
}

/// The picture of a session that asked for one.
async fn session_image(service: &Service, id: &ImageId) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    let missing =
        || bad_argument("There is no picture with this sessionImageId: its session has ended or was erased.");
    let vault = service.vault.as_ref().ok_or_else(missing)?;
    let image = match service.store.image(id, service.clock.unix()).await {
        Ok(image) => image,
        Err(error) if error.kind() == StoreErrorKind::NotFound => return Err(missing()),
        Err(error) => return Err(error.into()),
    };
    Ok(vault.open(&image).await?)
}
