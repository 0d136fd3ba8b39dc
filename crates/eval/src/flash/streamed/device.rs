//! A device in simulated time: a camera that sees the screen, a tracker, and a network that takes its time.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use verilume_capture::{
    CaptureClient, CaptureConfig, FrameObservation, Input, Output, ScreenStep, SeenFace, StartRequest,
    Terminal,
};
use verilume_frame::{Frame, Timestamp};
use verilume_protocol::stream::SessionToken;
use verilume_sim::{Scenario, ScreenColours, ScreenTimeline, Session};
use verilume_vision::models::ModelError;
use verilume_vision::{FaceTracker, TrackerConfig};

use super::service::Service;
use crate::flash::simulate::Simulator;

/// A refresh of the screen, microseconds: 60 Hz.
const REFRESH_US: u64 = 16_667;
/// From a frame to its tracked faces, microseconds. Origin: a phone of the lower middle.
const TRACKING_US: u64 = 20_000;
/// The network, one way, microseconds. Origin: a mobile connection at its usual.
const NETWORK_US: u64 = 40_000;
/// A check that takes longer is given up, microseconds.
const LONGEST_US: u64 = 60_000_000;

pub(super) struct Device<'m> {
    client: CaptureClient,
    session: Session,
    shown: ScreenTimeline,
    tracker: FaceTracker,
    service: Service<'m>,
    now_us: u64,
    steps: VecDeque<ScreenStep>,
    to_service: VecDeque<(u64, Vec<u8>)>,
    to_client: VecDeque<(u64, Vec<u8>)>,
    terminal: Option<Terminal>,
    bytes_sent: u64,
}

impl<'m> Device<'m> {
    pub(super) fn new(
        simulator: &'m Simulator,
        scenario: &Scenario,
        seed: u64,
        config: CaptureConfig,
        service: Service<'m>,
    ) -> Self {
        Self {
            client: CaptureClient::new(config),
            session: Session::new(simulator.heads(), scenario, seed),
            shown: ScreenTimeline::new(ScreenColours::uniform([0.0; 3])),
            tracker: FaceTracker::new(Arc::clone(&simulator.models().face), TrackerConfig::default()),
            service,
            now_us: 0,
            steps: VecDeque::new(),
            to_service: VecDeque::new(),
            to_client: VecDeque::new(),
            terminal: None,
            bytes_sent: 0,
        }
    }

    /// Captures until the one terminal event; `None` if none comes in time.
    pub(super) fn run(&mut self) -> Result<Option<Terminal>, ModelError> {
        let request = StartRequest::new(SessionToken::new("simulated"));
        self.input(Input::Start(&request));
        while self.terminal.is_none() && self.now_us < LONGEST_US {
            self.refresh()?;
        }
        Ok(self.terminal.take())
    }

    /// The service, and how many bytes it was sent.
    pub(super) fn into_parts(self) -> (Service<'m>, u64) {
        (self.service, self.bytes_sent)
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now_us)
    }

    fn input(&mut self, input: Input<'_>) {
        self.client.handle(input, self.now());
        while let Some(output) = self.client.poll() {
            match output {
                Output::Send(message) => {
                    let message = message.into_vec();
                    self.bytes_sent += message.len() as u64;
                    self.to_service.push_back((self.now_us + NETWORK_US, message));
                }
                Output::Screen(step) => self.steps.push_back(step),
                Output::ScreenOff => {
                    self.steps.clear();
                    self.show(Duration::ZERO, [[0.0; 3]; 2]);
                }
                Output::Terminal(terminal) => self.terminal = Some(terminal),
                _ => {}
            }
        }
    }

    fn refresh(&mut self) -> Result<(), ModelError> {
        self.now_us += REFRESH_US;
        while let Some((_, bytes)) = self.to_service.pop_front_if(|(at, _)| *at <= self.now_us) {
            for answer in self.service.answer(&bytes, self.now_us)? {
                self.to_client.push_back((self.now_us + NETWORK_US, answer));
            }
        }
        while let Some((_, bytes)) = self.to_client.pop_front_if(|(at, _)| *at <= self.now_us) {
            self.input(Input::Message(&bytes));
        }
        let now = self.now();
        if let Some(step) = self.steps.pop_front_if(|step| step.begins_at <= now) {
            self.show(step.fade, [step.to.top, step.to.bottom]);
            self.input(Input::Shown { step: step.step, at: now });
        }
        let tracked_until = Timestamp::from_micros(self.now_us.saturating_sub(TRACKING_US));
        while self.session.next_frame_at() <= tracked_until {
            let frame = self.session.next_frame(&self.shown).frame;
            self.look_at(&frame)?;
        }
        self.input(Input::Tick);
        Ok(())
    }

    fn show(&mut self, fade: Duration, colours: [[f64; 3]; 2]) {
        #[expect(clippy::cast_possible_truncation, reason = "light of 0..=1")]
        let [top, bottom] = colours.map(|rgb| rgb.map(|light| light as f32));
        self.shown.fade_to(self.now(), fade, ScreenColours { top, bottom });
    }

    fn look_at(&mut self, frame: &Frame) -> Result<(), ModelError> {
        let tracked = self.tracker.update(frame.view(), frame.captured_at)?;
        let faces: Vec<SeenFace> = tracked.faces.iter().map(SeenFace::from).collect();
        self.input(Input::Frame(&FrameObservation {
            view: frame.view(),
            captured_at: frame.captured_at,
            faces: &faces,
            faces_detected: tracked.faces_detected,
        }));
        Ok(())
    }
}
