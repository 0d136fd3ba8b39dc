//! `verilume capture`: the reference device, a real client of the capture stream with a camera that is none.

mod app_server;
mod camera;
mod connection;
mod device;
mod human;

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use verilume_capture::{CaptureConfig, StartRequest};
use verilume_infer::{DetectorRange, Engine, face_models};
use verilume_protocol::stream::{DeviceClaims, SessionToken};
use verilume_vision::models::FaceModels;
use verilume_vision::{FaceTracker, TrackerConfig};

use crate::args::{AssetsArgs, CaptureArgs};
use crate::failure::{Exit, Failure};
use crate::tls::Trust;
use crate::{assets, out, simulate};
pub(crate) use app_server::AppServer;
use camera::Camera;
pub(crate) use camera::CameraSpec;
use connection::Connection;
pub(crate) use device::Summary;
use device::{Device, Progress};

/// The largest reference image, bytes. Origin: the contract.
const LARGEST_REFERENCE: u64 = 6 << 20;

/// What a capture came to, for the device and for the app server.
#[derive(Debug, Serialize)]
struct Outcome {
    #[serde(flatten)]
    device: Summary,
    /// What the app server reads of the session; only with a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Value>,
}

pub(crate) fn run(args: &CaptureArgs) -> Result<(), Failure> {
    let outcome = capture(args).map_err(|failure| failure.told_as_json(args.json))?;
    if args.json {
        let text = serde_json::to_string_pretty(&outcome).expect("an outcome has only plain fields");
        out::print(&format!("{text}\n"));
    }
    if let Some(code) = &outcome.device.error {
        return Err(Failure::new(
            Exit::NotFinished,
            "capture_failed",
            format!("the capture ended with {code}"),
            "docs/reference/error-codes.md says what it means and what helps",
        ));
    }
    if !args.json {
        out::print(&human::describe(&outcome));
    }
    Ok(())
}

fn capture(args: &CaptureArgs) -> Result<Outcome, Failure> {
    let models = models(&args.assets)?;
    let camera = camera(&args.camera, &args.assets)?;
    let trust = Trust::of(&args.server, args.ca.as_ref())?;
    let app = args.pass.key.as_ref().map(|key| AppServer::new(&args.server, key, &trust));
    let reference = args.reference.as_deref().map(read_reference).transpose()?;
    let created = app.as_ref().map(|app| app.create(reference.as_deref())).transpose()?;
    let token = created.as_ref().map(|session| &session.token).or(args.pass.token.as_ref());
    let config = if args.low_bandwidth { CaptureConfig::low_bandwidth() } else { CaptureConfig::default() };
    let connection = Connection::open(&args.server, &trust)?;
    let mut watch = |progress| {
        if !args.json {
            human::tell(&progress);
        }
    };
    let device = Device::new(config, camera, tracker(&models), connection, &mut watch);
    let device = device.run(&request(token.map_or("", String::as_str)))?;
    let session = app.zip(created).map(|(app, session)| app.evidence(&session.id)).transpose()?;
    Ok(Outcome { device, session })
}

/// The picture of the person who is expected.
fn read_reference(file: &Path) -> Result<Vec<u8>, Failure> {
    let refused = |problem: String| {
        let hint = "name a JPEG, PNG, GIF, BMP or WebP of 1 KB to 6 MB with one face in it";
        Failure::new(Exit::Input, "reference_unusable", format!("{}: {problem}", file.display()), hint)
    };
    let bytes = std::fs::metadata(file).map_err(|error| refused(error.to_string()))?.len();
    if bytes > LARGEST_REFERENCE {
        return Err(refused(format!("{bytes} bytes are more than the service takes")));
    }
    std::fs::read(file).map_err(|error| refused(error.to_string()))
}

/// One whole session with a simulated camera: created, captured, and read as the app server does.
pub(crate) fn trial(
    server: &str,
    key: &str,
    camera: Camera,
    models: &Arc<FaceModels>,
) -> Result<(Summary, Value), Failure> {
    let trust = Trust::of(server, None)?;
    let app = AppServer::new(server, key, &trust);
    let created = app.create(None)?;
    let connection = Connection::open(server, &trust)?;
    let mut watch = |_progress| ();
    let device = Device::new(CaptureConfig::default(), camera, tracker(models), connection, &mut watch);
    let summary = device.run(&request(&created.token))?;
    Ok((summary, app.evidence(&created.id)?))
}

/// The networks of the device.
pub(crate) fn models(assets: &AssetsArgs) -> Result<Arc<FaceModels>, Failure> {
    Ok(Arc::new(face_models(&Engine::rten(), &assets::weights(assets)?, DetectorRange::Full)?))
}

/// A camera as its specification names it.
pub(crate) fn camera(spec: &CameraSpec, assets: &AssetsArgs) -> Result<Camera, Failure> {
    match spec {
        CameraSpec::Simulated(spec) => Ok(Camera::simulated(&simulate::heads(assets)?, spec)),
        CameraSpec::Video(path) => Camera::video(path),
    }
}

fn tracker(models: &Arc<FaceModels>) -> FaceTracker {
    FaceTracker::new(Arc::clone(models), TrackerConfig::default())
}

fn request(token: &str) -> StartRequest {
    let mut request = StartRequest::new(SessionToken::new(token));
    request.device = DeviceClaims {
        platform: "reference".to_owned(),
        system: std::env::consts::OS.to_owned(),
        sdk: "verilume".to_owned(),
        sdk_version: env!("CARGO_PKG_VERSION").to_owned(),
        ..DeviceClaims::default()
    };
    request
}
