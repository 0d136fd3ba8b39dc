//! What the person is told: one hint at a time, by priority, never flickering, at length when it does not help.

use std::time::Duration;

use verilume_frame::Timestamp;
use verilume_vision::MouthCover;

use crate::{FrameObservation, GuidanceConfig, SeenFace};

/// What is wrong, or [`Self::HoldStill`] when nothing is. In order of priority: a hint that comes first here is given
/// first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HintCode {
    /// There is no face.
    NoFace,
    /// There is more than one face.
    SeveralFaces,
    /// The face is too far away.
    TooFar,
    /// The face is too close.
    TooClose,
    /// The face is not near the middle.
    OffCentre,
    /// The person does not look at the camera.
    LookAtCamera,
    /// The eyes are shut.
    EyesClosed,
    /// Something covers the face.
    Covered,
    /// The face is too dark.
    TooDark,
    /// The face is too bright.
    TooBright,
    /// There is bright light behind the person.
    Backlit,
    /// The face moves too much.
    Moving,
    /// All is well.
    HoldStill,
}

impl HintCode {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 13] = [
        Self::NoFace,
        Self::SeveralFaces,
        Self::TooFar,
        Self::TooClose,
        Self::OffCentre,
        Self::LookAtCamera,
        Self::EyesClosed,
        Self::Covered,
        Self::TooDark,
        Self::TooBright,
        Self::Backlit,
        Self::Moving,
        Self::HoldStill,
    ];

    /// Stable name, snake_case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoFace => "no_face",
            Self::SeveralFaces => "multiple_faces",
            Self::TooFar => "too_far",
            Self::TooClose => "too_close",
            Self::OffCentre => "off_centre",
            Self::LookAtCamera => "look_at_camera",
            Self::EyesClosed => "eyes_closed",
            Self::Covered => "face_covered",
            Self::TooDark => "too_dark",
            Self::TooBright => "too_bright",
            Self::Backlit => "backlit",
            Self::Moving => "too_much_motion",
            Self::HoldStill => "hold_still",
        }
    }

    /// Advice only: it holds the gate back for a while, not for ever.
    pub(crate) const fn is_advice(self) -> bool {
        matches!(self, Self::OffCentre | Self::Covered | Self::TooDark | Self::TooBright | Self::Backlit)
    }
}

/// Where the person should move the head, in their own directions (the preview is mirrored, the frame is not).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Towards {
    /// To their left.
    Left,
    /// To their right.
    Right,
    /// Upwards.
    Up,
    /// Downwards.
    Down,
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Urgency {
    /// A few words.
    Brief,
    /// The few words did not help: an explanation.
    Escalated,
}

/// A hint to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hint {
    /// What is wrong.
    pub code: HintCode,
    /// Where to move, for [`HintCode::OffCentre`].
    pub towards: Option<Towards>,
    /// Since when it is given.
    pub since: Timestamp,
    /// How much is said.
    pub urgency: Urgency,
}

/// What a single frame shows to be wrong, apart from attention and motion, which need more than one frame.
pub(crate) fn defect(frame: &FrameObservation<'_>, config: &GuidanceConfig) -> Option<HintCode> {
    if frame.has_several() {
        return Some(HintCode::SeveralFaces);
    }
    let Some(face) = frame.only_face() else { return Some(HintCode::NoFace) };
    size_defect(frame, face, config)
}

fn size_defect(frame: &FrameObservation<'_>, face: &SeenFace, config: &GuidanceConfig) -> Option<HintCode> {
    let width = face.detector_box_in_image.width;
    let share = width / shorter_side(frame);
    if width < config.min_face_px || share < config.min_face_share {
        Some(HintCode::TooFar)
    } else if share > config.max_face_share {
        Some(HintCode::TooClose)
    } else {
        None
    }
}

/// Everything of one frame that advice can be given on, the most urgent first.
pub(crate) fn advice(
    frame: &FrameObservation<'_>,
    face: &SeenFace,
    config: &GuidanceConfig,
) -> Option<HintCode> {
    let (across, down) = offset(frame, face);
    let quality = &face.quality;
    let found = [
        (across.hypot(down) > config.max_off_centre, HintCode::OffCentre),
        (face.mouth == MouthCover::Covered, HintCode::Covered),
        (quality.luma_mean < config.min_luma, HintCode::TooDark),
        (quality.luma_mean > config.max_luma, HintCode::TooBright),
        (quality.backlight.is_some_and(|ratio| ratio > config.max_backlight), HintCode::Backlit),
    ];
    found.into_iter().find_map(|(is_wrong, code)| is_wrong.then_some(code))
}

/// Where a face that is off the centre should go.
pub(crate) fn towards_centre(frame: &FrameObservation<'_>) -> Option<Towards> {
    let (across, down) = offset(frame, frame.only_face()?);
    Some(match (across.abs() > down.abs(), across > 0.0, down > 0.0) {
        // The right side of the frame is the person's left: from there they move to their right.
        (true, true, _) => Towards::Right,
        (true, false, _) => Towards::Left,
        (false, _, true) => Towards::Up,
        (false, _, false) => Towards::Down,
    })
}

/// The face's centre from the frame's, in shorter sides of the frame.
fn offset(frame: &FrameObservation<'_>, face: &SeenFace) -> (f32, f32) {
    let (centre, middle) = (face.face_in_image.centre(), frame.view.bounds().centre());
    let side = shorter_side(frame);
    ((centre.x - middle.x) / side, (centre.y - middle.y) / side)
}

fn shorter_side(frame: &FrameObservation<'_>) -> f32 {
    frame.view.width().min(frame.view.height()) as f32
}

/// Turns what is wrong, frame by frame, into one hint that a person can follow.
#[derive(Debug, Clone)]
pub(crate) struct Guide {
    given: Option<Hint>,
    /// What the last frames say, and since when.
    seen: Option<(HintCode, Timestamp)>,
}

impl Guide {
    pub(crate) fn new() -> Self {
        Self { given: None, seen: None }
    }

    /// Forgets what was given: another part of the capture begins.
    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }

    /// Takes what is most urgent in the newest frame; gives the hint if it is to change.
    pub(crate) fn update(
        &mut self,
        code: HintCode,
        towards: Option<Towards>,
        now: Timestamp,
        config: &GuidanceConfig,
    ) -> Option<Hint> {
        let since = match self.seen {
            Some((seen, since)) if seen == code => since,
            _ => now,
        };
        self.seen = Some((code, since));
        let next = self.next(code, towards, now - since >= onset(code, config), now, config)?;
        self.given = Some(next);
        Some(next)
    }

    fn next(
        &self,
        code: HintCode,
        towards: Option<Towards>,
        lasts: bool,
        now: Timestamp,
        config: &GuidanceConfig,
    ) -> Option<Hint> {
        let towards = towards.filter(|_| code == HintCode::OffCentre);
        let fresh = Hint { code, towards, since: now, urgency: Urgency::Brief };
        let Some(given) = self.given else { return lasts.then_some(fresh) };
        if given.code == code {
            let overdue = now - given.since >= config.escalate_after && given.urgency == Urgency::Brief;
            return overdue.then_some(Hint { urgency: Urgency::Escalated, towards, ..given });
        }
        (lasts && now - given.since >= config.dwell).then_some(fresh)
    }
}

fn onset(code: HintCode, config: &GuidanceConfig) -> Duration {
    match code {
        HintCode::SeveralFaces => config.onset_several,
        _ => config.onset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use HintCode::{HoldStill, LookAtCamera, NoFace, SeveralFaces};
    use proptest::prelude::*;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    #[track_caller]
    fn check(guide: &mut Guide, ms: u64, code: HintCode, expected: Option<(HintCode, Urgency)>) {
        let hint = guide.update(code, None, at(ms), &GuidanceConfig::default());
        assert_eq!(hint.map(|hint| (hint.code, hint.urgency)), expected, "at {ms} ms");
    }

    #[test]
    fn a_hint_begins_late_stays_and_escalates() {
        let mut guide = Guide::new();
        check(&mut guide, 0, NoFace, None);
        check(&mut guide, 200, NoFace, Some((NoFace, Urgency::Brief)));
        check(&mut guide, 300, LookAtCamera, None);
        check(&mut guide, 900, LookAtCamera, None);
        check(&mut guide, 1000, LookAtCamera, Some((LookAtCamera, Urgency::Brief)));
        check(&mut guide, 6900, LookAtCamera, None);
        check(&mut guide, 7000, LookAtCamera, Some((LookAtCamera, Urgency::Escalated)));
        check(&mut guide, 9000, LookAtCamera, None);
    }

    #[test]
    fn a_passer_by_is_not_worth_a_hint() {
        let mut guide = Guide::new();
        check(&mut guide, 0, HoldStill, None);
        check(&mut guide, 200, HoldStill, Some((HoldStill, Urgency::Brief)));
        check(&mut guide, 2000, SeveralFaces, None);
        check(&mut guide, 2400, SeveralFaces, None);
        check(&mut guide, 2450, HoldStill, None);
        check(&mut guide, 3000, SeveralFaces, None);
        check(&mut guide, 3500, SeveralFaces, Some((SeveralFaces, Urgency::Brief)));
    }

    #[test]
    fn codes_have_names_of_their_own_in_order_of_priority() {
        let names: std::collections::BTreeSet<_> = HintCode::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(names.len(), HintCode::ALL.len());
        assert!(HintCode::ALL.is_sorted());
    }

    proptest! {
        #[test]
        fn no_hint_is_shorter_than_its_dwell(steps in proptest::collection::vec((0usize..13, 1u64..400), 1..200)) {
            let config = GuidanceConfig::default();
            let (mut guide, mut now, mut last): (_, _, Option<Hint>) = (Guide::new(), 0, None);
            for (code, later) in steps {
                now += later;
                let Some(hint) = guide.update(HintCode::ALL[code], None, at(now), &config) else { continue };
                if let Some(last) = last.filter(|last| last.code != hint.code) {
                    prop_assert!(at(now) - last.since >= config.dwell);
                }
                last = Some(hint);
            }
        }
    }
}
