//! The contract's codes for what is wrong with a collection, a person or a face.

use axum::http::StatusCode;
use verilume_protocol::errors::ErrorCode;
use verilume_store::{GroupKind, StoreError, StoreErrorKind};

use crate::api::ApiError;
use crate::identification::SearchFault;

/// There is no such collection.
pub(super) fn no_group(kind: GroupKind) -> ApiError {
    ApiError::of(match kind {
        GroupKind::FaceList => ErrorCode::FaceListNotFound,
        GroupKind::LargeFaceList => ErrorCode::LargeFaceListNotFound,
        GroupKind::PersonGroup => ErrorCode::PersonGroupNotFound,
        GroupKind::LargePersonGroup => ErrorCode::LargePersonGroupNotFound,
        _ => ErrorCode::DynamicPersonGroupNotFound,
    })
}

/// There is one already.
pub(super) fn group_exists(kind: GroupKind) -> ApiError {
    ApiError::of(match kind {
        GroupKind::FaceList => ErrorCode::FaceListExists,
        GroupKind::LargeFaceList => ErrorCode::LargeFaceListExists,
        GroupKind::PersonGroup => ErrorCode::PersonGroupExists,
        GroupKind::LargePersonGroup => ErrorCode::LargePersonGroupExists,
        _ => ErrorCode::DynamicPersonGroupExists,
    })
}

/// It was never trained.
pub(super) fn not_trained(kind: GroupKind) -> ApiError {
    ApiError::of(match kind {
        GroupKind::LargeFaceList => ErrorCode::LargeFaceListNotTrained,
        GroupKind::PersonGroup => ErrorCode::PersonGroupNotTrained,
        _ => ErrorCode::LargePersonGroupNotTrained,
    })
}

/// Its training has not ended.
pub(super) fn in_training(kind: GroupKind) -> ApiError {
    ApiError::of(match kind {
        GroupKind::LargeFaceList => ErrorCode::LargeFaceListTrainingNotFinished,
        GroupKind::PersonGroup => ErrorCode::PersonGroupTrainingNotFinished,
        _ => ErrorCode::LargePersonGroupTrainingNotFinished,
    })
}

/// There is no such person.
pub(super) fn no_person() -> ApiError {
    ApiError::of(ErrorCode::PersonNotFound)
}

/// There is no such enrolled face.
pub(super) fn no_face() -> ApiError {
    ApiError::of(ErrorCode::PersistedFaceNotFound)
}

/// What the store said, where what is not there is `missing`.
pub(super) fn said(error: StoreError, missing: impl FnOnce() -> ApiError) -> ApiError {
    match error.kind() {
        StoreErrorKind::NotFound => missing(),
        StoreErrorKind::LimitReached => {
            ApiError::of(ErrorCode::QuotaExceeded).saying(format!("No more can be enrolled: {error}."))
        }
        _ => error.into(),
    }
}

/// Searches are asked about what is not there: the request is wrong, not its address.
pub(super) fn in_a_search(error: ApiError) -> ApiError {
    error.with_status(StatusCode::BAD_REQUEST)
}

impl From<SearchFault> for ApiError {
    fn from(fault: SearchFault) -> Self {
        match fault {
            SearchFault::Store(error) => error.into(),
            SearchFault::Vault(error) => error.into(),
            SearchFault::Recognition(error) => error.into(),
            SearchFault::NoMasterKey => crate::api::face::fault::no_master_key(),
            SearchFault::Stopped => Self::overloaded(),
        }
    }
}
