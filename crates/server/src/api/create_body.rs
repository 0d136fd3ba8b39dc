//! The body of a request that creates a session: JSON, or one of the three forms that clients send with a picture.

use axum::body::to_bytes;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::{StatusCode, header};
use serde_json::{Map, Value};
use verilume_protocol::errors::ErrorCode;
use zeroize::Zeroizing;

use super::ApiError;
use crate::config::ConnectionLimits;
use crate::faces::{MAX_PICTURE_BYTES, PictureFault};

/// The most parts of a form. Origin: the contract knows a dozen fields.
const MAX_PARTS: usize = 32;
/// The longest text of a part that is no picture, bytes.
const MAX_PART_TEXT: usize = 16 << 10;
/// Parts that hold all fields as JSON: of the previews' clients, and of the contract's tutorial.
const JSON_PARTS: [&str; 2] = ["parameters", "createlivenesswithverifysessionrequest"];
const IMAGE_PART: &str = "verifyimage";

/// What was sent.
#[derive(Debug, Default)]
pub(super) struct CreateBody {
    pub(super) fields: Map<String, Value>,
    /// The reference image, if one came along.
    pub(super) image: Option<Zeroizing<Vec<u8>>>,
}

impl CreateBody {
    /// Reads it. Only sessions that verify take forms.
    pub(super) async fn read(
        request: Request,
        limits: &ConnectionLimits,
        takes_forms: bool,
    ) -> Result<Self, ApiError> {
        match (is_multipart(&request), takes_forms) {
            (false, _) => Self::from_json(request, limits).await,
            (true, true) => Self::from_form(request).await,
            (true, false) => Err(ApiError::of(ErrorCode::UnsupportedMediaType)),
        }
    }

    async fn from_json(request: Request, limits: &ConnectionLimits) -> Result<Self, ApiError> {
        let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        if declared.and_then(|length| length.parse::<usize>().ok()).unwrap_or(0) > limits.max_body_bytes {
            return Err(too_large());
        }
        let body = to_bytes(request.into_body(), limits.max_body_bytes).await.map_err(|_cut| too_large())?;
        Ok(Self { fields: object(&body)?, image: None })
    }

    async fn from_form(request: Request) -> Result<Self, ApiError> {
        let mut form = Multipart::from_request(request, &()).await.map_err(|_no_boundary| invalid_body())?;
        let mut read = Self::default();
        for _ in 0..MAX_PARTS {
            let Some(part) = form.next_field().await.map_err(|error| unreadable(&error))? else {
                return Ok(read);
            };
            read.take(part).await?;
        }
        Err(invalid_body().saying("The form has too many parts."))
    }

    async fn take(&mut self, part: Field<'_>) -> Result<(), ApiError> {
        let name = part.name().unwrap_or_default().to_owned();
        if name.eq_ignore_ascii_case(IMAGE_PART) {
            self.image = Some(image(part).await?);
            return Ok(());
        }
        let text = part.bytes().await.map_err(|error| unreadable(&error))?;
        if text.len() > MAX_PART_TEXT {
            return Err(invalid_body().saying(format!("The part `{}` is too long.", shown(&name))));
        }
        if JSON_PARTS.iter().any(|json| name.eq_ignore_ascii_case(json)) {
            self.fields.extend(object(&text)?);
        } else {
            let text = std::str::from_utf8(&text).map_err(|_no_text| invalid_body())?;
            self.fields.insert(name, Value::String(text.to_owned()));
        }
        Ok(())
    }
}

/// The object that a request's body is, as JSON.
pub(crate) async fn small_json(request: Request, limits: &ConnectionLimits) -> Result<Value, ApiError> {
    Ok(Value::Object(CreateBody::read(request, limits, false).await?.fields))
}

/// The reference image, in memory that is wiped.
async fn image(mut part: Field<'_>) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    // All of it at once: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_PICTURE_BYTES));
    while let Some(chunk) = part.chunk().await.map_err(|error| unreadable(&error))? {
        if bytes.len() + chunk.len() > MAX_PICTURE_BYTES {
            return Err(PictureFault::TooBig.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A part's name as far as it is fit for a message.
fn shown(name: &str) -> String {
    name.chars().filter(char::is_ascii_graphic).take(40).collect()
}

pub(super) fn is_multipart(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.unwrap_or_default().to_ascii_lowercase().starts_with("multipart/")
}

fn object(text: &[u8]) -> Result<Map<String, Value>, ApiError> {
    match serde_json::from_slice(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(invalid_body()),
    }
}

fn unreadable(error: &MultipartError) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { too_large() } else { invalid_body() }
}

pub(super) fn invalid_body() -> ApiError {
    ApiError::of(ErrorCode::InvalidRequestBody)
}

fn too_large() -> ApiError {
    let message = "Request body is too large.";
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::BadArgument.as_str(), message)
}
