//! The codes themselves.

use std::fmt;

use super::Surface::{Attempt, Client, Http, Liveness, Recognition, Stream};
use super::UserAction::{
    AdjustFace, AllowCamera, AskOperator, ChangeLight, CorrectRequest, Nothing, StartNewSession, TryAgain,
    UpdateApp, WaitAndTryAgain,
};
use super::{ErrorEntry, Surface, UserAction};

/// Never in an HTTP answer.
const NO_STATUS: Option<u16> = None;
/// Whether the same may work when tried again.
const RETRY: bool = true;
const FINAL: bool = false;
/// Whether it costs an attempt.
const COUNTS: bool = true;
const FREE: bool = false;

const fn entry(
    surfaces: &'static [Surface],
    http_status: Option<u16>,
    is_retryable: bool,
    user_action: UserAction,
    counts_as_attempt: bool,
    message: &'static str,
    liveness_error: &'static str,
) -> ErrorEntry {
    ErrorEntry {
        surfaces,
        http_status,
        is_retryable,
        user_action,
        counts_as_attempt,
        message,
        liveness_error,
    }
}

macro_rules! error_codes {
    ($($name:ident $text:literal [$($surface:ident),+] $status:expr, $retry:ident, $action:ident, $counts:ident,
       $message:literal, $liveness:literal;)+) => {
        /// A code of the table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = $message] $name,)+
        }

        impl ErrorCode {
            /// All codes in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as it is written on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// What the table says of it.
            pub const fn entry(self) -> ErrorEntry {
                match self {
                    $(Self::$name => {
                        entry(&[$($surface),+], $status, $retry, $action, $counts, $message, $liveness)
                    })+
                }
            }
        }
    };
}

error_codes! {
    // The capture stream.
    MessageTooLarge "message_too_large" [Stream] Some(413), FINAL, CorrectRequest, FREE,
        "A message or a part of it is over its bound.",
        "UnexpectedClientError";
    MessageInvalid "message_invalid" [Stream] Some(400), FINAL, CorrectRequest, FREE,
        "The bytes are no message of the capture stream, or a field has a value that it cannot have.",
        "UnexpectedClientError";
    MessageUnexpected "message_unexpected" [Stream] Some(409), FINAL, CorrectRequest, FREE,
        "A message of this kind cannot come now.",
        "UnexpectedClientError";
    FrameOutOfOrder "frame_out_of_order" [Stream] Some(409), FINAL, StartNewSession, COUNTS,
        "A frame's number or time does not follow the one before it.",
        "UnexpectedClientError";
    FrameUndecodable "frame_undecodable" [Stream] Some(422), FINAL, CorrectRequest, COUNTS,
        "A frame is no JPEG, or not of the size that it claims.",
        "UnexpectedClientError";
    SlotNotRevealed "slot_not_revealed" [Stream] Some(409), FINAL, StartNewSession, COUNTS,
        "A frame or a slot's end came for a slot that is not on the screen.",
        "UnexpectedClientError";
    ChainMismatch "chain_mismatch" [Stream] Some(409), FINAL, StartNewSession, COUNTS,
        "A hash is not that of the frames that were sent in this attempt.",
        "UnexpectedClientError";
    BudgetExceeded "budget_exceeded" [Stream] Some(413), FINAL, StartNewSession, COUNTS,
        "More bytes or frames were sent than the plan allows.",
        "UnexpectedClientError";
    TokenUsed "token_used" [Stream] Some(409), FINAL, StartNewSession, FREE,
        "Another stream uses this token, or has used it.",
        "UnexpectedClientError";
    SessionExpired "session_expired" [Stream] Some(410), FINAL, StartNewSession, FREE,
        "The session has ended by time.",
        "InvalidToken";
    ClientAddressUnexpected "client_address_unexpected" [Stream] Some(403), FINAL, StartNewSession, FREE,
        "The client does not connect from where the app server expects it.",
        "UnexpectedClientError";
    AttemptsExhausted "attempts_exhausted" [Stream, Http] Some(403), FINAL, StartNewSession, FREE,
        "The session allows no further attempt.",
        "UnexpectedClientError";
    AttemptTimedOut "attempt_timed_out" [Stream, Attempt] Some(408), RETRY, TryAgain, FREE,
        "The attempt took longer than the plan allows.",
        "TimedOut";
    StreamIdle "stream_idle" [Stream] Some(408), RETRY, TryAgain, FREE,
        "Nothing came over the stream for too long.",
        "TimedOut";
    Interrupted "interrupted" [Stream, Attempt] Some(409), RETRY, TryAgain, FREE,
        "The capture was interrupted before it was whole.",
        "FaceTrackingFailed";
    Overloaded "overloaded" [Stream, Http] Some(503), RETRY, WaitAndTryAgain, FREE,
        "The service has as much to do as it can; try again after the time it gives.",
        "UnexpectedServerError";
    RevealLate "reveal_late" [Stream] Some(504), RETRY, TryAgain, FREE,
        "The service did not reveal a slot in time.",
        "ServerRequestTimedOut";
    ServerSilent "server_silent" [Stream] Some(504), RETRY, TryAgain, FREE,
        "The service did not answer in time.",
        "ServerRequestTimedOut";
    ConnectionLost "connection_lost" [Stream] Some(503), RETRY, TryAgain, FREE,
        "The connection to the service was lost.",
        "UnexpectedServerError";
    ChallengeMismatch "challenge_mismatch" [Stream] Some(502), FINAL, AskOperator, FREE,
        "A revealed slot is not what the service had committed to.",
        "UnexpectedServerError";
    DigestMismatch "digest_mismatch" [Stream] Some(502), FINAL, AskOperator, FREE,
        "Client and service do not have the same transcript of the attempt.",
        "UnexpectedServerError";
    ServerMessageInvalid "server_message_invalid" [Stream] Some(502), FINAL, AskOperator, FREE,
        "The service sent what does not follow the protocol.",
        "UnexpectedServerError";
    ScreenStalled "screen_stalled" [Stream, Attempt] Some(408), RETRY, TryAgain, FREE,
        "The screen did not show a colour in time.",
        "TimedOut";
    CameraStalled "camera_stalled" [Stream, Attempt] Some(408), RETRY, AllowCamera, FREE,
        "The camera gave no frames in time.",
        "CameraStartupFailure";
    FlashesRequired "flashes_required" [Stream] Some(403), RETRY, TryAgain, FREE,
        "The service does no checks without flashes.",
        "UnexpectedClientError";
    // The HTTP interface.
    BadArgument "BadArgument" [Http] Some(400), FINAL, CorrectRequest, FREE,
        "Request body is invalid.",
        "UnexpectedClientError";
    InvalidRequestBody "InvalidRequestBody" [Http] Some(400), FINAL, CorrectRequest, FREE,
        "Incorrect request body provided. Please check the operation schema and try again.",
        "UnexpectedClientError";
    InvalidTokenLifetime "InvalidTokenLifetime" [Http] Some(400), FINAL, CorrectRequest, FREE,
        "Invalid authTokenTimeToLiveInSeconds specified. Must be within 60 to 86400.",
        "UnexpectedClientError";
    InvalidLivenessOperationMode "InvalidLivenessOperationMode" [Http] Some(400), FINAL, CorrectRequest, FREE,
        "Invalid livenessOperationMode specified. Must be 'Passive' or 'PassiveActive'.",
        "UnexpectedClientError";
    InvalidDeviceCorrelationId "InvalidDeviceCorrelationId" [Http, Stream] Some(400), FINAL, CorrectRequest, FREE,
        "A device correlation ID is required in the request body during session create or session start. Must not be null or empty, and be no more than 64 characters.",
        "UnexpectedClientError";
    InvalidUrl "InvalidURL" [Http] Some(400), FINAL, CorrectRequest, FREE,
        "Invalid image URL.",
        "UnexpectedClientError";
    InvalidImage "InvalidImage" [Http] Some(400), FINAL, CorrectRequest, FREE,
        "Decoding error, image format unsupported, or not exactly one face in the image.",
        "UnexpectedClientError";
    InvalidImageSize "InvalidImageSize" [Http] Some(400), FINAL, CorrectRequest, FREE,
        "Image size is too small or too big.",
        "UnexpectedClientError";
    Unauthorized "401" [Http] Some(401), FINAL, CorrectRequest, FREE,
        "Access denied due to invalid subscription key or wrong API endpoint.",
        "InvalidToken";
    UnsupportedFeature "UnsupportedFeature" [Http] Some(403), FINAL, CorrectRequest, FREE,
        "Feature is not supported.",
        "UnexpectedClientError";
    SessionNotFound "SessionNotFound" [Http, Stream] Some(404), FINAL, StartNewSession, FREE,
        "Session ID is not found. The session ID is expired or does not exist.",
        "InvalidToken";
    ConcurrentOperationConflict "ConcurrentOperationConflict" [Http, Stream] Some(409), RETRY, WaitAndTryAgain, FREE,
        "There is a conflict operation on the resource, please try later.",
        "UnexpectedClientError";
    TooManyRequests "429" [Http, Stream] Some(429), RETRY, WaitAndTryAgain, FREE,
        "Rate limit is exceeded.",
        "UnexpectedClientError";
    Unspecified "Unspecified" [Http, Stream] Some(500), RETRY, AskOperator, FREE,
        "Internal server error.",
        "UnexpectedServerError";
    // Who is enrolled, and who somebody is.
    FaceListNotFound "FaceListNotFound" [Http] Some(404), FINAL, CorrectRequest, FREE,
        "Face list is not found.",
        "UnexpectedClientError";
    LargeFaceListNotFound "LargeFaceListNotFound" [Http] Some(404), FINAL, CorrectRequest, FREE,
        "Large face list is not found.",
        "UnexpectedClientError";
    PersonGroupNotFound "PersonGroupNotFound" [Http] Some(404), FINAL, CorrectRequest, FREE,
        "Person group is not found.",
        "UnexpectedClientError";
    LargePersonGroupNotFound "LargePersonGroupNotFound" [Http] Some(404), FINAL, CorrectRequest, FREE,
        "Large person group is not found.",
        "UnexpectedClientError";
    DynamicPersonGroupNotFound "DynamicPersonGroupNotFound" [Http] Some(404), FINAL, CorrectRequest, FREE,
        "Dynamic person group is not found.",
        "UnexpectedClientError";
    FaceListExists "FaceListExists" [Http] Some(409), FINAL, CorrectRequest, FREE,
        "Face list already exists.",
        "UnexpectedClientError";
    LargeFaceListExists "LargeFaceListExists" [Http] Some(409), FINAL, CorrectRequest, FREE,
        "Large face list already exists.",
        "UnexpectedClientError";
    PersonGroupExists "PersonGroupExists" [Http] Some(409), FINAL, CorrectRequest, FREE,
        "Person group already exists.",
        "UnexpectedClientError";
    LargePersonGroupExists "LargePersonGroupExists" [Http] Some(409), FINAL, CorrectRequest, FREE,
        "Large person group already exists.",
        "UnexpectedClientError";
    DynamicPersonGroupExists "DynamicPersonGroupExists" [Http] Some(409), FINAL, CorrectRequest, FREE,
        "Dynamic person group already exists.",
        "UnexpectedClientError";
    LargeFaceListNotTrained "LargeFaceListNotTrained" [Http] Some(404), FINAL, CorrectRequest, FREE,
        "Large face list is not trained: train it first.",
        "UnexpectedClientError";
    PersonGroupNotTrained "PersonGroupNotTrained" [Http] Some(404), FINAL, CorrectRequest, FREE,
        "Person group is not trained: train it first.",
        "UnexpectedClientError";
    LargePersonGroupNotTrained "LargePersonGroupNotTrained" [Http] Some(404), FINAL, CorrectRequest, FREE,
        "Large person group is not trained: train it first.",
        "UnexpectedClientError";
    LargeFaceListTrainingNotFinished "LargeFaceListTrainingNotFinished" [Http] Some(409), RETRY, WaitAndTryAgain, FREE,
        "Large face list is in training: try again when it has ended.",
        "UnexpectedClientError";
    PersonGroupTrainingNotFinished "PersonGroupTrainingNotFinished" [Http] Some(409), RETRY, WaitAndTryAgain, FREE,
        "Person group is in training: try again when it has ended.",
        "UnexpectedClientError";
    LargePersonGroupTrainingNotFinished "LargePersonGroupTrainingNotFinished" [Http] Some(409), RETRY, WaitAndTryAgain, FREE,
        "Large person group is in training: try again when it has ended.",
        "UnexpectedClientError";
    FaceListNotReady "FaceListNotReady" [Http] Some(400), FINAL, CorrectRequest, FREE,
        "Face list is empty.",
        "UnexpectedClientError";
    PersonNotFound "PersonNotFound" [Http] Some(404), FINAL, CorrectRequest, FREE,
        "Person is not found.",
        "UnexpectedClientError";
    PersistedFaceNotFound "PersistedFaceNotFound" [Http] Some(404), FINAL, CorrectRequest, FREE,
        "Persisted face is not found.",
        "UnexpectedClientError";
    OperationNotFound "OperationNotFound" [Http] Some(404), FINAL, CorrectRequest, FREE,
        "Operation is not found.",
        "UnexpectedClientError";
    QuotaExceeded "QuotaExceeded" [Http] Some(403), FINAL, AskOperator, FREE,
        "No more can be enrolled here.",
        "UnexpectedClientError";
    GroupIdsBothNotNull "PersonGroupIdAndLargePersonGroupIdBothNotNull" [Http] Some(400), FINAL, CorrectRequest, FREE,
        "'personGroupId' and 'largePersonGroupId' are both given: give one.",
        "UnexpectedClientError";
    GroupIdsBothNull "PersonGroupIdAndLargePersonGroupIdBothNull" [Http] Some(400), FINAL, CorrectRequest, FREE,
        "Neither 'personGroupId' nor 'largePersonGroupId' is given: give one.",
        "UnexpectedClientError";
    MissingIdentificationScope "MissingIdentificationScopeParameters" [Http] Some(400), FINAL, CorrectRequest, FREE,
        "Nothing says among whom to identify: give one of personGroupId, largePersonGroupId, dynamicPersonGroupId and personIds.",
        "UnexpectedClientError";
    IncompatibleIdentificationScope "IncompatibleIdentificationScopeParametersCombination" [Http] Some(400), FINAL, CorrectRequest, FREE,
        "Only one of personGroupId, largePersonGroupId, dynamicPersonGroupId and personIds can be given.",
        "UnexpectedClientError";
    // What is wrong with an attempt.
    FaceWithMaskDetected "FaceWithMaskDetected" [Attempt, Liveness, Recognition] NO_STATUS, RETRY, AdjustFace, COUNTS,
        "Mask detected on face image.",
        "FaceWithMaskDetected";
    FaceMouthRegionNotVisible "FaceMouthRegionNotVisible" [Attempt, Liveness, Recognition] NO_STATUS, RETRY, AdjustFace, COUNTS,
        "The mouth cannot be seen.",
        "FaceMouthRegionNotVisible";
    FaceEyeRegionNotVisible "FaceEyeRegionNotVisible" [Attempt, Liveness, Recognition] NO_STATUS, RETRY, AdjustFace, COUNTS,
        "The eyes cannot be seen.",
        "FaceEyeRegionNotVisible";
    ExcessiveImageBlurDetected "ExcessiveImageBlurDetected" [Attempt, Liveness, Recognition] NO_STATUS, RETRY, AdjustFace, COUNTS,
        "The face is blurred.",
        "ExcessiveImageBlurDetected";
    ExcessiveFaceBrightness "ExcessiveFaceBrightness" [Attempt, Liveness, Recognition] NO_STATUS, RETRY, ChangeLight, COUNTS,
        "The face is too bright.",
        "ExcessiveFaceBrightness";
    EnvironmentNotSupported "EnvironmentNotSupported" [Attempt, Liveness] NO_STATUS, RETRY, ChangeLight, FREE,
        "The surroundings are too bright, or the screen too dim, for the light on the face to be seen.",
        "EnvironmentNotSupported";
    FaceNotFound "FaceNotFound" [Attempt, Recognition, Http] Some(404), RETRY, AdjustFace, COUNTS,
        "No face was found.",
        "NoFaceDetected";
    MultipleFaceFound "MultipleFaceFound" [Attempt, Recognition] NO_STATUS, RETRY, AdjustFace, COUNTS,
        "More than one face was found.",
        "FaceTrackingFailed";
    FaceNotFrontal "FaceNotFrontal" [Attempt, Recognition] NO_STATUS, RETRY, AdjustFace, COUNTS,
        "The face does not look at the camera.",
        "FaceTrackingFailed";
    FaceTrackingFailed "FaceTrackingFailed" [Attempt, Liveness] NO_STATUS, RETRY, TryAgain, FREE,
        "The face was lost during the capture.",
        "FaceTrackingFailed";
    // The client libraries.
    None "None" [Liveness, Recognition] NO_STATUS, FINAL, Nothing, FREE,
        "There is no error.",
        "None";
    Unexpected "Unexpected" [Liveness] NO_STATUS, RETRY, TryAgain, FREE,
        "Something unforeseen happened in the client.",
        "Unexpected";
    GenericFailure "GenericFailure" [Liveness, Recognition] NO_STATUS, RETRY, TryAgain, FREE,
        "The check failed for no more particular reason.",
        "GenericFailure";
    TimedOut "TimedOut" [Liveness] NO_STATUS, RETRY, TryAgain, FREE,
        "The person did not finish in time.",
        "TimedOut";
    InvalidToken "InvalidToken" [Liveness, Stream] Some(401), FINAL, StartNewSession, FREE,
        "The session token is not valid, or has ended.",
        "InvalidToken";
    CameraPermissionDenied "CameraPermissionDenied" [Liveness] NO_STATUS, RETRY, AllowCamera, FREE,
        "The camera may not be used.",
        "CameraPermissionDenied";
    CameraStartupFailure "CameraStartupFailure" [Liveness] NO_STATUS, RETRY, AllowCamera, FREE,
        "The camera does not start, or gives no frames.",
        "CameraStartupFailure";
    NoFaceDetected "NoFaceDetected" [Liveness] NO_STATUS, RETRY, AdjustFace, FREE,
        "No face came before the camera in time.",
        "NoFaceDetected";
    SmileNotPerformed "SmileNotPerformed" [Liveness] NO_STATUS, RETRY, TryAgain, COUNTS,
        "The person did not smile when asked to.",
        "SmileNotPerformed";
    HeadTurnNotPerformed "HeadTurnNotPerformed" [Liveness] NO_STATUS, RETRY, TryAgain, COUNTS,
        "The person did not turn the head when asked to.",
        "HeadTurnNotPerformed";
    ServerRequestTimedOut "ServerRequestTimedOut" [Liveness] NO_STATUS, RETRY, WaitAndTryAgain, FREE,
        "The service did not answer in time.",
        "ServerRequestTimedOut";
    UserCanceledSession "UserCanceledSession" [Liveness] NO_STATUS, RETRY, Nothing, FREE,
        "The person canceled.",
        "UserCanceledSession";
    UserCanceledActiveMotion "UserCanceledActiveMotion" [Liveness] NO_STATUS, RETRY, Nothing, FREE,
        "The person canceled the movements.",
        "UserCanceledActiveMotion";
    UserCanceledActiveMotionPrompt "UserCanceledActiveMotionPrompt" [Liveness] NO_STATUS, RETRY, Nothing, FREE,
        "The person declined the movements.",
        "UserCanceledActiveMotionPrompt";
    UnexpectedClientError "UnexpectedClientError" [Liveness] NO_STATUS, FINAL, StartNewSession, FREE,
        "The service refused what the client sent.",
        "UnexpectedClientError";
    UnexpectedServerError "UnexpectedServerError" [Liveness] NO_STATUS, RETRY, WaitAndTryAgain, FREE,
        "The service failed.",
        "UnexpectedServerError";
    ClientVersionNotSupported "ClientVersionNotSupported" [Liveness, Stream] Some(426), FINAL, UpdateApp, FREE,
        "The service does not speak the client's version.",
        "ClientVersionNotSupported";
    VerifyImageNotProvided "VerifyImageNotProvided" [Liveness, Stream] Some(400), FINAL, CorrectRequest, FREE,
        "The session compares with a reference image, and there is none.",
        "VerifyImageNotProvided";
    SetVerifyImageNotAllowed "SetVerifyImageNotAllowed" [Liveness, Stream] Some(400), FINAL, CorrectRequest, FREE,
        "The session has its reference image from the app's service.",
        "SetVerifyImageNotAllowed";
    ContentDecodingError "ContentDecodingError" [Recognition] NO_STATUS, FINAL, CorrectRequest, FREE,
        "The reference image cannot be decoded.",
        "UnexpectedClientError";
    ImageSizeIsTooLarge "ImageSizeIsTooLarge" [Recognition] NO_STATUS, FINAL, CorrectRequest, FREE,
        "The reference image is too large.",
        "UnexpectedClientError";
    ImageSizeIsTooSmall "ImageSizeIsTooSmall" [Recognition] NO_STATUS, FINAL, CorrectRequest, FREE,
        "The reference image is too small.",
        "UnexpectedClientError";
    UnsupportedMediaType "UnsupportedMediaType" [Recognition, Http] Some(415), FINAL, CorrectRequest, FREE,
        "The media type is not supported.",
        "UnexpectedClientError";
    // What client libraries find by themselves; they report it beside its `livenessError`.
    BrowserUnsupported "browser_unsupported" [Client] NO_STATUS, FINAL, UpdateApp, FREE,
        "The browser lacks something that the check needs.",
        "ClientVersionNotSupported";
    AssetUnreachable "asset_unreachable" [Client] NO_STATUS, RETRY, WaitAndTryAgain, FREE,
        "A file of the client library cannot be fetched.",
        "Unexpected";
    AssetInvalid "asset_invalid" [Client] NO_STATUS, FINAL, AskOperator, FREE,
        "A file of the client library comes with another type or other content than it should.",
        "Unexpected";
    EngineFailed "engine_failed" [Client] NO_STATUS, RETRY, TryAgain, FREE,
        "The engine of the client library failed.",
        "Unexpected";
    CameraNotFound "camera_not_found" [Client] NO_STATUS, RETRY, AllowCamera, FREE,
        "The device has no camera that can be used.",
        "CameraStartupFailure";
    CameraBusy "camera_busy" [Client] NO_STATUS, RETRY, AllowCamera, FREE,
        "Another program uses the camera.",
        "CameraStartupFailure";
    CameraLost "camera_lost" [Client] NO_STATUS, RETRY, AllowCamera, FREE,
        "The camera was unplugged, or taken away during the capture.",
        "CameraStartupFailure";
}

impl ErrorCode {
    /// The code that is written like this; `None` for one that this version does not know.
    pub fn by_str(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
