//! The static evidence of a capture, frame by frame: texture, surroundings, how the frames came.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use verilume_frame::{Frame, Timestamp};
use verilume_vision::models::{ModelError, ScoreTexture, SegmentPerson, TextureView};
use verilume_vision::{Attention, FaceObservation, TrackedFrame};

use crate::fusion::CaptureEvidence;
use crate::periphery::{NOISE_REPETITION, PeripheryFrame, PeripheryObserver, REPETITION};
use crate::{Cue, InjectionObservations, TextureEvidence};

/// The texture networks look at a frame this often. Origin: neighbouring frames tell them nothing new, and at 10 ms a
/// view this keeps their share of a live stream's time below 20 %.
const TEXTURE_EVERY: Duration = Duration::from_millis(200);
/// After this many looks they stop: the mean no longer moves.
const MAX_TEXTURE_LOOKS: usize = 30;
/// The outline of the person is looked at this often, and no more than this many times. Origin: as above; twice in the
/// natural hold.
const PERSON_EVERY: Duration = Duration::from_millis(700);
const MAX_PERSON_LOOKS: u32 = 8;
/// Sizes of the crop in one look, as it is and mirrored: the networks are sensitive to the crop, and their mean less so.
/// The first look, the only one at a single image, takes all of them, later ones every other: that costs half, and over a
/// capture all are taken. Origin: reasoning; such networks are trained on pictures that were cut and mirrored at random.
const TEXTURE_VIEWS: [TextureView; 6] = [
    TextureView { zoom: 0.94, mirrored: false },
    TextureView { zoom: 0.94, mirrored: true },
    TextureView { zoom: 1.0, mirrored: false },
    TextureView { zoom: 1.0, mirrored: true },
    TextureView { zoom: 1.06, mirrored: false },
    TextureView { zoom: 1.06, mirrored: true },
];
/// A second face counts as a rival from this share of the main face's area. Origin: half its width and height.
const RIVAL_AREA_SHARE: f32 = 0.25;

/// What a capture gave besides a flash's answer.
#[derive(Debug, Clone)]
pub struct StaticEvidence {
    /// For the fusion; without a flash.
    pub capture: CaptureEvidence,
    /// How the frames came.
    pub injection: InjectionObservations,
}

/// The networks behind the static evidence.
#[derive(Clone)]
pub struct StaticModels {
    /// Tells skin from paper and displays, or why it is not there.
    pub texture: Result<Arc<dyn ScoreTexture>, String>,
    /// Tells the person from the background.
    pub person: Arc<dyn SegmentPerson>,
}

impl fmt::Debug for StaticModels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StaticModels")
    }
}

/// Gathers the static evidence of one capture. Fed every frame with the faces in it, in order of time.
pub struct StaticObserver {
    models: StaticModels,
    texture_scores: Vec<f32>,
    texture_looked_at: Option<Timestamp>,
    person_looked_at: Option<Timestamp>,
    person_looks: u32,
    periphery: PeripheryObserver,
    capture: CaptureEvidence,
    injection: InjectionObservations,
    frame_size: Option<(u32, u32)>,
}

impl StaticObserver {
    /// An observer that has seen nothing.
    pub fn new(models: StaticModels) -> Self {
        Self {
            models,
            texture_scores: Vec::new(),
            texture_looked_at: None,
            person_looked_at: None,
            person_looks: 0,
            periphery: PeripheryObserver::new(),
            capture: CaptureEvidence::default(),
            injection: InjectionObservations::default(),
            frame_size: None,
        }
    }

    /// Lets the texture networks look at the main face, if it is time: the probability of "live", 0..=1.
    pub fn look_at_texture(
        &mut self,
        frame: &Frame,
        tracked: &TrackedFrame,
    ) -> Result<Option<f32>, ModelError> {
        let (Ok(texture), Some(face)) = (&self.models.texture, tracked.primary()) else { return Ok(None) };
        let due =
            self.texture_looked_at.is_none_or(|looked_at| frame.captured_at - looked_at >= TEXTURE_EVERY);
        if !due || self.texture_scores.len() >= MAX_TEXTURE_LOOKS {
            return Ok(None);
        }
        let looks = self.texture_scores.len();
        let (first, step) = if looks == 0 { (0, 1) } else { (looks % 2, 2) };
        let views = TEXTURE_VIEWS.iter().skip(first).step_by(step);
        let face = face.detector_box_in_image;
        let scores =
            views.map(|view| texture.score(frame.view(), face, *view)).collect::<Result<Vec<_>, _>>()?;
        let score = scores.iter().sum::<f32>() / scores.len() as f32;
        self.texture_looked_at = Some(frame.captured_at);
        self.texture_scores.push(score);
        Ok(Some(score))
    }

    /// Looks at the outline of the person around the main face, if it is time.
    pub fn look_at_person(&mut self, frame: &Frame, tracked: &TrackedFrame) -> Result<(), ModelError> {
        let Some(face) = tracked.primary() else { return Ok(()) };
        let due = self.person_looked_at.is_none_or(|at| frame.captured_at - at >= PERSON_EVERY);
        if due && self.person_looks < MAX_PERSON_LOOKS {
            self.person_looked_at = Some(frame.captured_at);
            self.person_looks += 1;
            let view = frame.view();
            let person = self.models.person.segment(view)?;
            let size = (view.width(), view.height());
            self.periphery.look_at_person(&person, face.detector_box_in_image, size);
        }
        Ok(())
    }

    /// Follows what surrounds the main face, and counts; `attention` is that of the main face.
    pub fn follow(&mut self, frame: &Frame, tracked: &TrackedFrame, attention: Option<Attention>) {
        self.periphery.push(&PeripheryFrame {
            captured_at: frame.captured_at,
            view: frame.view(),
            face: tracked.primary().map(|face| face.detector_box_in_image),
        });
        let rivals = |main: &FaceObservation| {
            let bound = main.face_in_image.area() * RIVAL_AREA_SHARE;
            tracked.faces.iter().skip(1).any(|face| face.face_in_image.area() >= bound)
        };
        let counts = &mut self.capture;
        counts.frames_read += 1;
        counts.frames_with_face += u64::from(!tracked.faces.is_empty());
        counts.frames_looking += u64::from(attention.is_some_and(|attention| attention.looking_at_camera));
        counts.frames_with_several_faces += u64::from(tracked.primary().is_some_and(rivals));
        self.note_delivery(frame);
    }

    /// How the frames come, whatever is in them.
    fn note_delivery(&mut self, frame: &Frame) {
        let size = (frame.view().width(), frame.view().height());
        let is_changed = self.frame_size.replace(size).is_some_and(|before| before != size);
        self.injection.size_changes += u32::from(is_changed);
        self.injection.captured_at.push(frame.captured_at);
    }

    /// All that was gathered.
    pub fn finish(self) -> StaticEvidence {
        let texture = match self.models.texture {
            Ok(_) => TextureEvidence::Scored(self.texture_scores),
            Err(reason) => TextureEvidence::Unavailable(reason),
        };
        let periphery = self.periphery.finish();
        let value = |name: &str| periphery.iter().find(|cue| cue.name == name).and_then(Cue::finite);
        let (repeated, noise_repeated) = (value(REPETITION), value(NOISE_REPETITION));
        let cues = std::iter::once(texture.cue()).chain(periphery).collect();
        StaticEvidence {
            capture: CaptureEvidence { cues, ..self.capture },
            injection: InjectionObservations {
                repeated_share: repeated.map(|value| -value),
                noise_repeated_share: noise_repeated.map(|value| -value),
                ..self.injection
            },
        }
    }
}

impl fmt::Debug for StaticObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticObserver").field("frames", &self.capture.frames_read).finish_non_exhaustive()
    }
}
