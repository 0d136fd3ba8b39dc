//! A person before a camera and a screen, and a connection to the service.

use std::collections::VecDeque;

use verilume_capture::{
    CaptureClient, CaptureConfig, CaptureState, FrameObservation, Hint, Input, Output, ScreenStep, SeenFace,
    StartRequest, Terminal, TryAgain,
};
use verilume_frame::{Point2, Rect, RgbImage, Timestamp};
use verilume_protocol::stream::SessionToken;
use verilume_vision::{FaceQuality, Gaze, GazeBasis, HeadPose, MouthCover};

use crate::service::Service;

/// A refresh of the screen, microseconds. The camera gives a frame at every second one.
const REFRESH_US: u64 = 16_667;
/// From the exposure to the tracked frame, microseconds.
const FRAME_LATENCY_US: u64 = 25_000;

/// A face that looks at the camera from the middle of a frame.
pub(crate) fn good_face(size: (u32, u32)) -> SeenFace {
    let centre = Point2::new(size.0 as f32 / 2.0, size.1 as f32 / 2.0);
    let width = size.0.min(size.1) as f32 * 0.35;
    SeenFace {
        id: 1,
        face_in_image: Rect::around(centre, width, width * 1.25),
        detector_box_in_image: Rect::around(centre, width, width),
        pose: HeadPose::default(),
        gaze: Gaze { yaw_rad: 0.0, pitch_rad: 0.0, basis: GazeBasis::BothIrises },
        are_eyes_shut: Some(false),
        mouth: MouthCover::Visible,
        quality: FaceQuality {
            luma_mean: 120.0,
            contrast: 80.0,
            clipped_share: 0.0,
            sharpness: 200.0,
            backlight: Some(1.0),
            inter_eye_px: width * 0.4,
        },
    }
}

/// Noise of `amplitude` steps on a slope, as a camera's frame has it; each seed gives another.
pub(crate) fn noisy_image(size: (u32, u32), amplitude: u32, seed: u32) -> RgbImage {
    let mut image = RgbImage::filled(size.0, size.1, [0; 3]).expect("an image");
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    for (at, value) in (0u32..).zip(image.pixels_mut()) {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = if amplitude == 0 { 0 } else { (state >> 16) % amplitude };
        let slope = at / 3 % size.0 * 120 / size.0 + 60;
        *value = u8::try_from(slope + noise).unwrap_or(u8::MAX);
    }
    image
}

/// What a run led to.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) hints: Vec<Hint>,
    pub(crate) states: Vec<CaptureState>,
    pub(crate) steps: Vec<ScreenStep>,
    pub(crate) shown: Vec<(u32, Timestamp)>,
    pub(crate) tries: Vec<TryAgain>,
    pub(crate) terminals: Vec<Terminal>,
}

pub(crate) struct World {
    pub(crate) client: CaptureClient,
    pub(crate) service: Service,
    pub(crate) seen: Seen,
    pub(crate) images: Vec<RgbImage>,
    /// The faces in the frames from now on.
    pub(crate) faces: Vec<SeenFace>,
    /// What the detector says, if not the number of faces.
    pub(crate) faces_detected: Option<usize>,
    /// One way, microseconds.
    pub(crate) network_us: u64,
    pub(crate) is_screen_working: bool,
    pub(crate) is_camera_working: bool,
    now_us: u64,
    ticks: u64,
    to_service: VecDeque<(u64, Vec<u8>)>,
    to_client: VecDeque<(u64, Vec<u8>)>,
    to_show: VecDeque<ScreenStep>,
}

impl World {
    pub(crate) fn new(config: CaptureConfig) -> Self {
        Self::with_images(config, vec![noisy_image((240, 320), 12, 1), noisy_image((240, 320), 12, 2)])
    }

    pub(crate) fn with_images(config: CaptureConfig, images: Vec<RgbImage>) -> Self {
        let size = (images[0].width(), images[0].height());
        Self {
            client: CaptureClient::new(config),
            service: Service::new(),
            seen: Seen::default(),
            images,
            faces: vec![good_face(size)],
            faces_detected: None,
            network_us: 20_000,
            is_screen_working: true,
            is_camera_working: true,
            now_us: 1_000_000,
            ticks: 0,
            to_service: VecDeque::new(),
            to_client: VecDeque::new(),
            to_show: VecDeque::new(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now_us)
    }

    pub(crate) fn start(&mut self) {
        self.start_under("");
    }

    /// Starts under a profile that the person asks for.
    pub(crate) fn start_under(&mut self, profile: &str) {
        let mut request = StartRequest::new(SessionToken::new("e30.e30.c2ln"));
        request.wanted_profile = profile.to_owned();
        self.input(Input::Start(&request));
    }

    pub(crate) fn input(&mut self, input: Input<'_>) {
        self.client.handle(input, Timestamp::from_micros(self.now_us));
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll() {
            match output {
                Output::Send(message) => {
                    self.to_service.push_back((self.now_us + self.network_us, message.into_vec()));
                }
                Output::Screen(step) => {
                    self.seen.steps.push(step);
                    self.to_show.push_back(step);
                }
                Output::ScreenOff => self.to_show.clear(),
                Output::Guidance(hint) => self.seen.hints.push(hint),
                Output::State(change) => self.seen.states.push(change.state),
                Output::TryAgain(again) => self.seen.tries.push(again),
                Output::Terminal(terminal) => self.seen.terminals.push(terminal),
                other => panic!("an output that no test knows: {other:?}"),
            }
        }
    }

    /// Lets time pass, refresh by refresh.
    pub(crate) fn run_ms(&mut self, ms: u64) {
        let until = self.now_us + ms * 1000;
        while self.now_us < until {
            self.refresh();
        }
    }

    /// Lets time pass until the client is in a state, at most a minute.
    #[track_caller]
    pub(crate) fn run_to(&mut self, state: CaptureState) {
        for _ in 0..3600 {
            if self.client.state().unwrap_or(CaptureState::Done) == state {
                return;
            }
            self.refresh();
        }
        panic!("never {state:?}: {:?} {:?}", self.seen.states, self.seen.terminals);
    }

    fn refresh(&mut self) {
        self.now_us += REFRESH_US;
        self.ticks += 1;
        while let Some((_, bytes)) = self.to_service.pop_front_if(|(at, _)| *at <= self.now_us) {
            for answer in self.service.answer(&bytes) {
                self.to_client.push_back((self.now_us + self.network_us, answer));
            }
        }
        while let Some((_, bytes)) = self.to_client.pop_front_if(|(at, _)| *at <= self.now_us) {
            self.input(Input::Message(&bytes));
        }
        self.show();
        if self.is_camera_working && self.ticks.is_multiple_of(2) {
            self.expose();
        } else {
            self.input(Input::Tick);
        }
    }

    fn show(&mut self) {
        let now = self.now();
        let due = |step: &mut ScreenStep| step.begins_at <= now;
        if let Some(step) = self.to_show.pop_front_if(|step| self.is_screen_working && due(step)) {
            self.seen.shown.push((step.step, now));
            self.input(Input::Shown { step: step.step, at: now });
        }
    }

    fn expose(&mut self) {
        let frames = usize::try_from(self.ticks / 2).expect("a short run");
        let image = self.images[frames % self.images.len()].clone();
        let faces = self.faces.clone();
        self.input(Input::Frame(&FrameObservation {
            view: image.view(),
            captured_at: Timestamp::from_micros(self.now_us - FRAME_LATENCY_US),
            faces: &faces,
            faces_detected: self.faces_detected.unwrap_or(faces.len()),
        }));
    }
}
