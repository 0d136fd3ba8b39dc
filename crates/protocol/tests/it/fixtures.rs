//! One message of each kind with every field set, and the bytes that version 1 has for it for ever.

use verilume_frame::Timestamp;
use verilume_protocol::challenge::{FlashProfile, SlotCode, SlotCommitment, SlotReveal};
use verilume_protocol::stream::*;

pub(crate) fn client_messages() -> Vec<(&'static str, ClientMessage)> {
    let micros = Timestamp::from_micros;
    let hello = Hello {
        token: SessionToken::new("e30.e30.c2ln"),
        protocol_version: 1,
        device: DeviceClaims {
            platform: "reference".into(),
            system: "Linux 6".into(),
            model: "bench".into(),
            sdk: "verilume".into(),
            sdk_version: "0.1.0".into(),
            screen_size_px: (1080, 2340),
            screen_refresh_hz: 60.0,
        },
        camera: CameraClaims {
            label: "front".into(),
            facing: Facing::User,
            size_px: (720, 1280),
            frames_per_second: 30.0,
            is_exposure_locked: true,
            is_white_balance_locked: true,
        },
        wanted_profile: "calm".into(),
        low_bandwidth: true,
        risk_hints: vec![RiskHint::VirtualCameraName, RiskHint::Hooked],
        device_correlation_id: "dev-1".into(),
        user_correlation_id: "user-1".into(),
    };
    let frame = Frame {
        sequence: 9,
        captured_at: micros(1_500_000),
        phase: Phase::Slot(3),
        crop_in_image: PixelRect { x: 10, y: 20, width: 300, height: 400 },
        image_size: (480, 640),
        jpeg: JpegBytes::new(vec![0xff, 0xd8, 0xff, 0xd9]),
    };
    let slot_end =
        SlotEnd { slot: 3, shown_at: micros(1_400_000), ended_at: micros(1_730_000), chain_head: [5; 32] };
    vec![
        ("hello", ClientMessage::Hello(Box::new(hello))),
        (
            "attempt_start",
            ClientMessage::AttemptStart(AttemptStart {
                attempt: 2,
                gate_opened_at: micros(900_000),
                looked_for_us: 500_000,
            }),
        ),
        ("frame", ClientMessage::Frame(frame)),
        ("slot_end", ClientMessage::SlotEnd(slot_end)),
        (
            "attempt_end",
            ClientMessage::AttemptEnd(AttemptEnd { attempt: 2, frame_count: 70, chain_head: [6; 32] }),
        ),
        (
            "abort",
            ClientMessage::Abort(Abort { attempt: 2, reason: AbortReason::FaceLost, ends_session: true }),
        ),
        ("pause", ClientMessage::Pause(PauseReason::Hidden)),
        ("resume", ClientMessage::Resume),
        ("prefer", ClientMessage::Prefer("none".into())),
    ]
}

pub(crate) fn server_messages() -> Vec<(&'static str, ServerMessage)> {
    let plan = Plan {
        session_id: "ses-1".into(),
        attempt: 2,
        attempts_left: 3,
        profile: FlashProfile::calm(),
        commitments: (0..12).map(|slot| SlotCommitment::from_bytes([slot; 32])).collect(),
        limits: PlanLimits {
            max_bytes: Some(2_000_000),
            max_frames: Some(120),
            max_frame_bytes: Some(100_000),
            attempt_ms: Some(20_000),
            session_ms: Some(600_000),
        },
        guidance: GuidanceBounds {
            min_face_share: Some(0.25),
            max_face_share: Some(0.75),
            min_face_px: Some(90.0),
            max_off_centre: Some(0.2),
            min_luma: Some(40.0),
            max_luma: Some(220.0),
            max_backlight: Some(2.5),
            hold_ms: Some(1200),
        },
    };
    let reveal = Reveal {
        slot: SlotReveal::new(3, SlotCode::from_bits(0b10_1001), [8; 32]),
        revealed_at_us: 77_000_000,
    };
    let result = AttemptResult {
        attempt: 2,
        outcome: Outcome::TryAgain,
        hint: "EnvironmentNotSupported".into(),
        result_id: "res-1".into(),
        digest: "0123456789ABCDEF".repeat(4),
        attempts_left: 1,
    };
    let problem = ProblemMessage {
        code: "overloaded".into(),
        message: "try later".into(),
        is_retryable: true,
        retry_after_ms: Some(1500),
        counts_as_attempt: true,
    };
    vec![
        ("plan", ServerMessage::Plan(Box::new(plan))),
        ("reveal", ServerMessage::Reveal(reveal)),
        ("attempt_result", ServerMessage::AttemptResult(result)),
        ("error", ServerMessage::Problem(problem)),
    ]
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/capture_v1/{name}.bin", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).expect("every message has a fixture")
}

#[test]
fn the_bytes_of_version_1_still_mean_what_they_did() {
    let limits = DecodeLimits::default();
    for (name, message) in client_messages() {
        let bytes = fixture(name);
        assert_eq!(ClientMessage::decode(&bytes, &limits).unwrap(), message, "{name}");
        assert_eq!(message.encode().as_bytes(), bytes, "{name}");
    }
    for (name, message) in server_messages() {
        let bytes = fixture(name);
        assert_eq!(ServerMessage::decode(&bytes, &limits).unwrap(), message, "{name}");
        assert_eq!(message.encode().as_bytes(), bytes, "{name}");
    }
}
