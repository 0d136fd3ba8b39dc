//! What a capture begins with, as a page says it.

use serde::Deserialize;
use verilume_capture::StartRequest;
use verilume_protocol::stream::{CameraClaims, DeviceClaims, Facing, PauseReason, RiskHint, SessionToken};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "
/** What a capture begins with. Everything but the token is a claim that nobody has to believe. */
export interface EngineStart {
  token: string;
  device: {
    platform: string;
    system: string;
    model: string;
    sdk: string;
    sdkVersion: string;
    /** Physical pixels; 0 if unknown. */
    screenSizePx: [width: number, height: number];
    /** 0 if unknown. */
    screenRefreshHz: number;
  };
  camera: {
    label: string;
    facing: 'unknown' | 'user' | 'environment' | 'external';
    sizePx: [width: number, height: number];
    /** 0 if unknown. */
    framesPerSecond: number;
    isExposureLocked: boolean;
    isWhiteBalanceLocked: boolean;
  };
  /** Empty leaves it to the service. */
  wantedProfile: string;
  riskHints: ('virtualCameraName' | 'cameraLacksControls' | 'hooked')[];
  deviceCorrelationId: string;
  userCorrelationId: string;
}

/** Why a capture stands still. */
export type EnginePauseReason = 'hidden' | 'user' | 'cameraTaken';
";

/// What a capture begins with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Start {
    token: String,
    device: Device,
    camera: Camera,
    wanted_profile: String,
    risk_hints: Vec<Hint>,
    device_correlation_id: String,
    user_correlation_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    platform: String,
    system: String,
    model: String,
    sdk: String,
    sdk_version: String,
    screen_size_px: (u32, u32),
    screen_refresh_hz: f32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Camera {
    label: String,
    facing: CameraFacing,
    size_px: (u32, u32),
    frames_per_second: f32,
    is_exposure_locked: bool,
    is_white_balance_locked: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum CameraFacing {
    Unknown,
    User,
    Environment,
    External,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Hint {
    VirtualCameraName,
    CameraLacksControls,
    Hooked,
}

/// Why a capture stands still.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Pause {
    Hidden,
    User,
    CameraTaken,
}

impl From<Start> for StartRequest {
    fn from(start: Start) -> Self {
        let Start { device, camera, .. } = start;
        let mut request = Self::new(SessionToken::new(start.token));
        request.device = DeviceClaims {
            platform: device.platform,
            system: device.system,
            model: device.model,
            sdk: device.sdk,
            sdk_version: device.sdk_version,
            screen_size_px: device.screen_size_px,
            screen_refresh_hz: device.screen_refresh_hz,
        };
        request.camera = CameraClaims {
            label: camera.label,
            facing: camera.facing.into(),
            size_px: camera.size_px,
            frames_per_second: camera.frames_per_second,
            is_exposure_locked: camera.is_exposure_locked,
            is_white_balance_locked: camera.is_white_balance_locked,
        };
        request.wanted_profile = start.wanted_profile;
        request.risk_hints = start.risk_hints.into_iter().map(RiskHint::from).collect();
        request.device_correlation_id = start.device_correlation_id;
        request.user_correlation_id = start.user_correlation_id;
        request
    }
}

impl From<CameraFacing> for Facing {
    fn from(facing: CameraFacing) -> Self {
        match facing {
            CameraFacing::Unknown => Self::Unknown,
            CameraFacing::User => Self::User,
            CameraFacing::Environment => Self::Environment,
            CameraFacing::External => Self::External,
        }
    }
}

impl From<Hint> for RiskHint {
    fn from(hint: Hint) -> Self {
        match hint {
            Hint::VirtualCameraName => Self::VirtualCameraName,
            Hint::CameraLacksControls => Self::CameraLacksControls,
            Hint::Hooked => Self::Hooked,
        }
    }
}

impl From<Pause> for PauseReason {
    fn from(pause: Pause) -> Self {
        match pause {
            Pause::Hidden => Self::Hidden,
            Pause::User => Self::User,
            Pause::CameraTaken => Self::CameraTaken,
        }
    }
}
