//! C2: the outline of the person, cut by a straight line.
//!
//! Shoulders, hair and arms are round; scissors and the edges of paper are not. Along the outline that a segmentation
//! network draws, the longest straight run is sought, wherever it lies but at the rim of the frame, which cuts everybody.
//! The value is less its length in face widths. Needs a mask of the person. Sleeves, a chair's back and a counter before
//! the person are straight as well: weak evidence.

use verilume_frame::Point2;

use super::outline::Outline;
use crate::Cue;
use crate::stats::median;

/// Name of the cue.
pub const MASK_CUT: &str = "mask_cut";

/// A run may leave its line by this much to either side, face widths. Origin: the grid's own steps on a face that is a
/// tenth of the frame wide.
const STRAIGHT: f32 = 0.04;
/// A run may miss this much of its line, face widths.
const GAP: f32 = 0.1;
/// Directions that are tried, over half a turn.
const DIRECTIONS: u8 = 48;

/// What was found in the masks looked at.
#[derive(Default)]
pub(super) struct MaskCut {
    longest: Vec<f64>,
}

impl MaskCut {
    /// Looks at an outline; `face_width` as a share of the frame's.
    pub(super) fn push(&mut self, outline: &Outline, face_width: f32) {
        let is_usable = face_width > 0.0 && !outline.points().is_empty();
        if is_usable {
            let in_faces = |point: &Point2| Point2::new(point.x / face_width, point.y / face_width);
            let points: Vec<Point2> = outline.points().iter().map(in_faces).collect();
            let runs = (0..DIRECTIONS).map(|at| longest_run(&points, at));
            self.longest.push(f64::from(runs.fold(0.0, f32::max)));
        }
    }
}

/// Less the length of the longest straight run.
pub(super) fn cue(cut: &MaskCut) -> Cue {
    let cue = Cue::of(
        MASK_CUT,
        "face widths",
        "the outline of the person is round",
        "the outline of the person is cut by a straight line, as by scissors or an edge",
    );
    let value = median(&mut cut.longest.clone()).map(|longest| -longest);
    Cue { value: value.ok_or_else(|| "no outline of a person was seen".to_owned()), ..cue }
}

/// The longest run of points along any line of one direction, face widths.
fn longest_run(points: &[Point2], direction: u8) -> f32 {
    let (sin, cos) = (std::f32::consts::PI * f32::from(direction) / f32::from(DIRECTIONS)).sin_cos();
    // Lines of the width that a run may have, each overlapping the next by half.
    let mut placed: Vec<(i64, f32)> = Vec::with_capacity(2 * points.len());
    for point in points {
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and is bounded by the grid")]
        let line = ((point.x * cos + point.y * sin) / STRAIGHT).floor() as i64;
        let along = point.y * cos - point.x * sin;
        placed.extend([(line, along), (line + 1, along)]);
    }
    placed.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let (mut longest, mut began) = (0.0f32, 0);
    for at in 1..placed.len() {
        let (before, now) = (placed[at - 1], placed[at]);
        if now.0 != before.0 || now.1 - before.1 > GAP {
            began = at;
        }
        longest = longest.max(now.1 - placed[began].1);
    }
    longest
}

#[cfg(test)]
mod tests {
    use verilume_vision::models::PersonGrid;

    use super::*;

    const SIDE: usize = 128;

    /// A head above shoulders, kept where `keep` says so.
    fn person(keep: impl Fn(f32, f32) -> bool) -> PersonGrid {
        let value = |at: usize| {
            let (x, y) = ((at % SIDE) as f32 / SIDE as f32, (at / SIDE) as f32 / SIDE as f32);
            let head = ((x - 0.5) / 0.13).powi(2) + ((y - 0.35) / 0.18).powi(2);
            let body = ((x - 0.5) / 0.36).powi(2) + ((y - 1.05) / 0.5).powi(2);
            let edge = (1.0 - head.min(body)) * 4.0;
            if keep(x, y) { 1.0 / (1.0 + (-edge).exp()) } else { 0.0 }
        };
        PersonGrid::new(SIDE, (0..SIDE * SIDE).map(value).collect()).unwrap()
    }

    fn found(grid: &PersonGrid) -> f64 {
        let mut cut = MaskCut::default();
        cut.push(&Outline::of(grid, 1.0), 0.2);
        -cue(&cut).value.unwrap()
    }

    #[test]
    fn scissors_leave_straight_lines_and_a_body_does_not() {
        let whole = found(&person(|_, _| true));
        let cut = found(&person(|x, y| y < 0.8 && x + 0.3 * y < 0.9));
        assert!(whole < 1.4 && cut > 2.0, "{whole} against {cut}");
    }

    #[test]
    fn the_rim_of_the_frame_and_an_empty_mask_are_no_cut() {
        let rim = found(&person(|_, y| y < 0.99));
        assert!(rim < 1.4, "{rim}");
        let mut cut = MaskCut::default();
        cut.push(&Outline::of(&person(|_, _| false), 1.0), 0.2);
        cut.push(&Outline::of(&person(|_, _| true), 1.0), 0.0);
        assert!(cue(&cut).value.is_err());
    }
}
