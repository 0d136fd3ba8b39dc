//! Where the person is, as a segmentation network says it.

/// A grid of probabilities laid over the whole frame, row by row from the top.
#[derive(Debug, Clone, Copy)]
pub struct PersonMask<'a> {
    width: usize,
    height: usize,
    probabilities: &'a [f32],
}

impl<'a> PersonMask<'a> {
    /// `None` unless there is one probability for each of `width * height` grid cells.
    pub fn new(width: usize, height: usize, probabilities: &'a [f32]) -> Option<Self> {
        let fits = width > 0 && height > 0 && width.checked_mul(height) == Some(probabilities.len());
        fits.then_some(Self { width, height, probabilities })
    }

    /// The largest probability over a rectangle given in units of the frame (0..=1 both ways). A probability that is
    /// not a number counts as 1: unknown is not background.
    pub(super) fn largest_within(&self, left: f32, top: f32, right: f32, bottom: f32) -> f32 {
        let (from_x, to_x) = grid_range(left, right, self.width);
        let (from_y, to_y) = grid_range(top, bottom, self.height);
        let rows =
            (from_y..=to_y).map(|y| &self.probabilities[y * self.width + from_x..=y * self.width + to_x]);
        rows.flatten().map(|p| if p.is_nan() { 1.0 } else { *p }).fold(0.0, f32::max)
    }
}

/// The grid cells that a span of 0..=1 touches, at least one.
fn grid_range(from: f32, to: f32, count: usize) -> (usize, usize) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "float casts saturate; clamped"
    )]
    let cell = |at: f32| ((at * count as f32).floor().max(0.0) as usize).min(count - 1);
    let (from, to) = (cell(from), cell(to));
    (from, to.max(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_probability_of_a_region_counts() {
        let grid = [0.0, 0.1, 0.9, f32::NAN];
        let mask = PersonMask::new(2, 2, &grid).unwrap();
        assert_eq!(mask.largest_within(0.0, 0.0, 0.4, 0.4), 0.0);
        assert_eq!(mask.largest_within(0.0, 0.0, 0.6, 0.4), 0.1);
        assert_eq!(mask.largest_within(0.6, 0.6, 9.0, 9.0), 1.0);
        assert!(PersonMask::new(2, 2, &grid[1..]).is_none());
    }
}
