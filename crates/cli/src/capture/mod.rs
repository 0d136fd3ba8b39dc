//! `verilume capture`: the reference device, a real client of the capture stream with a camera that is none.

mod camera;
mod connection;
mod device;

use std::sync::Arc;

use verilume_capture::{CaptureConfig, CaptureState, StartRequest, Urgency};
use verilume_infer::{DetectorRange, Engine, face_models};
use verilume_protocol::stream::{DeviceClaims, SessionToken};
use verilume_vision::{FaceTracker, TrackerConfig};

use crate::args::CaptureArgs;
use crate::failure::{Exit, Failure};
use crate::{assets, out, simulate};
use camera::Camera;
pub(crate) use camera::CameraSpec;
use connection::Connection;
use device::{Device, Progress, Summary};

pub(crate) fn run(args: &CaptureArgs) -> Result<(), Failure> {
    capture(args).map_err(|failure| failure.told_as_json(args.json))
}

fn capture(args: &CaptureArgs) -> Result<(), Failure> {
    let models = face_models(&Engine::rten(), &assets::weights(&args.assets)?, DetectorRange::Full)?;
    let tracker = FaceTracker::new(Arc::new(models), TrackerConfig::default());
    let camera = match &args.camera {
        CameraSpec::Simulated(spec) => Camera::simulated(&simulate::heads(&args.assets)?, spec),
        CameraSpec::Video(path) => Camera::video(path)?,
    };
    let connection = Connection::open(&args.server)?;
    let config = if args.low_bandwidth { CaptureConfig::low_bandwidth() } else { CaptureConfig::default() };
    let mut watch = |progress| tell(&progress, args.json);
    let summary = Device::new(config, camera, tracker, connection, &mut watch).run(&request(args))?;
    report(args, &summary)
}

fn request(args: &CaptureArgs) -> StartRequest {
    let mut request = StartRequest::new(SessionToken::new(args.token.clone()));
    request.device = DeviceClaims {
        platform: "reference".to_owned(),
        system: std::env::consts::OS.to_owned(),
        sdk: "verilume".to_owned(),
        sdk_version: env!("CARGO_PKG_VERSION").to_owned(),
        ..DeviceClaims::default()
    };
    request
}

/// Says what happens, for a person.
fn tell(progress: &Progress, json: bool) {
    if json {
        return;
    }
    match progress {
        Progress::State(state) => eprintln!("{}", in_words(*state)),
        Progress::Guidance(hint) => {
            let again = if hint.urgency == Urgency::Escalated { ", still" } else { "" };
            eprintln!("  {}{again}", hint.code.code().replace('_', " "));
        }
        Progress::TryAgain { hint, attempts_left } => {
            eprintln!("try again, {attempts_left} left: {}", hint.unwrap_or("the service did not say why"));
        }
    }
}

fn in_words(state: CaptureState) -> &'static str {
    match state {
        CaptureState::Connecting => "asking the service for a plan",
        CaptureState::Align => "waiting for a person who looks at the camera",
        CaptureState::Hold => "hold still",
        CaptureState::Flash => "the screen shows its colours",
        CaptureState::Tail => "almost done",
        CaptureState::Checking => "the service decides",
        CaptureState::Retry => "another attempt",
        CaptureState::Replanning => "asking for another plan",
        CaptureState::Paused => "paused",
        _ => "done",
    }
}

fn report(args: &CaptureArgs, summary: &Summary) -> Result<(), Failure> {
    if let Some(code) = &summary.error {
        return Err(Failure::new(
            Exit::NotFinished,
            "capture_failed",
            format!("the capture ended with {code}"),
            "docs/reference/error-codes.md says what it means and what helps",
        ));
    }
    if args.json {
        let text = serde_json::to_string_pretty(summary).expect("a summary has only plain fields");
        out::print(&format!("{text}\n"));
    } else {
        out::print(&format!(
            "{}: result {}, digest {}\n{} frames seen, {} kB sent in {:.1} s\n",
            summary.terminal,
            summary.result_id.as_deref().unwrap_or("-"),
            summary.digest.as_deref().unwrap_or("-"),
            summary.frames_seen,
            summary.bytes_sent / 1000,
            summary.took_ms as f64 / 1e3,
        ));
    }
    Ok(())
}
