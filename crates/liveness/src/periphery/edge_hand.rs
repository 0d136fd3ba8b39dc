//! C2: a hand on the edge of a medium.
//!
//! Whoever holds paper or a phone before a camera shows fingers at its edge: a piece of skin, of the face's own hue, that
//! begins at a straight line and is shorter than it. Looked for just beyond each straight edge that [`super::boundary`]
//! found; applies only where there is one. The value is less the length of the longest such piece, in face widths. Wood,
//! walls and a live person's own hand or shoulder have the hue of skin as well: weak evidence.

use verilume_frame::RgbView;

use super::boundary::{Edge, LENGTH};
use super::regions::{Region, Regions};
use crate::Cue;
use crate::stats::median;

/// Name of the cue.
pub const EDGE_HAND: &str = "edge_hand";

/// A line is an edge from this share on. Origin: the cue of straight edges is at its centre there.
const EDGE: f32 = 0.75;
/// How far beyond the edge skin is looked for, face widths.
const BEYOND: [f32; 3] = [0.04, 0.1, 0.16];
/// A piece this long is a finger; from there on it is a wall. Face widths. Origin: reasoning; a finger is a ninth of a
/// face wide, a fist two thirds.
const FINGER: f32 = 0.1;
const FIST: f32 = 0.8;
/// Hues differ by at most this much from the face's median, as shares of red and green in all light. Origin: reasoning;
/// within a face most pixels do.
const SAME_HUE: f64 = 0.02;
/// Skin is at least this bright, and at most, over the face's median.
const AS_BRIGHT: (f64, f64) = (0.35, 1.8);

/// What was found at the edges looked at.
#[derive(Default)]
pub(super) struct EdgeHand {
    pieces: Vec<f64>,
}

impl EdgeHand {
    /// Looks beyond the edges of a frame; places are those of the frame reduced by `factor`.
    pub(super) fn push(&mut self, view: RgbView<'_>, factor: u32, regions: &Regions, edges: &[Edge]) {
        let edges: Vec<&Edge> = edges.iter().filter(|edge| edge.share >= EDGE).collect();
        let Some(skin) = Skin::of(view, factor, regions).filter(|_| !edges.is_empty()) else { return };
        let pieces = edges.into_iter().map(|edge| longest_piece(view, factor, regions, &skin, edge));
        self.pieces.push(f64::from(pieces.fold(0.0, f32::max)));
    }
}

/// Less the length of the longest piece of skin at an edge.
pub(super) fn cue(hand: &EdgeHand) -> Cue {
    let cue = Cue::of(
        EDGE_HAND,
        "face widths",
        "no hand holds an edge around the face",
        "a hand at a straight edge beside the face, as whoever holds a picture has it there",
    );
    let value = median(&mut hand.pieces.clone()).map(|piece| 0.0 - piece);
    Cue { value: value.ok_or_else(|| "no straight edge is there for a hand to hold".to_owned()), ..cue }
}

/// The face's own colour.
struct Skin {
    hue: [f64; 2],
    light: f64,
}

impl Skin {
    fn of(view: RgbView<'_>, factor: u32, regions: &Regions) -> Option<Self> {
        let step = factor.max(1) as usize;
        let (mut red, mut green, mut light) = (Vec::new(), Vec::new(), Vec::new());
        for y in (0..view.height()).step_by(2 * step) {
            for (column, rgb) in view.row(y).chunks_exact(3).enumerate().step_by(2 * step) {
                let (x, y) = ((column / step) as f32, (y / factor.max(1)) as f32);
                if let Some((hue, bright)) = colour(rgb).filter(|_| regions.at(x, y) == Some(Region::Face)) {
                    red.push(hue[0]);
                    green.push(hue[1]);
                    light.push(bright);
                }
            }
        }
        Some(Self { hue: [median(&mut red)?, median(&mut green)?], light: median(&mut light)? })
    }

    fn is_like(&self, rgb: &[u8]) -> bool {
        let Some((hue, light)) = colour(rgb) else { return false };
        let apart = (hue[0] - self.hue[0]).hypot(hue[1] - self.hue[1]);
        (AS_BRIGHT.0..AS_BRIGHT.1).contains(&(light / self.light)) && apart <= SAME_HUE
    }
}

/// Shares of red and green, and the sum; `None` for black.
fn colour(rgb: &[u8]) -> Option<([f64; 2], f64)> {
    let [red, green, blue] = *rgb else { return None };
    let sum = f64::from(red) + f64::from(green) + f64::from(blue);
    (sum > 0.0).then(|| ([f64::from(red) / sum, f64::from(green) / sum], sum))
}

/// The longest piece of skin beyond an edge that is neither too short nor too long for a hand, face widths.
fn longest_piece(view: RgbView<'_>, factor: u32, regions: &Regions, skin: &Skin, edge: &Edge) -> f32 {
    const STEP: f32 = 2.0;
    let width = regions.face_width();
    let is_skin = |along: f32, beyond: f32| {
        let away = edge.away + beyond * width;
        let x = regions.centre().x + edge.normal.0 * away - edge.normal.1 * along;
        let y = regions.centre().y + edge.normal.1 * away + edge.normal.0 * along;
        pixel(view, x * factor as f32, y * factor as f32).is_some_and(|rgb| skin.is_like(rgb))
    };
    let (mut longest, mut piece) = (0.0f32, 0.0f32);
    let mut along = -LENGTH * width / 2.0;
    while along <= LENGTH * width / 2.0 + STEP {
        let is_within = along <= LENGTH * width / 2.0;
        if is_within && BEYOND.iter().all(|beyond| is_skin(along, *beyond)) {
            piece += STEP / width;
        } else {
            if (FINGER..=FIST).contains(&piece) {
                longest = longest.max(piece);
            }
            piece = 0.0;
        }
        along += STEP;
    }
    longest
}

fn pixel(view: RgbView<'_>, x: f32, y: f32) -> Option<&[u8]> {
    let inside = x >= 0.0 && y >= 0.0 && x < view.width() as f32 && y < view.height() as f32;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "inside the frame")]
    let (column, row) = inside.then_some((x as usize, y as u32))?;
    view.row(row).get(3 * column..3 * column + 3)
}
