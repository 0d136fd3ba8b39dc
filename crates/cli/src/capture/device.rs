//! The reference device: camera, tracker, screen and connection around the capture core.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;
use verilume_capture::{
    CaptureClient, CaptureConfig, CaptureState, FrameObservation, Hint, Input, Output, ScreenStep, SeenFace,
    StartRequest, Terminal,
};
use verilume_frame::{Frame, Timestamp};
use verilume_vision::FaceTracker;

use super::camera::Camera;
use super::connection::{Connection, Event};
use crate::clock;
use crate::failure::Failure;

/// The longest wait between two looks at everything. Origin: half a frame of a fast display.
const LONGEST_WAIT: Duration = Duration::from_millis(4);
/// A frame that arrived longer ago is let go: the device is too slow, and later frames are worth more. Origin: the
/// capture core places frames up to 150 ms late.
const LATEST_FRAME: Duration = Duration::from_millis(100);

/// What a capture came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Summary {
    /// `finished`, `canceled` or `failed`.
    pub(crate) terminal: &'static str,
    /// Identifies the result to the app's own service.
    pub(crate) result_id: Option<String>,
    /// SHA-256 of the transcript, 64 upper-case hexadecimal digits.
    pub(crate) digest: Option<String>,
    /// The code of the error table.
    pub(crate) error: Option<String>,
    /// Attempts that were begun.
    pub(crate) attempts: u32,
    /// Frames of the camera that were looked at, and that came too fast.
    pub(crate) frames_seen: u64,
    pub(crate) frames_skipped: u64,
    /// Messages and bytes that were sent.
    pub(crate) messages_sent: u64,
    pub(crate) bytes_sent: u64,
    /// Bytes that were sent before the attention gate opened.
    pub(crate) bytes_sent_before_gate: u64,
    /// From the last frame that made the device send something to the result, milliseconds.
    pub(crate) answered_after_ms: Option<u64>,
    /// From the start to the end, milliseconds.
    pub(crate) took_ms: u64,
}

/// What happens on the way, for whoever watches.
pub(super) enum Progress {
    State(CaptureState),
    Guidance(Hint),
    TryAgain { hint: Option<&'static str>, attempts_left: u32 },
}

/// A device that captures once.
pub(super) struct Device<'w> {
    client: CaptureClient,
    camera: Camera,
    tracker: FaceTracker,
    connection: Connection,
    steps: VecDeque<ScreenStep>,
    began: Duration,
    /// When the last frame came that made the device send something.
    last_frame_at: Duration,
    terminal: Option<Terminal>,
    summary: Summary,
    watch: &'w mut dyn FnMut(Progress),
}

impl<'w> Device<'w> {
    pub(super) fn new(
        config: CaptureConfig,
        camera: Camera,
        tracker: FaceTracker,
        connection: Connection,
        watch: &'w mut dyn FnMut(Progress),
    ) -> Self {
        let began = clock::now();
        Self {
            client: CaptureClient::new(config),
            camera,
            tracker,
            connection,
            steps: VecDeque::new(),
            began,
            last_frame_at: began,
            terminal: None,
            summary: Summary {
                terminal: "failed",
                result_id: None,
                digest: None,
                error: None,
                attempts: 0,
                frames_seen: 0,
                frames_skipped: 0,
                messages_sent: 0,
                bytes_sent: 0,
                bytes_sent_before_gate: 0,
                answered_after_ms: None,
                took_ms: 0,
            },
            watch,
        }
    }

    /// Time since the device began: the clock of camera and screen.
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(u64::try_from((clock::now() - self.began).as_micros()).unwrap_or(u64::MAX))
    }

    /// Captures until the one terminal event.
    pub(super) fn run(mut self, request: &StartRequest) -> Result<Summary, Failure> {
        self.input(Input::Start(request));
        loop {
            while let Some(event) = self.connection.poll() {
                match event {
                    Event::Message(bytes) => self.input(Input::Message(&bytes)),
                    Event::Closed => self.input(Input::ConnectionLost),
                }
                if self.terminal.is_some() {
                    break;
                }
            }
            if let Some(terminal) = self.terminal.take() {
                return Ok(self.summed_up(terminal));
            }
            self.show_due_step();
            match self.due_frame()? {
                Some(frame) => self.look_at(&frame)?,
                None => {
                    self.input(Input::Tick);
                    #[expect(clippy::disallowed_methods, reason = "a device waits for light")]
                    std::thread::sleep(LONGEST_WAIT);
                }
            }
        }
    }

    fn input(&mut self, input: Input<'_>) {
        let now = self.now();
        self.client.handle(input, now);
        while let Some(output) = self.client.poll() {
            self.follow(output);
        }
    }

    fn follow(&mut self, output: Output) {
        match output {
            Output::Send(message) => self.send(message.into_vec()),
            Output::Screen(step) => self.steps.push_back(step),
            Output::ScreenOff => {
                self.steps.clear();
                let now = self.now();
                self.camera.show_nothing(now);
            }
            Output::Guidance(hint) => (self.watch)(Progress::Guidance(hint)),
            Output::State(change) => {
                self.summary.attempts += u32::from(change.state == CaptureState::Hold);
                (self.watch)(Progress::State(change.state));
            }
            Output::TryAgain(again) => {
                let hint = again.hint.map(|code| code.entry().message);
                (self.watch)(Progress::TryAgain { hint, attempts_left: again.attempts_left });
                let now = self.now();
                self.client.handle(Input::Retry, now);
            }
            Output::Terminal(terminal) => self.terminal = Some(terminal),
            _ => {}
        }
    }

    fn send(&mut self, message: Vec<u8>) {
        let bytes = message.len() as u64;
        self.summary.messages_sent += 1;
        self.summary.bytes_sent += bytes;
        // The state is that after all of this input: with the first message of an attempt it is `Hold`.
        if self.summary.attempts == 0 && self.client.state() != Some(CaptureState::Hold) {
            self.summary.bytes_sent_before_gate += bytes;
        }
        self.connection.send(message);
    }

    fn show_due_step(&mut self) {
        let now = self.now();
        if let Some(step) = self.steps.pop_front_if(|step| step.begins_at <= now) {
            self.camera.show(&step, now);
            self.input(Input::Shown { step: step.step, at: now });
        }
    }

    /// A frame that has arrived.
    fn due_frame(&mut self) -> Result<Option<Frame>, Failure> {
        let now = self.now();
        let skipped = self.camera.skip_before(now.saturating_sub(LATEST_FRAME))?;
        self.summary.frames_skipped += u64::from(skipped);
        if self.camera.next_frame_at().is_some_and(|at| at <= now) {
            return self.camera.next_frame();
        }
        Ok(None)
    }

    fn look_at(&mut self, frame: &Frame) -> Result<(), Failure> {
        let (arrived_at, messages_before) = (clock::now(), self.summary.messages_sent);
        let tracked = self.tracker.update(frame.view(), frame.captured_at)?;
        let faces: Vec<SeenFace> = tracked.faces.iter().map(SeenFace::from).collect();
        self.summary.frames_seen += 1;
        self.input(Input::Frame(&FrameObservation {
            view: frame.view(),
            captured_at: frame.captured_at,
            faces: &faces,
            faces_detected: tracked.faces_detected,
        }));
        if self.summary.messages_sent > messages_before {
            self.last_frame_at = arrived_at;
        }
        Ok(())
    }

    fn summed_up(self, terminal: Terminal) -> Summary {
        let now = clock::now();
        let millis = |since: Duration| u64::try_from((now - since).as_millis()).unwrap_or(u64::MAX);
        let summary = Summary { took_ms: millis(self.began), ..self.summary };
        match terminal {
            Terminal::Finished { result_id, digest } => Summary {
                terminal: "finished",
                result_id: Some(result_id),
                digest: Some(digest),
                answered_after_ms: Some(millis(self.last_frame_at)),
                ..summary
            },
            Terminal::Canceled => Summary { terminal: "canceled", ..summary },
            Terminal::Failed(failure) => Summary {
                error: Some(failure.unknown_code.unwrap_or_else(|| failure.code.as_str().to_owned())),
                ..summary
            },
            _ => summary,
        }
    }
}
