//! The outline of the person, as a segmentation network draws it.

use verilume_frame::Point2;
use verilume_vision::models::PersonGrid;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// From this probability on a place belongs to the person.
const PERSON: f32 = 0.5;
/// The outline nearer than this to the rim, as a share of the frame, is the rim's work.
const RIM: f32 = 0.04;

/// Where the person ends, in widths of the frame from its corner. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Outline {
    points: Vec<Point2>,
    side: usize,
    is_person: Vec<bool>,
    /// The frame's height over its width.
    aspect: f32,
}

impl Outline {
    /// Where the probability passes one half between neighbours. `aspect`: the frame's height over its width.
    pub(super) fn of(person: &PersonGrid, aspect: f32) -> Self {
        let (side, grid) = (person.side(), person.probabilities());
        let inside = |at: f32| (RIM..=1.0 - RIM).contains(&at);
        let mut points = Vec::new();
        let mut between = |a: usize, b: usize, across: (f32, f32)| {
            let (from, to) = (grid[a], grid[b]);
            if (from >= PERSON) == (to >= PERSON) || !(from - to).is_finite() {
                return;
            }
            let part = (PERSON - from) / (to - from);
            let x = ((a % side) as f32 + 0.5 + part * across.0) / side as f32;
            let y = ((a / side) as f32 + 0.5 + part * across.1) / side as f32;
            if inside(x) && inside(y) {
                points.push(Point2::new(x, y * aspect));
            }
        };
        for row in 0..side {
            for column in 0..side {
                let at = row * side + column;
                if column + 1 < side {
                    between(at, at + 1, (1.0, 0.0));
                }
                if row + 1 < side {
                    between(at, at + side, (0.0, 1.0));
                }
            }
        }
        Self { points, side, is_person: grid.iter().map(|value| *value >= PERSON).collect(), aspect }
    }

    /// Its points, in no order.
    pub(super) fn points(&self) -> &[Point2] {
        &self.points
    }

    /// How far a place lies beyond the outline, widths of the frame; negative within the person. `None` without an
    /// outline, or out of the frame.
    pub(super) fn beyond(&self, place: Point2) -> Option<f32> {
        let cell = |at: f32| {
            let along = at * self.side as f32;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the grid")]
            (along >= 0.0 && along < self.side as f32).then_some(along as usize)
        };
        let (column, row) = (cell(place.x)?, cell(place.y / self.aspect)?);
        let nearest = self.points.iter().map(|point| point.distance(place)).min_by(f32::total_cmp)?;
        Some(if self.is_person[row * self.side + column] { -nearest } else { nearest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lie_within_the_person_or_beyond() {
        const SIDE: usize = 64;
        // The left quarter of a frame that is twice as high as wide.
        let grid = (0..SIDE * SIDE).map(|at| if at % SIDE < SIDE / 4 { 1.0 } else { 0.0 }).collect();
        let outline = Outline::of(&PersonGrid::new(SIDE, grid).unwrap(), 2.0);
        let beyond = |x: f32, y: f32| outline.beyond(Point2::new(x, y)).unwrap();
        assert!((beyond(0.75, 1.0) - 0.5).abs() < 0.01 && (beyond(0.15, 0.4) + 0.1).abs() < 0.01);
        assert_eq!(outline.beyond(Point2::new(0.5, 2.1)), None);
        assert_eq!(outline.beyond(Point2::new(f32::NAN, 0.1)), None);
        let nobody = Outline::of(&PersonGrid::new(SIDE, vec![0.0; SIDE * SIDE]).unwrap(), 1.0);
        assert_eq!(nobody.beyond(Point2::new(0.5, 0.5)), None);
    }
}
