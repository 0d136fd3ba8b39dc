//! Any inputs in any order: one terminal event per start, and an end by the caps alone.

use std::time::Duration;

use proptest::prelude::*;
use verilume_capture::{
    CaptureClient, CaptureConfig, CaptureState, FrameObservation, Input, Output, SeenFace, StartRequest,
    Terminal,
};
use verilume_frame::{RgbImage, Timestamp};
use verilume_protocol::stream::{ClientMessage, DecodeLimits, PauseReason, SessionToken};

use crate::service::Service;
use crate::world::good_face;

#[derive(Debug, Clone)]
enum Event {
    Start,
    /// Frames in a row, with this many faces of this number.
    Frames {
        count: u8,
        faces: u8,
        id: u32,
        looks: bool,
    },
    /// What the service has to say, as far as it has come.
    Answers,
    Garbage(Vec<u8>),
    Shown {
        step: u32,
        late_ms: u64,
    },
    /// The display does all that it was told.
    Display,
    Wait(u64),
    Retry,
    MoreTime,
    Pause,
    Resume,
    Cancel,
    Lost,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => Just(Event::Start),
        12 => (1u8..30, 0u8..3, 1u32..3, prop::bool::weighted(0.9))
            .prop_map(|(count, faces, id, looks)| Event::Frames { count, faces, id, looks }),
        // A person who behaves is what leads deep into a capture.
        20 => Just(Event::Frames { count: 20, faces: 1, id: 1, looks: true }),
        20 => Just(Event::Answers),
        20 => Just(Event::Display),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(Event::Garbage),
        2 => (0u32..15, 0u64..2000).prop_map(|(step, late_ms)| Event::Shown { step, late_ms }),
        4 => (0u64..70_000).prop_map(Event::Wait),
        3 => Just(Event::Retry),
        2 => Just(Event::MoreTime),
        2 => Just(Event::Pause),
        4 => Just(Event::Resume),
        1 => Just(Event::Cancel),
        1 => Just(Event::Lost),
    ];
    prop::collection::vec(event, 0..120)
}

struct Harness {
    client: CaptureClient,
    service: Service,
    image: RgbImage,
    now: Timestamp,
    to_service: Vec<Vec<u8>>,
    to_show: Vec<(u32, Timestamp)>,
    starts: usize,
    terminals: Vec<Terminal>,
    is_over: bool,
    frames_before_gate: usize,
    is_gate_open: bool,
}

impl Harness {
    fn new() -> Self {
        let mut config = CaptureConfig::default();
        config.guidance.min_face_px = 10.0;
        Self {
            client: CaptureClient::new(config),
            service: Service::new(),
            image: RgbImage::filled(60, 80, [120, 110, 100]).expect("a small image"),
            now: Timestamp::from_millis(1),
            to_service: Vec::new(),
            to_show: Vec::new(),
            starts: 0,
            terminals: Vec::new(),
            is_over: true,
            frames_before_gate: 0,
            is_gate_open: false,
        }
    }

    fn input(&mut self, input: Input<'_>) -> Result<(), TestCaseError> {
        self.client.handle(input, self.now);
        while let Some(output) = self.client.poll() {
            prop_assert!(!self.is_over, "{output:?} after the end");
            match output {
                Output::Send(message) => self.sent(message.into_vec()),
                Output::Screen(step) => self.to_show.push((step.step, step.begins_at)),
                Output::ScreenOff => self.to_show.clear(),
                Output::Terminal(terminal) => {
                    self.terminals.push(terminal);
                    self.is_over = true;
                }
                Output::State(change) => {
                    let ends = change.ends_at.is_some();
                    prop_assert_eq!(ends, change.state != CaptureState::Done, "every state has a cap");
                }
                _ => {}
            }
        }
        prop_assert_eq!(self.client.state().is_none(), self.is_over);
        Ok(())
    }

    fn sent(&mut self, bytes: Vec<u8>) {
        match ClientMessage::decode(&bytes, &DecodeLimits::default()).expect("a client sends messages") {
            ClientMessage::Hello(_) | ClientMessage::Abort(_) | ClientMessage::Pause(_) => {
                self.is_gate_open = false;
            }
            ClientMessage::AttemptStart(_) => self.is_gate_open = true,
            ClientMessage::Frame(_) | ClientMessage::SlotEnd(_) | ClientMessage::AttemptEnd(_) => {
                self.frames_before_gate += usize::from(!self.is_gate_open);
            }
            _ => {}
        }
        self.to_service.push(bytes);
    }

    fn apply(&mut self, event: &Event) -> Result<(), TestCaseError> {
        match event {
            Event::Start => {
                if self.is_over {
                    self.starts += 1;
                    self.is_over = false;
                    self.service = Service::new();
                    self.to_service.clear();
                }
                let request = StartRequest::new(SessionToken::new("t"));
                self.input(Input::Start(&request))
            }
            Event::Frames { count, faces, id, looks } => {
                (0..*count).try_for_each(|_| self.frame(*faces, *id, *looks))
            }
            Event::Answers => {
                let messages = std::mem::take(&mut self.to_service);
                let answers: Vec<_> = messages.iter().flat_map(|bytes| self.service.answer(bytes)).collect();
                answers.iter().try_for_each(|answer| self.input(Input::Message(answer)))
            }
            Event::Garbage(bytes) => self.input(Input::Message(bytes)),
            Event::Shown { step, late_ms } => {
                self.input(Input::Shown { step: *step, at: self.now + Duration::from_millis(*late_ms) })
            }
            Event::Display => {
                let steps = std::mem::take(&mut self.to_show);
                steps.into_iter().try_for_each(|(step, at)| {
                    self.now = self.now.max(at);
                    self.input(Input::Shown { step, at: self.now })
                })
            }
            Event::Wait(ms) => {
                self.now = self.now + Duration::from_millis(*ms);
                self.input(Input::Tick)
            }
            Event::Retry => self.input(Input::Retry),
            Event::MoreTime => self.input(Input::MoreTime),
            Event::Pause => self.input(Input::Pause(PauseReason::Hidden)),
            Event::Resume => self.input(Input::Resume),
            Event::Cancel => self.input(Input::Cancel),
            Event::Lost => self.input(Input::ConnectionLost),
        }
    }

    fn frame(&mut self, faces: u8, id: u32, looks: bool) -> Result<(), TestCaseError> {
        self.now = self.now + Duration::from_millis(33);
        let mut face = good_face((60, 80));
        face.id = id;
        face.gaze.yaw_rad = if looks { 0.0 } else { 0.7 };
        let faces: Vec<SeenFace> = vec![face; faces.into()];
        let image = self.image.clone();
        self.input(Input::Frame(&FrameObservation {
            view: image.view(),
            captured_at: self.now,
            faces: &faces,
            faces_detected: faces.len(),
        }))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_sequence_ends_once_per_start(events in events()) {
        let mut harness = Harness::new();
        for event in &events {
            harness.apply(event)?;
            prop_assert_eq!(harness.terminals.len() + usize::from(!harness.is_over), harness.starts);
            prop_assert_eq!(harness.frames_before_gate, 0, "evidence before the gate");
        }
        // Whatever state it is in: time alone ends it.
        for _ in 0..40 {
            harness.apply(&Event::Wait(60_000))?;
        }
        prop_assert_eq!(harness.terminals.len(), harness.starts);
    }
}
