//! Luma of a frame as floats, and its pyramid.

use std::fmt;

use verilume_frame::{RgbView, luma_from_rgb};
use zeroize::Zeroize as _;

/// Luma of a frame, 0..=255.
pub struct GreyImage {
    width: usize,
    height: usize,
    pixels: Vec<f32>,
}

impl GreyImage {
    /// The luma of a frame.
    pub fn new(view: RgbView<'_>) -> Self {
        let (width, height) = (view.width() as usize, view.height() as usize);
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..view.height() {
            pixels.extend(view.row(y).chunks_exact(3).map(|rgb| luma_from_rgb([rgb[0], rgb[1], rgb[2]])));
        }
        Self { width, height, pixels }
    }

    /// The luma of a frame, `factor` x `factor` pixels to one; what is left over at the right and below is dropped. A
    /// frame smaller than that stays as it is.
    pub fn reduced(view: RgbView<'_>, factor: u32) -> Self {
        let (width, height) =
            ((view.width() / factor.max(1)) as usize, (view.height() / factor.max(1)) as usize);
        if factor <= 1 || width == 0 || height == 0 {
            return Self::new(view);
        }
        let mut pixels = vec![0.0f32; width * height];
        let side = factor as usize;
        for y in 0..height * side {
            #[expect(clippy::cast_possible_truncation, reason = "below the view's height")]
            let row = view.row(y as u32);
            let sums = &mut pixels[y / side * width..][..width];
            for (sum, block) in sums.iter_mut().zip(row.chunks_exact(3 * side)) {
                *sum += block.chunks_exact(3).map(|rgb| luma_from_rgb([rgb[0], rgb[1], rgb[2]])).sum::<f32>();
            }
        }
        let share = 1.0 / (side * side) as f32;
        pixels.iter_mut().for_each(|sum| *sum *= share);
        Self { width, height, pixels }
    }

    /// Pixels across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// A row, from the left.
    ///
    /// # Panics
    /// If `y` is not below the height.
    pub fn row(&self, y: usize) -> &[f32] {
        &self.pixels[y * self.width..][..self.width]
    }

    /// Half the size, after a binomial filter of five taps.
    fn halved(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let mut across = Vec::with_capacity(width * self.height);
        for y in 0..self.height {
            let row = self.row(y);
            across.extend((0..width).map(|x| smooth(2 * x, self.width, |at| row[at])));
        }
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            pixels.extend((0..width).map(|x| smooth(2 * y, self.height, |at| across[at * width + x])));
        }
        across.zeroize();
        Self { width, height, pixels }
    }

    /// The `SIDE` x `SIDE` pixels around a place, interpolated; beyond the rim its pixels repeat.
    pub(super) fn patch<const SIDE: usize>(&self, x: f32, y: f32, out: &mut [[f32; SIDE]; SIDE]) {
        let half = (SIDE / 2) as f32;
        let (left, top) = (x - half, y - half);
        let (column, row) = (left.floor(), top.floor());
        let (fx, fy) = (left - column, top - row);
        #[expect(clippy::cast_possible_truncation, reason = "places lie within or near the image")]
        let (column, row) = (column as isize, row as isize);
        let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
        let inside = column >= 0
            && row >= 0
            && column as usize + SIDE < self.width
            && row as usize + SIDE < self.height;
        for (dy, line) in out.iter_mut().enumerate() {
            if inside {
                let above = &self.row(row as usize + dy)[column as usize..][..=SIDE];
                let below = &self.row(row as usize + dy + 1)[column as usize..][..=SIDE];
                for (dx, value) in line.iter_mut().enumerate() {
                    *value = weights[0] * above[dx]
                        + weights[1] * above[dx + 1]
                        + weights[2] * below[dx]
                        + weights[3] * below[dx + 1];
                }
            } else {
                for (dx, value) in line.iter_mut().enumerate() {
                    let at =
                        |x: isize, y: isize| self.clamped(column + dx as isize + x, row + dy as isize + y);
                    *value = weights[0] * at(0, 0)
                        + weights[1] * at(1, 0)
                        + weights[2] * at(0, 1)
                        + weights[3] * at(1, 1);
                }
            }
        }
    }

    fn clamped(&self, x: isize, y: isize) -> f32 {
        let within = |at: isize, count: usize| at.clamp(0, count as isize - 1) as usize;
        self.row(within(y, self.height))[within(x, self.width)]
    }
}

impl Drop for GreyImage {
    fn drop(&mut self) {
        self.pixels.zeroize();
    }
}

impl fmt::Debug for GreyImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GreyImage {{ {} x {}, [redacted] }}", self.width, self.height)
    }
}

/// Binomial filter of five taps at a place of a line; the rim repeats.
fn smooth(at: usize, count: usize, value: impl Fn(usize) -> f32) -> f32 {
    let near = |offset: isize| value((at as isize + offset).clamp(0, count as isize - 1) as usize);
    (near(-2) + near(2) + 4.0 * (near(-1) + near(1)) + 6.0 * near(0)) / 16.0
}

/// A frame at several scales, each half the one before.
#[derive(Debug)]
pub struct Pyramid {
    levels: Vec<GreyImage>,
}

/// The least side of a level, pixels: a window must fit.
const MIN_SIDE: usize = 24;

impl Pyramid {
    /// At most `levels` scales (at least the full one) of a frame; fewer for a small frame.
    pub fn new(view: RgbView<'_>, levels: usize) -> Self {
        Self::of(GreyImage::new(view), levels)
    }

    /// The same of an image.
    pub fn of(image: GreyImage, levels: usize) -> Self {
        let mut all = vec![image];
        while all.len() < levels {
            let half = all[all.len() - 1].halved();
            if half.width.min(half.height) < MIN_SIDE {
                break;
            }
            all.push(half);
        }
        Self { levels: all }
    }

    /// The full scale.
    pub fn base(&self) -> &GreyImage {
        &self.levels[0]
    }

    /// All scales, the full one first.
    pub(super) fn levels(&self) -> &[GreyImage] {
        &self.levels
    }
}
