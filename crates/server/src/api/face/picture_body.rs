//! A body with a picture, or with the name of one.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header;
use futures_util::StreamExt as _;
use serde_json::Value;
use verilume_protocol::errors::ErrorCode;
use verilume_store::ImageId;
use zeroize::Zeroizing;

use super::fault::bad_argument;
use crate::api::ApiError;
use crate::faces::{MAX_PICTURE_BYTES, PictureFault};

/// The longest JSON that names a picture, bytes.
const MAX_NAME_BYTES: usize = 16 << 10;

/// What was sent.
pub(in crate::api) enum PictureBody {
    /// The picture itself.
    Bytes(Zeroizing<Vec<u8>>),
    /// Where it is.
    Url(String),
    /// The picture of a session.
    SessionImage(ImageId),
}

/// Why a body is none.
#[derive(Debug)]
pub(in crate::api) enum BodyFault {
    /// It is longer than a picture.
    TooLong,
    /// It is of another kind.
    MediaType,
    /// What is wrong with it.
    Unreadable(&'static str),
}

impl From<BodyFault> for ApiError {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLong => PictureFault::TooBig.into(),
            BodyFault::MediaType => Self::of(ErrorCode::UnsupportedMediaType),
            BodyFault::Unreadable(message) => bad_argument(message),
        }
    }
}

impl PictureBody {
    /// Reads it, up to the size of the Face API. Room for a picture must be there already.
    pub(in crate::api) async fn read(request: Request) -> Result<Self, BodyFault> {
        Self::read_of(request, MAX_PICTURE_BYTES).await
    }

    /// Reads it. Room for a picture must be there already.
    pub(in crate::api) async fn read_of(request: Request, most: usize) -> Result<Self, BodyFault> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or("application/octet-stream").to_ascii_lowercase();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        match kind {
            "application/json" => {
                let json = collect(request.into_body(), MAX_NAME_BYTES).await;
                Self::named(&json.map_err(|_too_long| BodyFault::Unreadable("JSON parsing error."))?)
            }
            kind if kind == "application/octet-stream" || kind.starts_with("image/") => {
                Ok(Self::Bytes(collect(request.into_body(), most).await?))
            }
            _ => Err(BodyFault::MediaType),
        }
    }

    fn named(json: &[u8]) -> Result<Self, BodyFault> {
        let unreadable = || BodyFault::Unreadable("JSON parsing error.");
        let fields: Value = serde_json::from_slice(json).map_err(|_no_json| unreadable())?;
        match (&fields["sessionImageId"], &fields["url"]) {
            (Value::String(id), Value::Null) => ImageId::parse(id)
                .map(Self::SessionImage)
                .map_err(|_malformed| BodyFault::Unreadable("'sessionImageId' is invalid.")),
            (Value::Null, Value::String(url)) => Ok(Self::Url(url.clone())),
            _ => Err(BodyFault::Unreadable("Request body is invalid: it is a picture, or names one.")),
        }
    }
}

/// Reads a body of at most so many bytes into memory that is wiped.
pub(in crate::api) async fn collect(body: Body, most: usize) -> Result<Zeroizing<Vec<u8>>, BodyFault> {
    let mut chunks = body.into_data_stream();
    // All of it at once: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(most));
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_cut| BodyFault::Unreadable("The request body ended early."))?;
        if bytes.len() + chunk.len() > most {
            return Err(BodyFault::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
