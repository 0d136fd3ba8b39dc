// Generated from the table in `verilume-protocol`; a test holds this file to it. Not to be changed by hand.

/** What a code means. */
export interface ErrorEntry {
  /** What client libraries report for it. */
  readonly livenessError: LivenessError;
  /** What helps. */
  readonly userAction: UserAction;
  /** Whether the same may work when it is tried again in the same session. */
  readonly retryable: boolean;
  /** Whether it costs an attempt. */
  readonly countsAsAttempt: boolean;
  /** One sentence for developers. */
  readonly message: string;
}

/** What helps. */
export type UserAction =
  | "nothing"
  | "try_again"
  | "wait_and_try_again"
  | "start_new_session"
  | "adjust_face"
  | "change_light"
  | "allow_camera"
  | "update_app"
  | "correct_request"
  | "ask_operator";

/** The `livenessError` of the client libraries. */
export type LivenessError =
  | "FaceWithMaskDetected"
  | "FaceMouthRegionNotVisible"
  | "FaceEyeRegionNotVisible"
  | "ExcessiveImageBlurDetected"
  | "ExcessiveFaceBrightness"
  | "EnvironmentNotSupported"
  | "FaceTrackingFailed"
  | "None"
  | "Unexpected"
  | "GenericFailure"
  | "TimedOut"
  | "InvalidToken"
  | "CameraPermissionDenied"
  | "CameraStartupFailure"
  | "NoFaceDetected"
  | "SmileNotPerformed"
  | "HeadTurnNotPerformed"
  | "ServerRequestTimedOut"
  | "UserCanceledSession"
  | "UserCanceledActiveMotion"
  | "UserCanceledActiveMotionPrompt"
  | "UnexpectedClientError"
  | "UnexpectedServerError"
  | "ClientVersionNotSupported"
  | "VerifyImageNotProvided"
  | "SetVerifyImageNotAllowed";

/** The `recognitionError` of the client libraries. */
export type RecognitionError =
  | "FaceWithMaskDetected"
  | "FaceMouthRegionNotVisible"
  | "FaceEyeRegionNotVisible"
  | "ExcessiveImageBlurDetected"
  | "ExcessiveFaceBrightness"
  | "FaceNotFound"
  | "MultipleFaceFound"
  | "FaceNotFrontal"
  | "None"
  | "GenericFailure"
  | "ContentDecodingError"
  | "ImageSizeIsTooLarge"
  | "ImageSizeIsTooSmall"
  | "UnsupportedMediaType";

/** Every code that a client can meet. */
export const ERROR_CODES = {
  "message_too_large": {
    livenessError: "UnexpectedClientError",
    userAction: "correct_request",
    retryable: false,
    countsAsAttempt: false,
    message: "A message or a part of it is over its bound.",
  },
  "message_invalid": {
    livenessError: "UnexpectedClientError",
    userAction: "correct_request",
    retryable: false,
    countsAsAttempt: false,
    message: "The bytes are no message of the capture stream, or a field has a value that it cannot have.",
  },
  "message_unexpected": {
    livenessError: "UnexpectedClientError",
    userAction: "correct_request",
    retryable: false,
    countsAsAttempt: false,
    message: "A message of this kind cannot come now.",
  },
  "frame_out_of_order": {
    livenessError: "UnexpectedClientError",
    userAction: "start_new_session",
    retryable: false,
    countsAsAttempt: true,
    message: "A frame's number or time does not follow the one before it.",
  },
  "frame_undecodable": {
    livenessError: "UnexpectedClientError",
    userAction: "correct_request",
    retryable: false,
    countsAsAttempt: true,
    message: "A frame is no JPEG, or not of the size that it claims.",
  },
  "slot_not_revealed": {
    livenessError: "UnexpectedClientError",
    userAction: "start_new_session",
    retryable: false,
    countsAsAttempt: true,
    message: "A frame or a slot's end came for a slot that is not on the screen.",
  },
  "chain_mismatch": {
    livenessError: "UnexpectedClientError",
    userAction: "start_new_session",
    retryable: false,
    countsAsAttempt: true,
    message: "A hash is not that of the frames that were sent in this attempt.",
  },
  "budget_exceeded": {
    livenessError: "UnexpectedClientError",
    userAction: "start_new_session",
    retryable: false,
    countsAsAttempt: true,
    message: "More bytes or frames were sent than the plan allows.",
  },
  "token_used": {
    livenessError: "UnexpectedClientError",
    userAction: "start_new_session",
    retryable: false,
    countsAsAttempt: false,
    message: "Another stream uses this token, or has used it.",
  },
  "session_expired": {
    livenessError: "InvalidToken",
    userAction: "start_new_session",
    retryable: false,
    countsAsAttempt: false,
    message: "The session has ended by time.",
  },
  "client_address_unexpected": {
    livenessError: "UnexpectedClientError",
    userAction: "start_new_session",
    retryable: false,
    countsAsAttempt: false,
    message: "The client does not connect from where the app server expects it.",
  },
  "attempts_exhausted": {
    livenessError: "UnexpectedClientError",
    userAction: "start_new_session",
    retryable: false,
    countsAsAttempt: false,
    message: "The session allows no further attempt.",
  },
  "attempt_timed_out": {
    livenessError: "TimedOut",
    userAction: "try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "The attempt took longer than the plan allows.",
  },
  "stream_idle": {
    livenessError: "TimedOut",
    userAction: "try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "Nothing came over the stream for too long.",
  },
  "interrupted": {
    livenessError: "FaceTrackingFailed",
    userAction: "try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "The capture was interrupted before it was whole.",
  },
  "overloaded": {
    livenessError: "UnexpectedServerError",
    userAction: "wait_and_try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "The service has as much to do as it can; try again after the time it gives.",
  },
  "reveal_late": {
    livenessError: "ServerRequestTimedOut",
    userAction: "try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "The service did not reveal a slot in time.",
  },
  "server_silent": {
    livenessError: "ServerRequestTimedOut",
    userAction: "try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "The service did not answer in time.",
  },
  "connection_lost": {
    livenessError: "UnexpectedServerError",
    userAction: "try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "The connection to the service was lost.",
  },
  "challenge_mismatch": {
    livenessError: "UnexpectedServerError",
    userAction: "ask_operator",
    retryable: false,
    countsAsAttempt: false,
    message: "A revealed slot is not what the service had committed to.",
  },
  "digest_mismatch": {
    livenessError: "UnexpectedServerError",
    userAction: "ask_operator",
    retryable: false,
    countsAsAttempt: false,
    message: "Client and service do not have the same transcript of the attempt.",
  },
  "server_message_invalid": {
    livenessError: "UnexpectedServerError",
    userAction: "ask_operator",
    retryable: false,
    countsAsAttempt: false,
    message: "The service sent what does not follow the protocol.",
  },
  "screen_stalled": {
    livenessError: "TimedOut",
    userAction: "try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "The screen did not show a colour in time.",
  },
  "camera_stalled": {
    livenessError: "CameraStartupFailure",
    userAction: "allow_camera",
    retryable: true,
    countsAsAttempt: false,
    message: "The camera gave no frames in time.",
  },
  "flashes_required": {
    livenessError: "UnexpectedClientError",
    userAction: "try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "The service does no checks without flashes.",
  },
  "InvalidDeviceCorrelationId": {
    livenessError: "UnexpectedClientError",
    userAction: "correct_request",
    retryable: false,
    countsAsAttempt: false,
    message: "A device correlation ID is required in the request body during session create or session start. Must not be null or empty, and be no more than 64 characters.",
  },
  "SessionNotFound": {
    livenessError: "InvalidToken",
    userAction: "start_new_session",
    retryable: false,
    countsAsAttempt: false,
    message: "Session ID is not found. The session ID is expired or does not exist.",
  },
  "ConcurrentOperationConflict": {
    livenessError: "UnexpectedClientError",
    userAction: "wait_and_try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "There is a conflict operation on the resource, please try later.",
  },
  "429": {
    livenessError: "UnexpectedClientError",
    userAction: "wait_and_try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "Rate limit is exceeded.",
  },
  "Unspecified": {
    livenessError: "UnexpectedServerError",
    userAction: "ask_operator",
    retryable: true,
    countsAsAttempt: false,
    message: "Internal server error.",
  },
  "FaceWithMaskDetected": {
    livenessError: "FaceWithMaskDetected",
    userAction: "adjust_face",
    retryable: true,
    countsAsAttempt: true,
    message: "Mask detected on face image.",
  },
  "FaceMouthRegionNotVisible": {
    livenessError: "FaceMouthRegionNotVisible",
    userAction: "adjust_face",
    retryable: true,
    countsAsAttempt: true,
    message: "The mouth cannot be seen.",
  },
  "FaceEyeRegionNotVisible": {
    livenessError: "FaceEyeRegionNotVisible",
    userAction: "adjust_face",
    retryable: true,
    countsAsAttempt: true,
    message: "The eyes cannot be seen.",
  },
  "ExcessiveImageBlurDetected": {
    livenessError: "ExcessiveImageBlurDetected",
    userAction: "adjust_face",
    retryable: true,
    countsAsAttempt: true,
    message: "The face is blurred.",
  },
  "ExcessiveFaceBrightness": {
    livenessError: "ExcessiveFaceBrightness",
    userAction: "change_light",
    retryable: true,
    countsAsAttempt: true,
    message: "The face is too bright.",
  },
  "EnvironmentNotSupported": {
    livenessError: "EnvironmentNotSupported",
    userAction: "change_light",
    retryable: true,
    countsAsAttempt: false,
    message: "The surroundings are too bright, or the screen too dim, for the light on the face to be seen.",
  },
  "FaceNotFound": {
    livenessError: "NoFaceDetected",
    userAction: "adjust_face",
    retryable: true,
    countsAsAttempt: true,
    message: "No face was found.",
  },
  "MultipleFaceFound": {
    livenessError: "FaceTrackingFailed",
    userAction: "adjust_face",
    retryable: true,
    countsAsAttempt: true,
    message: "More than one face was found.",
  },
  "FaceNotFrontal": {
    livenessError: "FaceTrackingFailed",
    userAction: "adjust_face",
    retryable: true,
    countsAsAttempt: true,
    message: "The face does not look at the camera.",
  },
  "FaceTrackingFailed": {
    livenessError: "FaceTrackingFailed",
    userAction: "try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "The face was lost during the capture.",
  },
  "None": {
    livenessError: "None",
    userAction: "nothing",
    retryable: false,
    countsAsAttempt: false,
    message: "There is no error.",
  },
  "Unexpected": {
    livenessError: "Unexpected",
    userAction: "try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "Something unforeseen happened in the client.",
  },
  "GenericFailure": {
    livenessError: "GenericFailure",
    userAction: "try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "The check failed for no more particular reason.",
  },
  "TimedOut": {
    livenessError: "TimedOut",
    userAction: "try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "The person did not finish in time.",
  },
  "InvalidToken": {
    livenessError: "InvalidToken",
    userAction: "start_new_session",
    retryable: false,
    countsAsAttempt: false,
    message: "The session token is not valid, or has ended.",
  },
  "CameraPermissionDenied": {
    livenessError: "CameraPermissionDenied",
    userAction: "allow_camera",
    retryable: true,
    countsAsAttempt: false,
    message: "The camera may not be used.",
  },
  "CameraStartupFailure": {
    livenessError: "CameraStartupFailure",
    userAction: "allow_camera",
    retryable: true,
    countsAsAttempt: false,
    message: "The camera does not start, or gives no frames.",
  },
  "NoFaceDetected": {
    livenessError: "NoFaceDetected",
    userAction: "adjust_face",
    retryable: true,
    countsAsAttempt: false,
    message: "No face came before the camera in time.",
  },
  "SmileNotPerformed": {
    livenessError: "SmileNotPerformed",
    userAction: "try_again",
    retryable: true,
    countsAsAttempt: true,
    message: "The person did not smile when asked to.",
  },
  "HeadTurnNotPerformed": {
    livenessError: "HeadTurnNotPerformed",
    userAction: "try_again",
    retryable: true,
    countsAsAttempt: true,
    message: "The person did not turn the head when asked to.",
  },
  "ServerRequestTimedOut": {
    livenessError: "ServerRequestTimedOut",
    userAction: "wait_and_try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "The service did not answer in time.",
  },
  "UserCanceledSession": {
    livenessError: "UserCanceledSession",
    userAction: "nothing",
    retryable: true,
    countsAsAttempt: false,
    message: "The person canceled.",
  },
  "UserCanceledActiveMotion": {
    livenessError: "UserCanceledActiveMotion",
    userAction: "nothing",
    retryable: true,
    countsAsAttempt: false,
    message: "The person canceled the movements.",
  },
  "UserCanceledActiveMotionPrompt": {
    livenessError: "UserCanceledActiveMotionPrompt",
    userAction: "nothing",
    retryable: true,
    countsAsAttempt: false,
    message: "The person declined the movements.",
  },
  "UnexpectedClientError": {
    livenessError: "UnexpectedClientError",
    userAction: "start_new_session",
    retryable: false,
    countsAsAttempt: false,
    message: "The service refused what the client sent.",
  },
  "UnexpectedServerError": {
    livenessError: "UnexpectedServerError",
    userAction: "wait_and_try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "The service failed.",
  },
  "ClientVersionNotSupported": {
    livenessError: "ClientVersionNotSupported",
    userAction: "update_app",
    retryable: false,
    countsAsAttempt: false,
    message: "The service does not speak the client's version.",
  },
  "VerifyImageNotProvided": {
    livenessError: "VerifyImageNotProvided",
    userAction: "correct_request",
    retryable: false,
    countsAsAttempt: false,
    message: "The session compares with a reference image, and there is none.",
  },
  "SetVerifyImageNotAllowed": {
    livenessError: "SetVerifyImageNotAllowed",
    userAction: "correct_request",
    retryable: false,
    countsAsAttempt: false,
    message: "The session has its reference image from the app's service.",
  },
  "ContentDecodingError": {
    livenessError: "UnexpectedClientError",
    userAction: "correct_request",
    retryable: false,
    countsAsAttempt: false,
    message: "The reference image cannot be decoded.",
  },
  "ImageSizeIsTooLarge": {
    livenessError: "UnexpectedClientError",
    userAction: "correct_request",
    retryable: false,
    countsAsAttempt: false,
    message: "The reference image is too large.",
  },
  "ImageSizeIsTooSmall": {
    livenessError: "UnexpectedClientError",
    userAction: "correct_request",
    retryable: false,
    countsAsAttempt: false,
    message: "The reference image is too small.",
  },
  "UnsupportedMediaType": {
    livenessError: "UnexpectedClientError",
    userAction: "correct_request",
    retryable: false,
    countsAsAttempt: false,
    message: "The media type is not supported.",
  },
  "browser_unsupported": {
    livenessError: "ClientVersionNotSupported",
    userAction: "update_app",
    retryable: false,
    countsAsAttempt: false,
    message: "The browser lacks something that the check needs.",
  },
  "asset_unreachable": {
    livenessError: "Unexpected",
    userAction: "wait_and_try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "A file of the client library cannot be fetched.",
  },
  "asset_invalid": {
    livenessError: "Unexpected",
    userAction: "ask_operator",
    retryable: false,
    countsAsAttempt: false,
    message: "A file of the client library comes with another type or other content than it should.",
  },
  "engine_failed": {
    livenessError: "Unexpected",
    userAction: "try_again",
    retryable: true,
    countsAsAttempt: false,
    message: "The engine of the client library failed.",
  },
  "camera_not_found": {
    livenessError: "CameraStartupFailure",
    userAction: "allow_camera",
    retryable: true,
    countsAsAttempt: false,
    message: "The device has no camera that can be used.",
  },
  "camera_busy": {
    livenessError: "CameraStartupFailure",
    userAction: "allow_camera",
    retryable: true,
    countsAsAttempt: false,
    message: "Another program uses the camera.",
  },
  "camera_lost": {
    livenessError: "CameraStartupFailure",
    userAction: "allow_camera",
    retryable: true,
    countsAsAttempt: false,
    message: "The camera was unplugged, or taken away during the capture.",
  },
} as const satisfies Record<string, ErrorEntry>;

/** A code of the table. */
export type ErrorCode = keyof typeof ERROR_CODES;
