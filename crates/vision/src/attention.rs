//! The attention gate: does the person look at the camera?
//!
//! Nothing may leave a device before this gate has opened. Gaze decides where an iris can be seen; where it can't (one
//! eye, glasses, small eyes) the head's pose stands in, with tighter bounds. Hysteresis in angle and in time keeps the
//! gate steady: a blink or one noisy frame does not close it.

use std::time::Duration;

use verilume_frame::Timestamp;

use crate::{FaceObservation, Gaze, GazeBasis, HeadPose};

/// Bounds of the attention gate. Angles between the line of sight (or the face's axis) and the camera, radians.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct AttentionConfig {
    /// Gaze opens the gate within this angle. 0.1..=0.6. Origin: a phone at 25 cm spans 0.28 rad from its camera to the
    /// far edge of its screen; the iris model's own error is about 0.1.
    pub open_within_gaze_rad: f32,
    /// Gaze closes the gate beyond this angle. Above `open_within_gaze_rad`.
    pub close_beyond_gaze_rad: f32,
    /// With a visible iris the head may be turned this far when the gate opens. Origin: beyond 35 degrees recognition
    /// and the far half of the face are lost (Azure's documented limit).
    pub open_within_pose_rad: f32,
    /// With a visible iris the gate closes when the head is turned farther. Above `open_within_pose_rad`.
    pub close_beyond_pose_rad: f32,
    /// Without a visible iris the head must face the camera within this angle. Origin: eyes usually follow the head
    /// within 15 degrees (Stahl 1999).
    pub open_within_pose_alone_rad: f32,
    /// Without a visible iris the gate closes beyond this angle.
    pub close_beyond_pose_alone_rad: f32,
    /// Looking away for less than this does not close the gate. Origin: saccades and tracking noise, 0.2 s.
    pub close_after: Duration,
    /// Shut eyes for less than this are a blink. Origin: human blinks last 0.1 to 0.4 s.
    pub close_after_eyes_shut: Duration,
}

impl Default for AttentionConfig {
    fn default() -> Self {
        Self {
            open_within_gaze_rad: 0.30,
            close_beyond_gaze_rad: 0.40,
            open_within_pose_rad: 0.52,
            close_beyond_pose_rad: 0.61,
            open_within_pose_alone_rad: 0.26,
            close_beyond_pose_alone_rad: 0.35,
            close_after: Duration::from_millis(200),
            close_after_eyes_shut: Duration::from_millis(500),
        }
    }
}

/// Why the gate is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttentionReason {
    /// The head is turned away.
    HeadTurnedAway,
    /// The head faces the camera, the eyes look elsewhere.
    LookingElsewhere,
    /// The eyes are shut.
    EyesShut,
}

/// The gate's state after a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attention {
    /// Whether the person looks at the camera.
    pub looking_at_camera: bool,
    /// Why not; `None` exactly when they do.
    pub reason: Option<AttentionReason>,
    /// What the direction was taken from.
    pub basis: GazeBasis,
}

/// The attention gate of one face.
#[derive(Debug, Clone)]
pub struct AttentionGate {
    config: AttentionConfig,
    open: bool,
    away_since: Option<Timestamp>,
}

impl AttentionGate {
    /// A closed gate.
    pub fn new(config: AttentionConfig) -> Self {
        Self { config, open: false, away_since: None }
    }

    /// Takes the next frame's observation of the face.
    pub fn update(&mut self, face: &FaceObservation, captured_at: Timestamp) -> Attention {
        self.update_from(face.pose, face.gaze, captured_at)
    }

    /// Whether the gate is open only because it closes late: the last frame spoke against attention (a blink, a glance).
    pub fn is_in_doubt(&self) -> bool {
        self.open && self.away_since.is_some()
    }

    /// The face was not seen: the gate closes at once.
    pub fn lost(&mut self) {
        self.open = false;
        self.away_since = None;
    }

    /// [`Self::update`] for who holds no more of the observation than this.
    pub fn update_from(&mut self, pose: HeadPose, gaze: Gaze, captured_at: Timestamp) -> Attention {
        let reason = self.reason_against(pose, gaze);
        match reason {
            None => {
                self.open = true;
                self.away_since = None;
            }
            Some(reason) if self.open => {
                let since = *self.away_since.get_or_insert(captured_at);
                let patience = match reason {
                    AttentionReason::EyesShut => self.config.close_after_eyes_shut,
                    _ => self.config.close_after,
                };
                if captured_at - since >= patience {
                    self.lost();
                }
            }
            Some(_) => {}
        }
        Attention { looking_at_camera: self.open, reason: reason.filter(|_| !self.open), basis: gaze.basis }
    }

    /// Why this frame speaks against attention, by the bounds of the gate's present state.
    fn reason_against(&self, pose: HeadPose, gaze: Gaze) -> Option<AttentionReason> {
        let bound = |open_within: f32, close_beyond: f32| if self.open { close_beyond } else { open_within };
        let config = &self.config;
        if gaze.basis == GazeBasis::PoseEyesClosed {
            return Some(AttentionReason::EyesShut);
        }
        let pose_bound = if gaze.basis.from_iris() {
            bound(config.open_within_pose_rad, config.close_beyond_pose_rad)
        } else {
            bound(config.open_within_pose_alone_rad, config.close_beyond_pose_alone_rad)
        };
        if pose.off_axis_rad() > pose_bound {
            return Some(AttentionReason::HeadTurnedAway);
        }
        let gaze_bound = bound(config.open_within_gaze_rad, config.close_beyond_gaze_rad);
        (gaze.basis.from_iris() && gaze.off_axis_rad() > gaze_bound)
            .then_some(AttentionReason::LookingElsewhere)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gaze(yaw_rad: f32, basis: GazeBasis) -> Gaze {
        Gaze { yaw_rad, pitch_rad: 0.0, basis }
    }

    fn pose(yaw_rad: f32) -> HeadPose {
        HeadPose { yaw_rad, ..HeadPose::default() }
    }

    #[track_caller]
    fn check(gate: &mut AttentionGate, at_ms: u64, yaw: f32, gaze_: Gaze, expected: Option<AttentionReason>) {
        let attention = gate.update_from(pose(yaw), gaze_, Timestamp::from_millis(at_ms));
        assert_eq!(attention.reason, expected, "at {at_ms} ms");
        assert_eq!(attention.looking_at_camera, expected.is_none());
    }

    #[test]
    fn the_gate_opens_tightly_and_closes_loosely_and_late() {
        use AttentionReason::LookingElsewhere;
        let mut gate = AttentionGate::new(AttentionConfig::default());
        let iris = |yaw| gaze(yaw, GazeBasis::BothIrises);
        check(&mut gate, 0, 0.0, iris(0.35), Some(LookingElsewhere));
        check(&mut gate, 40, 0.0, iris(0.20), None);
        check(&mut gate, 80, 0.0, iris(0.35), None);
        assert!(!gate.is_in_doubt());
        check(&mut gate, 120, 0.0, iris(0.60), None);
        assert!(gate.is_in_doubt());
        check(&mut gate, 200, 0.0, iris(0.10), None);
        check(&mut gate, 240, 0.0, iris(0.60), None);
        check(&mut gate, 480, 0.0, iris(0.60), Some(LookingElsewhere));
    }

    #[test]
    fn a_blink_keeps_it_open_and_sleep_does_not() {
        let mut gate = AttentionGate::new(AttentionConfig::default());
        check(&mut gate, 0, 0.0, gaze(0.0, GazeBasis::OneIris), None);
        for at_ms in [40, 200, 400] {
            check(&mut gate, at_ms, 0.0, gaze(0.0, GazeBasis::PoseEyesClosed), None);
        }
        check(&mut gate, 600, 0.0, gaze(0.0, GazeBasis::PoseEyesClosed), Some(AttentionReason::EyesShut));
    }

    #[test]
    fn without_an_iris_the_head_must_face_the_camera() {
        let mut gate = AttentionGate::new(AttentionConfig::default());
        let hidden = |yaw| gaze(yaw, GazeBasis::PoseIrisHidden);
        check(&mut gate, 0, 0.30, hidden(0.30), Some(AttentionReason::HeadTurnedAway));
        check(&mut gate, 40, 0.20, hidden(0.20), None);
    }

    proptest! {
        #[test]
        fn looking_and_a_reason_exclude_each_other(steps in proptest::collection::vec((-2.0..2.0f32, -2.0..2.0f32, 0..6usize), 0..60)) {
            use GazeBasis::*;
            let bases = [BothIrises, OneIris, PoseEyesTooSmall, PoseEyesClosed, PoseIrisHidden, PoseIrisesDisagree];
            let mut gate = AttentionGate::new(AttentionConfig::default());
            for (frame, (head, eye, basis)) in steps.into_iter().enumerate() {
                let at = Timestamp::from_millis(frame as u64 * 33);
                let attention = gate.update_from(pose(head), gaze(eye, bases[basis]), at);
                prop_assert_eq!(attention.looking_at_camera, attention.reason.is_none());
            }
        }
    }
}
