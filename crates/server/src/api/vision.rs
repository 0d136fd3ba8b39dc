//! Analyze Image 3.2, as far as it is about faces.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use verilume_store::{AuditAction, Scope};

use super::ApiError;
use super::answers::json_response;
use super::auth::require;
use super::error::error_response;
use super::face::picture_body::{BodyFault, PictureBody};
use super::face::query::{Parameters, RawQuery};
use crate::caller::random_uuid;
use crate::faces::{LookFor, PictureFault};
use crate::service::Service;

/// The largest picture, bytes. Origin: the contract.
const MAX_BYTES: usize = 4 << 20;
/// The least width and height, pixels. Origin: the contract: more than 50.
const MIN_SIDE: u32 = 51;
/// The version of the contract's models that is told. It says nothing about those of this release.
const MODEL_VERSION: &str = "2021-05-01";
const MODEL_VERSIONS: [&str; 3] = ["latest", "2021-04-01", MODEL_VERSION];
const LANGUAGES: [&str; 5] = ["en", "es", "ja", "pt", "zh"];
/// What the contract knows beside faces.
const OTHER_FEATURES: [&str; 8] =
    ["ImageType", "Adult", "Categories", "Color", "Tags", "Description", "Objects", "Brands"];

pub(super) async fn analyze(
    State(service): State<Arc<Service>>,
    query: RawQuery,
    request: Request,
) -> Result<Response, VisionError> {
    let caller = require(&service, request.headers(), &[Scope::Faces]).await?;
    check(&Parameters::of(query)?)?;
    let room = service.faces.reserve().ok_or_else(VisionError::busy)?;
    let bytes = match PictureBody::read_of(request, MAX_BYTES).await.map_err(VisionError::of_body)? {
        PictureBody::Bytes(bytes) => bytes,
        PictureBody::Url(url) => service.fetch_picture(&url, MAX_BYTES).await.map_err(|_refused| {
            let message =
                "Pictures are fetched only from hosts that the operator allows: send the picture itself.";
            VisionError::invalid("InvalidImageUrl", message)
        })?,
        PictureBody::SessionImage(_) => {
            return Err(VisionError::invalid("BadArgument", "The body is a picture, or names its url."));
        }
    };
    service.record(&caller, AuditAction::FacesDetected, None).await?;
    let picture = room.look(bytes, LookFor { liveness: true, min_bytes: 0, ..LookFor::default() }).await?;
    if picture.width.min(picture.height) < MIN_SIDE {
        return Err(VisionError::invalid(
            "InvalidImageSize",
            "Width and height must be more than 50 pixels.",
        ));
    }
    // Neither age nor gender: docs/concepts/recognition.md says why.
    let faces = picture
        .faces
        .iter()
        .map(|face| json!({ "faceRectangle": face.rectangle, "liveness": face.liveness }));
    Ok(json_response(&json!({
        "faces": faces.collect::<Vec<Value>>(),
        "requestId": random_uuid(),
        "metadata": { "width": picture.width, "height": picture.height, "format": picture.format.name() },
        "modelVersion": MODEL_VERSION,
    })))
}

fn check(parameters: &Parameters) -> Result<(), VisionError> {
    let features = parameters.get("visualFeatures").unwrap_or("Categories");
    for feature in features.split(',').map(str::trim) {
        let is = |known: &&str| known.eq_ignore_ascii_case(feature);
        match (is(&"Faces"), OTHER_FEATURES.iter().find(|known| is(known))) {
            (true, _) => {}
            (false, Some(known)) => {
                let message = format!("{known} is not part of this service: ask for visualFeatures=Faces.");
                return Err(VisionError::invalid("NotSupportedVisualFeature", message));
            }
            (false, None) => {
                let message = "A visual feature is not known: ask for visualFeatures=Faces.";
                return Err(VisionError::invalid("NotSupportedVisualFeature", message));
            }
        }
    }
    let is_one_of = |name: &str, known: &[&str]| {
        let asked = parameters.get(name);
        asked.is_none_or(|asked| known.iter().any(|known| known.eq_ignore_ascii_case(asked)))
    };
    if parameters.get("details").is_some() {
        return Err(VisionError::invalid(
            "InvalidDetails",
            "Details are not part of this service: leave them out.",
        ));
    }
    if !is_one_of("language", &LANGUAGES) {
        return Err(VisionError::invalid("NotSupportedLanguage", "The language is en, es, ja, pt or zh."));
    }
    if !is_one_of("model-version", &MODEL_VERSIONS) {
        return Err(VisionError::invalid(
            "InvalidModel",
            "The model-version is latest, 2021-04-01 or 2021-05-01.",
        ));
    }
    Ok(())
}

/// An error as clients of that interface read it, with a code inside the code.
#[derive(Debug)]
pub(super) enum VisionError {
    /// The request cannot be served as it is.
    Own { status: StatusCode, code: &'static str, inner: &'static str, message: Cow<'static, str> },
    /// The same as on every other address: no key, no room in the log.
    Common(ApiError),
}

impl VisionError {
    fn invalid(inner: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::Own { status: StatusCode::BAD_REQUEST, code: "InvalidRequest", inner, message: message.into() }
    }

    fn busy() -> Self {
        Self::Common(ApiError::overloaded())
    }

    fn of_body(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLong => {
                Self::invalid("InvalidImageSize", "Image size is too big. A picture has less than 4 MB.")
            }
            BodyFault::MediaType => Self::Own {
                status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
                code: "InvalidRequest",
                inner: "UnsupportedMediaType",
                message: "The body is application/octet-stream or application/json.".into(),
            },
            BodyFault::Unreadable(message) => Self::invalid("BadArgument", message),
        }
    }
}

impl From<ApiError> for VisionError {
    fn from(error: ApiError) -> Self {
        Self::Common(error)
    }
}

impl From<crate::audit_trail::Unwritten> for VisionError {
    fn from(error: crate::audit_trail::Unwritten) -> Self {
        Self::Common(error.into())
    }
}

impl From<PictureFault> for VisionError {
    fn from(fault: PictureFault) -> Self {
        match fault {
            PictureFault::TooSmall | PictureFault::TooBig => {
                Self::invalid("InvalidImageSize", "A picture has less than 4 MB and at most 25 megapixels.")
            }
            PictureFault::Unsupported => {
                Self::invalid("InvalidImageFormat", "JPEG, PNG, GIF, BMP and WebP are read.")
            }
            PictureFault::Damaged => Self::invalid(
                "NotSupportedImage",
                "The image is damaged or was cut short. Send the whole file.",
            ),
            PictureFault::Failed => Self::Own {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                code: "InternalServerError",
                inner: "FailedToProcess",
                message: "The faces could not be looked for.".into(),
            },
        }
    }
}

impl IntoResponse for VisionError {
    fn into_response(self) -> Response {
        match self {
            Self::Common(error) => error.into_response(),
            Self::Own { status, code, inner, message } => {
                let body = json!({
                    "error": {
                        "code": code,
                        "message": message,
                        "innererror": { "code": inner, "message": message },
                    },
                });
                error_response(status, inner, &body)
            }
        }
    }
}
