//! The one table of error codes: those of the capture stream, of the HTTP interface and of the client libraries.
//!
//! Codes of the stream are `snake_case`; those that clients of the Azure API know keep their spelling. A code keeps its
//! meaning for ever. docs/reference/error-codes.md and the web library's own table are generated from this one:
//! `cargo run -p verilume-protocol --example error_codes > docs/reference/error-codes.md`, and with `typescript` for
//! sdk/web/src/core/error-codes.ts.

mod code;
mod markdown;
mod typescript;

pub use code::ErrorCode;
pub use markdown::error_codes_page;
pub use typescript::error_codes_module;

/// Where a code is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Surface {
    /// In an error message of the capture stream.
    Stream,
    /// In an answer of the HTTP interface.
    Http,
    /// In the error of a stored attempt, and as the hint of an attempt's result.
    Attempt,
    /// As `livenessError` of the client libraries.
    Liveness,
    /// As `recognitionError` of the client libraries.
    Recognition,
    /// Found by a client library itself, and reported by it alone.
    Client,
}

impl Surface {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Stream, Self::Http, Self::Attempt, Self::Liveness, Self::Recognition, Self::Client];

    /// Stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Http => "http",
            Self::Attempt => "attempt",
            Self::Liveness => "livenessError",
            Self::Recognition => "recognitionError",
            Self::Client => "client",
        }
    }
}

/// What helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UserAction {
    /// Nothing is needed.
    Nothing,
    /// The person tries again.
    TryAgain,
    /// The person tries again later.
    WaitAndTryAgain,
    /// The app starts a new session.
    StartNewSession,
    /// The person changes how they hold themselves or what covers the face.
    AdjustFace,
    /// The person goes to other light.
    ChangeLight,
    /// The person allows or frees the camera.
    AllowCamera,
    /// The person updates the app.
    UpdateApp,
    /// The developer corrects the request.
    CorrectRequest,
    /// The operator looks at the service.
    AskOperator,
}

impl UserAction {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Nothing,
        Self::TryAgain,
        Self::WaitAndTryAgain,
        Self::StartNewSession,
        Self::AdjustFace,
        Self::ChangeLight,
        Self::AllowCamera,
        Self::UpdateApp,
        Self::CorrectRequest,
        Self::AskOperator,
    ];

    /// Stable name, snake_case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::TryAgain => "try_again",
            Self::WaitAndTryAgain => "wait_and_try_again",
            Self::StartNewSession => "start_new_session",
            Self::AdjustFace => "adjust_face",
            Self::ChangeLight => "change_light",
            Self::AllowCamera => "allow_camera",
            Self::UpdateApp => "update_app",
            Self::CorrectRequest => "correct_request",
            Self::AskOperator => "ask_operator",
        }
    }
}

/// What the table says of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorEntry {
    /// Where it is used.
    pub surfaces: &'static [Surface],
    /// Status of an HTTP answer with this code; `None` where there is never one.
    pub http_status: Option<u16>,
    /// Whether the same may work when it is tried again in the same session.
    pub is_retryable: bool,
    /// What helps.
    pub user_action: UserAction,
    /// Whether it costs an attempt. Interruptions and faults of the service never do.
    pub counts_as_attempt: bool,
    /// One sentence, for developers and logs.
    pub message: &'static str,
    /// The `livenessError` that client libraries report for it.
    pub liveness_error: &'static str,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_found_by_its_own_text_only() {
        let texts: BTreeSet<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::by_str(code.as_str()), Some(*code));
        }
        assert_eq!(ErrorCode::by_str("no such code"), None);
    }

    #[test]
    fn what_clients_report_is_what_they_can_report() {
        for code in ErrorCode::ALL {
            let entry = code.entry();
            let reported = ErrorCode::by_str(entry.liveness_error).unwrap();
            assert!(
                reported.entry().surfaces.contains(&Surface::Liveness),
                "{code}: {}",
                entry.liveness_error
            );
            assert_eq!(reported.entry().liveness_error, reported.as_str(), "{code}");
            let over_http =
                entry.surfaces.contains(&Surface::Http) || entry.surfaces.contains(&Surface::Stream);
            assert!(!over_http || entry.http_status.is_some(), "{code} has no status");
        }
    }

    #[test]
    fn nothing_that_the_service_does_wrong_costs_an_attempt() {
        for code in ErrorCode::ALL {
            let entry = code.entry();
            let own_fault = entry.http_status.is_some_and(|status| status >= 500);
            assert!(!(own_fault && entry.counts_as_attempt), "{code}");
        }
    }

    /// The strings of the client libraries' two enumerations, as their documentation lists them.
    #[test]
    fn the_client_libraries_enumerations_are_whole() {
        let liveness = [
            "None",
            "Unexpected",
            "GenericFailure",
            "TimedOut",
            "InvalidToken",
            "CameraPermissionDenied",
            "CameraStartupFailure",
            "NoFaceDetected",
            "FaceTrackingFailed",
            "SmileNotPerformed",
            "HeadTurnNotPerformed",
            "ServerRequestTimedOut",
            "FaceMouthRegionNotVisible",
            "FaceEyeRegionNotVisible",
            "ExcessiveImageBlurDetected",
            "ExcessiveFaceBrightness",
            "FaceWithMaskDetected",
            "EnvironmentNotSupported",
            "UserCanceledSession",
            "UserCanceledActiveMotion",
            "UserCanceledActiveMotionPrompt",
            "UnexpectedClientError",
            "UnexpectedServerError",
            "ClientVersionNotSupported",
            "VerifyImageNotProvided",
            "SetVerifyImageNotAllowed",
        ];
        let recognition = [
            "None",
            "GenericFailure",
            "FaceNotFrontal",
            "FaceEyeRegionNotVisible",
            "ExcessiveFaceBrightness",
            "ExcessiveImageBlurDetected",
            "FaceNotFound",
            "MultipleFaceFound",
            "ContentDecodingError",
            "ImageSizeIsTooLarge",
            "ImageSizeIsTooSmall",
            "UnsupportedMediaType",
            "FaceMouthRegionNotVisible",
            "FaceWithMaskDetected",
        ];
        let on = |surface: Surface| -> BTreeSet<&str> {
            let codes = ErrorCode::ALL.iter().filter(|code| code.entry().surfaces.contains(&surface));
            codes.map(|code| code.as_str()).collect()
        };
        assert_eq!(on(Surface::Liveness), BTreeSet::from(liveness));
        assert_eq!(on(Surface::Recognition), BTreeSet::from(recognition));
    }

    #[test]
    fn the_page_is_the_table() {
        let page = include_str!("../../../../docs/reference/error-codes.md");
        assert!(
            page == error_codes_page(),
            "run: cargo run -p verilume-protocol --example error_codes > docs/reference/error-codes.md"
        );
    }

    #[test]
    fn the_web_librarys_table_is_the_table() {
        let module = include_str!("../../../../sdk/web/src/core/error-codes.ts");
        assert!(
            module == error_codes_module(),
            "run: cargo run -p verilume-protocol --example error_codes typescript > sdk/web/src/core/error-codes.ts"
        );
    }
}
