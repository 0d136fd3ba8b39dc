//! The attention gate: one face, looking at the camera, frontal and still, for half a second. A blink or a glance away
//! only stops the clock.

use std::collections::VecDeque;
use std::time::Duration;

use verilume_frame::{Point2, Timestamp};
use verilume_vision::{AttentionGate, AttentionReason};

use crate::guidance::{advice, defect};
use crate::{FrameObservation, GateConfig, GuidanceConfig, HintCode, SeenFace};

/// What a frame did to the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GateView {
    /// The most urgent thing that keeps the gate shut; [`HintCode::HoldStill`] if nothing does.
    pub(crate) hint: HintCode,
    /// How long the person had looked when the gate opened; `None` while it is shut.
    pub(crate) opened_after: Option<Duration>,
}

/// The gate of one attempt.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    config: GateConfig,
    attention: AttentionGate,
    motion: Motion,
    face: Option<u32>,
    last_at: Option<Timestamp>,
    began_at: Option<Timestamp>,
    held: Held,
}

/// How long a person has looked. A blink or a glance away stops the clock; what is longer sets it back.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    looked_for: Duration,
    /// When the last frame showed a person who looks.
    seen_at: Option<Timestamp>,
}

impl Held {
    fn update(&mut self, looks: bool, now: Timestamp) -> Duration {
        if let Some(seen_at) = self.seen_at.filter(|_| looks) {
            self.looked_for += now - seen_at;
        }
        self.seen_at = looks.then_some(now);
        self.looked_for
    }
}

impl Gate {
    pub(crate) fn new(config: GateConfig) -> Self {
        Self {
            config,
            attention: AttentionGate::new(config.attention),
            motion: Motion::new(config.still_within),
            face: None,
            last_at: None,
            began_at: None,
            held: Held::default(),
        }
    }

    /// Takes the next frame.
    pub(crate) fn update(&mut self, frame: &FrameObservation<'_>, guidance: &GuidanceConfig) -> GateView {
        let now = frame.captured_at;
        let is_gap = self.last_at.is_some_and(|last_at| now - last_at > self.config.max_gap);
        let is_other = frame.only_face().is_some_and(|face| self.face.is_some_and(|known| known != face.id));
        if is_gap || is_other || frame.has_several() || frame.only_face().is_none() {
            self.begin_again();
        }
        self.last_at = Some(now);
        let began_at = *self.began_at.get_or_insert(now);
        let advises_only = now - began_at >= self.config.advice_holds_for;
        let obstacle =
            self.obstacles(frame, guidance).filter(|code| !(advises_only && code.is_advice())).min();
        match obstacle {
            Some(hint) => {
                self.held = Held::default();
                GateView { hint, opened_after: None }
            }
            None => {
                let looked_for = self.held.update(!self.attention.is_in_doubt(), now);
                let needed = self.config.held_for.max(GateConfig::LEAST_HELD);
                let opened_after = Some(looked_for).filter(|looked_for| *looked_for >= needed);
                GateView { hint: HintCode::HoldStill, opened_after }
            }
        }
    }

    fn begin_again(&mut self) {
        self.attention.lost();
        self.motion.clear();
        self.face = None;
        self.held = Held::default();
    }

    fn obstacles(
        &mut self,
        frame: &FrameObservation<'_>,
        guidance: &GuidanceConfig,
    ) -> impl Iterator<Item = HintCode> + use<> {
        let of_face = frame.only_face().map(|face| {
            self.face = Some(face.id);
            let away = looks_away(&mut self.attention, face, frame.captured_at, &self.config);
            let motion = self.motion.update(face, frame.captured_at);
            let moves = motion > self.config.max_motion;
            [away, advice(frame, face, guidance), moves.then_some(HintCode::Moving)]
        });
        let of_face = of_face.into_iter().flatten().flatten();
        defect(frame, guidance).into_iter().chain(of_face)
    }
}

/// Why a person does not look at the camera, if they do not.
pub(crate) fn looks_away(
    attention: &mut AttentionGate,
    face: &SeenFace,
    now: Timestamp,
    config: &GateConfig,
) -> Option<HintCode> {
    let state = attention.update_from(face.pose, face.gaze, now);
    let is_frontal = face.pose.off_axis_rad() <= config.max_pose_rad;
    match (state.looking_at_camera, state.reason) {
        (false, Some(AttentionReason::EyesShut)) => Some(HintCode::EyesClosed),
        (true, _) if is_frontal => None,
        _ => Some(HintCode::LookAtCamera),
    }
}

/// How far a face has moved lately.
#[derive(Debug, Clone)]
struct Motion {
    within: Duration,
    places: VecDeque<(Timestamp, Point2)>,
}

impl Motion {
    fn new(within: Duration) -> Self {
        Self { within, places: VecDeque::new() }
    }

    fn clear(&mut self) {
        self.places.clear();
    }

    /// The farthest that the face was from where it is now, in face widths.
    fn update(&mut self, face: &SeenFace, now: Timestamp) -> f32 {
        self.places.retain(|(at, _)| now - *at <= self.within);
        let centre = face.face_in_image.centre();
        self.places.push_back((now, centre));
        let farthest = self.places.iter().map(|(_, place)| place.distance(centre)).fold(0.0, f32::max);
        farthest / face.face_in_image.width.max(1.0)
    }
}
