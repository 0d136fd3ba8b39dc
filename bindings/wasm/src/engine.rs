//! The client, the tracker and the networks behind one object.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use verilume_capture::{CaptureClient, CaptureConfig, FrameObservation, Input, SeenFace, StartRequest};
use verilume_frame::Timestamp;
use verilume_infer::{Engine, PinnedModel, Weights, compact_face_models};
use verilume_protocol::stream::SessionToken;
use verilume_vision::models::FaceModels;
use verilume_vision::{FaceTracker, TrackerConfig};
use wasm_bindgen::prelude::*;

use crate::error::{ErrorKind, error, infer_error};
use crate::output::Wanted;
use crate::pixels::RgbBuffer;
use crate::start::{Pause, Start};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "
/** How a capture is made. */
export interface EngineOptions {
  /** Keep to the small budget of bytes. */
  lowBandwidth: boolean;
}
";

#[wasm_bindgen]
extern "C" {
    /// Options of a capture.
    #[wasm_bindgen(typescript_type = "EngineOptions")]
    pub type EngineOptions;
    /// What a capture begins with.
    #[wasm_bindgen(typescript_type = "EngineStart")]
    pub type EngineStart;
    /// Why a capture stands still.
    #[wasm_bindgen(typescript_type = "EnginePauseReason")]
    pub type EnginePauseReason;
    /// One thing to do.
    #[wasm_bindgen(typescript_type = "EngineOutput | undefined")]
    pub type EngineOutput;
}

/// Options of a capture.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    low_bandwidth: bool,
}

/// A capturing client with its tracker and networks. Times are milliseconds on one clock.
#[wasm_bindgen]
pub struct CaptureEngine {
    client: CaptureClient,
    models: Arc<FaceModels>,
    tracker: FaceTracker,
    rgb: RgbBuffer,
}

#[wasm_bindgen]
impl CaptureEngine {
    /// Loads the networks from the bytes of their files; bytes that are not the pinned ones are refused.
    #[wasm_bindgen(constructor)]
    pub fn new(detector: Vec<u8>, mesh: Vec<u8>, iris: Vec<u8>) -> Result<Self, JsValue> {
        let weights = Weights::in_memory([
            (PinnedModel::BLAZEFACE_SHORT_8BIT, Cow::Owned(detector)),
            (PinnedModel::FACE_MESH_8BIT, Cow::Owned(mesh)),
            (PinnedModel::IRIS_8BIT, Cow::Owned(iris)),
        ]);
        let models = compact_face_models(&Engine::rten(), &weights);
        let models = Arc::new(models.map_err(|cause| infer_error(&cause))?);
        models.warm_up().map_err(|cause| error(ErrorKind::Engine, &cause))?;
        Ok(Self {
            client: CaptureClient::new(CaptureConfig::default()),
            tracker: FaceTracker::new(Arc::clone(&models), tracker_config()),
            models,
            rgb: RgbBuffer::default(),
        })
    }

    /// Begins a capture: the transport is open and the camera runs. Ends one that still runs without a word.
    pub fn start(
        &mut self,
        request: EngineStart,
        options: EngineOptions,
        now_ms: f64,
    ) -> Result<(), JsValue> {
        let (start, options): (Start, Options) = (argument(request.into())?, argument(options.into())?);
        let config =
            if options.low_bandwidth { CaptureConfig::low_bandwidth() } else { CaptureConfig::default() };
        self.client = CaptureClient::new(config);
        self.forget_faces();
        self.client.handle(Input::Start(&StartRequest::from(start)), time(now_ms));
        Ok(())
    }

    /// Looks at a frame: rows of red, green, blue and opacity, upright and not mirrored.
    pub fn frame(
        &mut self,
        rgba: &[u8],
        width: u32,
        height: u32,
        captured_at_ms: f64,
        now_ms: f64,
    ) -> Result<(), JsValue> {
        let frame = self.rgb.rgb_from_rgba(rgba, width, height);
        let view = frame.map_err(|cause| error(ErrorKind::Frame, &cause))?;
        let captured_at = time(captured_at_ms);
        let tracked = self.tracker.update(view, captured_at);
        let tracked = tracked.map_err(|cause| error(ErrorKind::Engine, &cause))?;
        let faces: Vec<SeenFace> = tracked.faces.iter().map(SeenFace::from).collect();
        let frame =
            FrameObservation { view, captured_at, faces: &faces, faces_detected: tracked.faces_detected };
        self.client.handle(Input::Frame(&frame), time(now_ms));
        Ok(())
    }

    /// Takes a message of the service.
    pub fn message(&mut self, bytes: &[u8], now_ms: f64) {
        self.client.handle(Input::Message(bytes), time(now_ms));
    }

    /// A step of the screen has begun to be shown.
    pub fn shown(&mut self, step: u32, at_ms: f64, now_ms: f64) {
        self.client.handle(Input::Shown { step, at: time(at_ms) }, time(now_ms));
    }

    /// Time passes.
    pub fn tick(&mut self, now_ms: f64) {
        self.client.handle(Input::Tick, time(now_ms));
    }

    /// The person tries again; with a name, under the flash profile that has it.
    pub fn retry(&mut self, now_ms: f64, profile: Option<String>) {
        let retry = profile.as_deref().map_or(Input::Retry, Input::RetryAs);
        self.client.handle(retry, time(now_ms));
    }

    /// The person needs more time.
    #[wasm_bindgen(js_name = moreTime)]
    pub fn more_time(&mut self, now_ms: f64) {
        self.client.handle(Input::MoreTime, time(now_ms));
    }

    /// The capture must stand still.
    pub fn pause(&mut self, reason: EnginePauseReason, now_ms: f64) -> Result<(), JsValue> {
        let reason: Pause = argument(reason.into())?;
        self.client.handle(Input::Pause(reason.into()), time(now_ms));
        Ok(())
    }

    /// The capture can go on.
    pub fn resume(&mut self, now_ms: f64) {
        self.forget_faces();
        self.client.handle(Input::Resume, time(now_ms));
    }

    /// The person cancels.
    pub fn cancel(&mut self, now_ms: f64) {
        self.client.handle(Input::Cancel, time(now_ms));
    }

    /// The transport has lost its connection for good.
    #[wasm_bindgen(js_name = connectionLost)]
    pub fn connection_lost(&mut self, now_ms: f64) {
        self.client.handle(Input::ConnectionLost, time(now_ms));
    }

    /// The next thing to do; `undefined` when there is nothing.
    pub fn poll(&mut self) -> Result<EngineOutput, JsValue> {
        while let Some(output) = self.client.poll() {
            if let Some(wanted) = Wanted::new(output) {
                let object = serde_wasm_bindgen::to_value(&wanted);
                return Ok(object.map_err(|cause| error(ErrorKind::Engine, &cause))?.unchecked_into());
            }
        }
        Ok(JsValue::UNDEFINED.unchecked_into())
    }

    /// Faces are followed anew: the camera, the time or the person may be others.
    #[wasm_bindgen(js_name = forgetFaces)]
    pub fn forget_faces(&mut self) {
        self.tracker = FaceTracker::new(Arc::clone(&self.models), tracker_config());
    }
}

/// The service's address that a token names, unverified; `undefined` if it names none.
#[wasm_bindgen(js_name = endpointOfToken)]
pub fn endpoint_of_token(token: String) -> Option<String> {
    SessionToken::new(token).endpoint_unverified()
}

/// An eye is refined this often at most. Origin: shut eyes and glances count after 200 ms and later, and either eye is seen
/// within that.
const EYES_IN_TURN_EVERY: Duration = Duration::from_millis(80);

/// Frames have to be looked at fast enough on slow devices too.
fn tracker_config() -> TrackerConfig {
    let mut config = TrackerConfig::default();
    config.eyes_in_turn_every = Some(EYES_IN_TURN_EVERY);
    config
}

/// A time of the page's clock. One that is no number, or before its beginning, counts as its beginning.
fn time(millis: f64) -> Timestamp {
    Timestamp::from_secs(millis / 1e3)
}

fn argument<T: DeserializeOwned>(value: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|cause| error(ErrorKind::Argument, &cause))
}
