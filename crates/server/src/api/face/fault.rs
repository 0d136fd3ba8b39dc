//! What callers are told of pictures and faces that cannot be used.

use verilume_protocol::errors::ErrorCode;

use crate::api::ApiError;
use crate::faces::PictureFault;
use crate::fetch::NotFetched;

impl From<PictureFault> for ApiError {
    fn from(fault: PictureFault) -> Self {
        let size = || Self::of(ErrorCode::InvalidImageSize);
        let image = || Self::of(ErrorCode::InvalidImage);
        match fault {
            PictureFault::TooSmall => size().saying("Image size is too small. A picture has 1 KB at least."),
            PictureFault::TooBig => {
                size().saying("Image size is too big. A picture has 6 MB and 25 megapixels at most.")
            }
            PictureFault::Unsupported => image()
                .saying("Decoding error, image format unsupported. JPEG, PNG, GIF, BMP and WebP are read."),
            PictureFault::Damaged => {
                image().saying("Decoding error, the image is damaged or was cut short. Send the whole file.")
            }
            PictureFault::Failed => Self::of(ErrorCode::Unspecified),
        }
    }
}

impl From<NotFetched> for ApiError {
    fn from(fault: NotFetched) -> Self {
        let error = Self::of(ErrorCode::InvalidUrl);
        match fault {
            NotFetched::NotAllowed => error.saying(
                "Invalid image URL. Pictures are fetched only from hosts that the operator allows: send the picture itself.",
            ),
            NotFetched::Failed => error.saying("Invalid image URL or error downloading from target server."),
        }
    }
}

/// An argument is not what it may be.
pub(in crate::api) fn bad_argument(message: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::of(ErrorCode::BadArgument).saying(message)
}

/// Faces cannot be named without a key to seal them with.
pub(in crate::api) fn no_master_key() -> ApiError {
    let message = "Face IDs need a master key, and the service has none: ask with returnFaceId=false, or have the \
                   operator set store.master_key.";
    ApiError::of(ErrorCode::UnsupportedFeature).saying(message)
}

/// No face has this id, or none any more.
pub(in crate::api) fn face_not_found() -> ApiError {
    let message = "Face is not found. Face IDs end by time: detect the face again.";
    ApiError::of(ErrorCode::FaceNotFound).saying(message)
}
