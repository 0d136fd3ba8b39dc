//! How bright the face and the far background are, and of which colour their brightest places.

use verilume_frame::RgbView;

use super::regions::{Region, Regions};

/// From this value on a channel is clipped. Origin: JPEG moves values by a few steps.
const CLIPPED: u8 = 250;
/// Highlights are this share of a region's pixels, the brightest that are not clipped.
const HIGHLIGHTS: f64 = 0.05;
/// Places darker than this have no colour that can be trusted.
const DARKEST_WHITE: u8 = 60;

/// Light of a frame's regions. Brightness is the largest of red, green and blue, 0..=255.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Light {
    /// Median brightness of the face.
    pub(super) face: Option<f64>,
    /// Of the far periphery.
    pub(super) far: Option<f64>,
    /// Share of clipped pixels of the face.
    pub(super) face_clipped: Option<f64>,
    /// Of the far periphery.
    pub(super) far_clipped: Option<f64>,
    /// Mean red, green and blue of the face's highlights.
    pub(super) face_white: Option<[f64; 3]>,
    /// Of the far periphery's.
    pub(super) far_white: Option<[f64; 3]>,
}

impl Light {
    /// Of every `factor`-th pixel of a frame.
    pub(super) fn of(view: RgbView<'_>, regions: &Regions, factor: u32) -> Self {
        let (mut face, mut far) = (Levels::default(), Levels::default());
        let step = factor.max(1) as usize;
        for y in (0..view.height()).step_by(step) {
            for (column, rgb) in view.row(y).chunks_exact(3).enumerate().step_by(step) {
                match regions.at((column / step) as f32, (y / factor.max(1)) as f32) {
                    Some(Region::Face) => face.add(rgb),
                    Some(Region::Far) => far.add(rgb),
                    _ => {}
                }
            }
        }
        Self {
            face: face.median(),
            far: far.median(),
            face_clipped: face.clipped(),
            far_clipped: far.clipped(),
            face_white: face.white(),
            far_white: far.white(),
        }
    }
}

/// How many pixels have which brightness, and the sums of their colours.
struct Levels([(u64, [u64; 3]); 256]);

impl Default for Levels {
    fn default() -> Self {
        Self([(0, [0; 3]); 256])
    }
}

impl Levels {
    fn add(&mut self, rgb: &[u8]) {
        let brightest = rgb.iter().copied().max().unwrap_or_default();
        let (count, sums) = &mut self.0[usize::from(brightest)];
        *count += 1;
        sums.iter_mut().zip(rgb).for_each(|(sum, value)| *sum += u64::from(*value));
    }

    fn total(&self) -> u64 {
        self.0.iter().map(|(count, _)| count).sum()
    }

    fn median(&self) -> Option<f64> {
        let total = self.total();
        let mut seen = 0;
        (0u8..=255)
            .find(|value| {
                seen += self.0[usize::from(*value)].0;
                seen * 2 >= total
            })
            .filter(|_| total > 0)
            .map(f64::from)
    }

    fn clipped(&self) -> Option<f64> {
        let clipped: u64 = self.0[usize::from(CLIPPED)..].iter().map(|(count, _)| count).sum();
        (self.total() > 0).then(|| clipped as f64 / self.total() as f64)
    }

    /// The mean colour of the brightest places that are not clipped; `None` if these are dark or lack a colour.
    fn white(&self) -> Option<[f64; 3]> {
        let (mut count, mut sums) = (0, [0; 3]);
        for level in (DARKEST_WHITE..CLIPPED).rev() {
            let (more, colours) = &self.0[usize::from(level)];
            count += more;
            sums.iter_mut().zip(colours).for_each(|(sum, colour)| *sum += colour);
            if count as f64 >= self.total() as f64 * HIGHLIGHTS {
                break;
            }
        }
        let is_enough = count > 0 && count as f64 >= self.total() as f64 * HIGHLIGHTS;
        (is_enough && sums.iter().all(|sum| *sum > 0)).then(|| sums.map(|sum| sum as f64 / count as f64))
    }
}
