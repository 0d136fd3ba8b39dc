//! C3: highlights that stay put while the face moves.
//!
//! The glass of a display mirrors lamps and windows: bright streaks that stay in the frame where they are while the face
//! under them moves. On skin a highlight goes along with the face. The brightest places of the first frame are looked for
//! again in the frame in which the face had moved most, where they were and where the face took them; the value is the
//! logarithm of the shares found there and here. Does not apply without highlights, or while the face moves by less than
//! their size. Spectacles mirror as well, and a wall behind thin hair is bright: weak evidence.

use verilume_frame::Point2;
use verilume_vision::flow::GreyImage;

use super::regions::{Region, Regions};
use super::window::Measured;
use super::{LOG_RATIO, over_windows};
use crate::Cue;

/// Name of the cue.
pub const GLASS_STREAKS: &str = "glass_streaks";

/// A place is a highlight if it is brighter than what lies this far to its four sides, as a share of the face's width.
const AROUND: f32 = 0.12;
/// By this much, steps of 8 bits. Origin: reasoning, ten times the noise of an indoor camera.
const BRIGHTER: f32 = 25.0;
/// Fewer places are no highlight, and more than this add nothing but cost.
const LEAST_PLACES: usize = 6;
const MOST_PLACES: usize = 400;
/// The face must have moved by this much, pixels. Origin: the reach of a highlight's own flank.
const LEAST_MOTION: f32 = 3.0;
/// Added to both shares.
const FEW: f64 = 0.05;

/// The highlights of a window's first frame, and where they were found again.
pub(super) struct Streaks {
    places: Vec<Point2>,
    around: f32,
    moved: f32,
    /// Shares of them that stayed, and that went along.
    stayed: f64,
    went_along: f64,
}

impl Streaks {
    pub(super) fn begin(image: &GreyImage, regions: &Regions) -> Self {
        let around = (AROUND * regions.face_width()).max(2.0);
        let mut places = Vec::new();
        for y in 0..image.height() {
            for x in 0..image.width() {
                let (x, y) = (x as f32, y as f32);
                if regions.at(x, y) == Some(Region::Face) && is_highlight(image, x, y, around) {
                    places.push(Point2::new(x, y));
                }
            }
        }
        // Every so many of them, so that no part of the face is preferred.
        let step = places.len().div_ceil(MOST_PLACES).max(1);
        let places = places.into_iter().step_by(step).collect();
        Self { places, around, moved: 0.0, stayed: 0.0, went_along: 0.0 }
    }

    /// Takes a frame; `shift`: how the face has moved since the first.
    pub(super) fn push(&mut self, image: &GreyImage, shift: Point2) {
        let moved = shift.x.hypot(shift.y);
        if self.places.len() < LEAST_PLACES || moved < LEAST_MOTION || moved <= self.moved {
            return;
        }
        let share = |shift: Point2| {
            let is_there =
                |place: &&Point2| is_highlight(image, place.x + shift.x, place.y + shift.y, self.around);
            self.places.iter().filter(is_there).count() as f64 / self.places.len() as f64
        };
        (self.stayed, self.went_along) = (share(Point2::new(0.0, 0.0)), share(shift));
        self.moved = moved;
    }

    /// ln of what went along over what stayed; `None` without highlights or motion.
    pub(super) fn went_along(&self) -> Option<f64> {
        (self.moved > 0.0).then(|| ((self.went_along + FEW) / (self.stayed + FEW)).ln())
    }
}

fn is_highlight(image: &GreyImage, x: f32, y: f32, around: f32) -> bool {
    let at = |x: f32, y: f32| {
        let inside = x >= 0.0 && y >= 0.0 && x < image.width() as f32 && y < image.height() as f32;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the image")]
        inside.then(|| image.row(y as usize)[x as usize])
    };
    let Some(here) = at(x, y) else { return false };
    let sides = [(around, 0.0), (-around, 0.0), (0.0, around), (0.0, -around)];
    // Of a streak, two opposite sides are as bright as it is.
    let darker =
        sides.map(|(right, down)| at(x + right, y + down).is_some_and(|side| here - side > BRIGHTER));
    (darker[0] && darker[1]) || (darker[2] && darker[3])
}

/// Whether highlights go along with the face.
pub(super) fn cue(windows: &[Measured]) -> Cue {
    let cue = Cue::of(
        GLASS_STREAKS,
        LOG_RATIO,
        "highlights go along with the face",
        "highlights stay put while the face moves, as on the glass of a display",
    );
    over_windows(cue, windows, |measured| {
        measured.highlights_went_along.ok_or("no highlight on a face that moves far enough")
    })
}
