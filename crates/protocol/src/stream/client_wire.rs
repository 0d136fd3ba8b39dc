//! Client messages to bytes and back.

use prost::Message as _;
use verilume_frame::Timestamp;

use super::check::{self, DecodeLimits, MAX_CORRELATION_CHARS, MAX_LIST, MAX_TEXT_CHARS, MAX_TOKEN_BYTES};
use super::wire::{self, client_message::Kind};
use super::{
    Abort, AbortReason, AttemptEnd, AttemptStart, CameraClaims, ClientMessage, DeviceClaims, Facing, Frame,
    Hello, JpegBytes, MessageBytes, PROTOCOL_VERSION, PauseReason, Phase, PixelRect, RiskHint, SessionToken,
    SlotEnd, StreamError, StreamErrorKind,
};

impl ClientMessage {
    /// The message as bytes.
    pub fn encode(&self) -> MessageBytes {
        let kind = match self {
            Self::Hello(hello) => Some(Kind::Hello(wire_hello(hello))),
            Self::AttemptStart(start) => Some(Kind::AttemptStart(wire::AttemptStart {
                attempt: start.attempt,
                gate_opened_at_us: start.gate_opened_at.as_micros(),
                looked_for_us: start.looked_for_us,
            })),
            Self::Frame(frame) => Some(Kind::Frame(wire_frame(frame))),
            Self::SlotEnd(end) => Some(Kind::SlotEnd(wire::SlotEnd {
                slot: end.slot,
                shown_at_us: end.shown_at.as_micros(),
                ended_at_us: end.ended_at.as_micros(),
                chain_head: end.chain_head.to_vec(),
            })),
            Self::AttemptEnd(end) => Some(Kind::AttemptEnd(wire::AttemptEnd {
                attempt: end.attempt,
                frame_count: end.frame_count,
                chain_head: end.chain_head.to_vec(),
            })),
            Self::Abort(abort) => Some(Kind::Abort(wire::Abort {
                attempt: abort.attempt,
                reason: wire_abort_reason(abort.reason).into(),
                ends_session: abort.ends_session,
            })),
            Self::Pause(reason) => {
                Some(Kind::Pause(wire::Pause { reason: wire_pause_reason(*reason).into() }))
            }
            Self::Resume => Some(Kind::Resume(wire::Resume {})),
            Self::Prefer(profile) => Some(Kind::Prefer(wire::Prefer { wanted_profile: profile.clone() })),
            Self::Unknown => None,
        };
        let mut message = wire::ClientMessage { kind };
        let bytes = message.encode_to_vec();
        wipe(&mut message);
        MessageBytes::new(bytes)
    }

    /// Reads one message. Bytes within the limits never panic and cost memory of the order of their number.
    pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Self, StreamError> {
        limits.check_message(bytes)?;
        let message = wire::ClientMessage::decode(bytes).map_err(StreamError::malformed)?;
        let Some(kind) = message.kind else { return Ok(Self::Unknown) };
        Ok(match kind {
            Kind::Hello(hello) => Self::Hello(Box::new(checked_hello(hello)?)),
            Kind::AttemptStart(start) => Self::AttemptStart(AttemptStart {
                attempt: start.attempt,
                gate_opened_at: Timestamp::from_micros(start.gate_opened_at_us),
                looked_for_us: start.looked_for_us,
            }),
            Kind::Frame(frame) => Self::Frame(checked_frame(frame, limits)?),
            Kind::SlotEnd(end) => {
                let (shown_at, ended_at) = check::ordered("a slot", end.shown_at_us, end.ended_at_us)?;
                let chain_head = check::hash("the chain's head", &end.chain_head)?;
                Self::SlotEnd(SlotEnd { slot: check::slot(end.slot)?, shown_at, ended_at, chain_head })
            }
            Kind::AttemptEnd(end) => Self::AttemptEnd(AttemptEnd {
                attempt: end.attempt,
                frame_count: end.frame_count,
                chain_head: check::hash("the chain's head", &end.chain_head)?,
            }),
            Kind::Abort(abort) => Self::Abort(Abort {
                attempt: abort.attempt,
                reason: abort_reason(abort.reason()),
                ends_session: abort.ends_session,
            }),
            Kind::Pause(pause) => Self::Pause(pause_reason(pause.reason())),
            Kind::Resume(_) => Self::Resume,
            Kind::Prefer(prefer) => {
                Self::Prefer(check::text("the wanted profile", prefer.wanted_profile, MAX_TEXT_CHARS)?)
            }
        })
    }
}

/// Wipes what the schema's own types do not wipe.
fn wipe(message: &mut wire::ClientMessage) {
    use zeroize::Zeroize as _;
    match &mut message.kind {
        Some(Kind::Frame(frame)) => frame.jpeg.zeroize(),
        Some(Kind::Hello(hello)) => hello.token.zeroize(),
        _ => {}
    }
}

fn wire_hello(hello: &Hello) -> wire::Hello {
    let (device, camera) = (&hello.device, &hello.camera);
    wire::Hello {
        token: hello.token.as_str().to_owned(),
        protocol_version: hello.protocol_version,
        device: Some(wire::Device {
            platform: device.platform.clone(),
            system: device.system.clone(),
            model: device.model.clone(),
            sdk: device.sdk.clone(),
            sdk_version: device.sdk_version.clone(),
            screen_width_px: device.screen_size_px.0,
            screen_height_px: device.screen_size_px.1,
            screen_refresh_hz: device.screen_refresh_hz,
        }),
        camera: Some(wire::Camera {
            label: camera.label.clone(),
            facing: wire_facing(camera.facing).into(),
            width_px: camera.size_px.0,
            height_px: camera.size_px.1,
            frames_per_second: camera.frames_per_second,
            exposure_locked: camera.is_exposure_locked,
            white_balance_locked: camera.is_white_balance_locked,
        }),
        wanted_profile: hello.wanted_profile.clone(),
        low_bandwidth: hello.low_bandwidth,
        risk_hints: hello.risk_hints.iter().map(|hint| wire_risk_hint(*hint).into()).collect(),
        device_correlation_id: hello.device_correlation_id.clone(),
        user_correlation_id: hello.user_correlation_id.clone(),
    }
}

fn checked_hello(hello: wire::Hello) -> Result<Hello, StreamError> {
    let token = SessionToken::new(hello.token);
    check::at_most("the token", token.as_str().len(), MAX_TOKEN_BYTES)?;
    if token.as_str().is_empty() {
        return Err(StreamError::missing("the token"));
    }
    if hello.protocol_version < PROTOCOL_VERSION {
        let context = format!("version {} of the stream is not spoken here", hello.protocol_version);
        return Err(StreamError::new(StreamErrorKind::VersionUnsupported, context));
    }
    check::at_most("the list of hints", hello.risk_hints.len(), MAX_LIST)?;
    let mut risk_hints: Vec<RiskHint> = hello
        .risk_hints
        .into_iter()
        .filter_map(|hint| wire::RiskHint::try_from(hint).ok().and_then(risk_hint))
        .collect();
    risk_hints.sort_unstable();
    risk_hints.dedup();
    let correlation = |what: &str, id: String| check::text(what, id, MAX_CORRELATION_CHARS);
    Ok(Hello {
        token,
        protocol_version: hello.protocol_version,
        device: checked_device(hello.device.unwrap_or_default())?,
        camera: checked_camera(hello.camera.unwrap_or_default())?,
        wanted_profile: check::text("the wanted profile", hello.wanted_profile, MAX_TEXT_CHARS)?,
        low_bandwidth: hello.low_bandwidth,
        risk_hints,
        device_correlation_id: correlation("the device's identifier", hello.device_correlation_id)?,
        user_correlation_id: correlation("the person's identifier", hello.user_correlation_id)?,
    })
}

fn checked_device(device: wire::Device) -> Result<DeviceClaims, StreamError> {
    let text = |what: &str, text: String| check::text(what, text, MAX_TEXT_CHARS);
    Ok(DeviceClaims {
        platform: text("the platform", device.platform)?,
        system: text("the system", device.system)?,
        model: text("the model", device.model)?,
        sdk: text("the library", device.sdk)?,
        sdk_version: text("the library's version", device.sdk_version)?,
        screen_size_px: (device.screen_width_px, device.screen_height_px),
        screen_refresh_hz: check::amount("the refresh rate", device.screen_refresh_hz)?,
    })
}

fn checked_camera(camera: wire::Camera) -> Result<CameraClaims, StreamError> {
    let facing = facing(camera.facing());
    Ok(CameraClaims {
        label: check::text("the camera's name", camera.label, MAX_TEXT_CHARS)?,
        facing,
        size_px: (camera.width_px, camera.height_px),
        frames_per_second: check::amount("the frame rate", camera.frames_per_second)?,
        is_exposure_locked: camera.exposure_locked,
        is_white_balance_locked: camera.white_balance_locked,
    })
}

fn wire_frame(frame: &Frame) -> wire::Frame {
    let (phase, slot) = match frame.phase {
        Phase::Hold => (wire::Phase::Hold, 0),
        Phase::Slot(slot) => (wire::Phase::Slot, slot),
        Phase::Tail => (wire::Phase::Tail, 0),
    };
    let PixelRect { x, y, width, height } = frame.crop_in_image;
    wire::Frame {
        sequence: frame.sequence,
        captured_at_us: frame.captured_at.as_micros(),
        phase: phase.into(),
        slot,
        crop: Some(wire::Rectangle { x, y, width, height }),
        image_width_px: frame.image_size.0,
        image_height_px: frame.image_size.1,
        jpeg: frame.jpeg.as_bytes().to_vec(),
    }
}

fn checked_frame(frame: wire::Frame, limits: &DecodeLimits) -> Result<Frame, StreamError> {
    let phase = frame.phase();
    let jpeg = JpegBytes::new(frame.jpeg);
    check::at_most("a frame", jpeg.as_bytes().len(), limits.max_frame_bytes)?;
    if jpeg.as_bytes().is_empty() {
        return Err(StreamError::missing("the JPEG"));
    }
    let phase = match phase {
        wire::Phase::Hold => Phase::Hold,
        wire::Phase::Slot => Phase::Slot(check::slot(frame.slot)?),
        wire::Phase::Tail => Phase::Tail,
        wire::Phase::Unspecified => return Err(StreamError::missing("the phase")),
    };
    let wire::Rectangle { x, y, width, height } =
        frame.crop.ok_or_else(|| StreamError::missing("the crop"))?;
    let crop_in_image = PixelRect { x, y, width, height };
    let image_size = (frame.image_width_px, frame.image_height_px);
    check::crop(crop_in_image, image_size)?;
    let captured_at = Timestamp::from_micros(frame.captured_at_us);
    Ok(Frame { sequence: frame.sequence, captured_at, phase, crop_in_image, image_size, jpeg })
}

fn wire_facing(facing: Facing) -> wire::Facing {
    match facing {
        Facing::Unknown => wire::Facing::Unspecified,
        Facing::User => wire::Facing::User,
        Facing::Environment => wire::Facing::Environment,
        Facing::External => wire::Facing::External,
    }
}

fn facing(facing: wire::Facing) -> Facing {
    match facing {
        wire::Facing::Unspecified => Facing::Unknown,
        wire::Facing::User => Facing::User,
        wire::Facing::Environment => Facing::Environment,
        wire::Facing::External => Facing::External,
    }
}

fn wire_risk_hint(hint: RiskHint) -> wire::RiskHint {
    match hint {
        RiskHint::VirtualCameraName => wire::RiskHint::VirtualCameraName,
        RiskHint::CameraLacksControls => wire::RiskHint::CameraLacksControls,
        RiskHint::Emulator => wire::RiskHint::Emulator,
        RiskHint::Debugger => wire::RiskHint::Debugger,
        RiskHint::Rooted => wire::RiskHint::Rooted,
        RiskHint::Hooked => wire::RiskHint::Hooked,
    }
}

fn risk_hint(hint: wire::RiskHint) -> Option<RiskHint> {
    Some(match hint {
        wire::RiskHint::Unspecified => return None,
        wire::RiskHint::VirtualCameraName => RiskHint::VirtualCameraName,
        wire::RiskHint::CameraLacksControls => RiskHint::CameraLacksControls,
        wire::RiskHint::Emulator => RiskHint::Emulator,
        wire::RiskHint::Debugger => RiskHint::Debugger,
        wire::RiskHint::Rooted => RiskHint::Rooted,
        wire::RiskHint::Hooked => RiskHint::Hooked,
    })
}

fn wire_abort_reason(reason: AbortReason) -> wire::AbortReason {
    match reason {
        AbortReason::Unknown => wire::AbortReason::Unspecified,
        AbortReason::UserCanceled => wire::AbortReason::UserCanceled,
        AbortReason::FaceLost => wire::AbortReason::FaceLost,
        AbortReason::SeveralFaces => wire::AbortReason::SeveralFaces,
        AbortReason::Moved => wire::AbortReason::Moved,
        AbortReason::TimedOut => wire::AbortReason::TimedOut,
        AbortReason::ScreenStalled => wire::AbortReason::ScreenStalled,
        AbortReason::CameraStalled => wire::AbortReason::CameraStalled,
        AbortReason::RevealLate => wire::AbortReason::RevealLate,
        AbortReason::Protocol => wire::AbortReason::Protocol,
    }
}

fn abort_reason(reason: wire::AbortReason) -> AbortReason {
    match reason {
        wire::AbortReason::Unspecified => AbortReason::Unknown,
        wire::AbortReason::UserCanceled => AbortReason::UserCanceled,
        wire::AbortReason::FaceLost => AbortReason::FaceLost,
        wire::AbortReason::SeveralFaces => AbortReason::SeveralFaces,
        wire::AbortReason::Moved => AbortReason::Moved,
        wire::AbortReason::TimedOut => AbortReason::TimedOut,
        wire::AbortReason::ScreenStalled => AbortReason::ScreenStalled,
        wire::AbortReason::CameraStalled => AbortReason::CameraStalled,
        wire::AbortReason::RevealLate => AbortReason::RevealLate,
        wire::AbortReason::Protocol => AbortReason::Protocol,
    }
}

fn wire_pause_reason(reason: PauseReason) -> wire::PauseReason {
    match reason {
        PauseReason::Unknown => wire::PauseReason::Unspecified,
        PauseReason::Hidden => wire::PauseReason::Hidden,
        PauseReason::User => wire::PauseReason::User,
        PauseReason::CameraTaken => wire::PauseReason::CameraTaken,
    }
}

fn pause_reason(reason: wire::PauseReason) -> PauseReason {
    match reason {
        wire::PauseReason::Unspecified => PauseReason::Unknown,
        wire::PauseReason::Hidden => PauseReason::Hidden,
        wire::PauseReason::User => PauseReason::User,
        wire::PauseReason::CameraTaken => PauseReason::CameraTaken,
    }
}
