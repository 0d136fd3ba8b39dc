//! How bright the face and the far background are.

use verilume_frame::RgbView;

use super::regions::{Region, Regions};

/// Brightness of a frame's regions: the largest of red, green and blue, 0..=255, median over the pixels.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Light {
    /// Of the face.
    pub(super) face: Option<f64>,
    /// Of the far periphery.
    pub(super) far: Option<f64>,
}

impl Light {
    /// Of every `factor`-th pixel of a frame.
    pub(super) fn of(view: RgbView<'_>, regions: &Regions, factor: u32) -> Self {
        let (mut face, mut far) = ([0u64; 256], [0u64; 256]);
        let step = factor.max(1) as usize;
        for y in (0..view.height()).step_by(step) {
            for (column, rgb) in view.row(y).chunks_exact(3).enumerate().step_by(step) {
                let at = regions.at((column / step) as f32, (y / factor.max(1)) as f32);
                let brightest = usize::from(rgb[0].max(rgb[1]).max(rgb[2]));
                match at {
                    Some(Region::Face) => face[brightest] += 1,
                    Some(Region::Far) => far[brightest] += 1,
                    _ => {}
                }
            }
        }
        Self { face: median_of(&face), far: median_of(&far) }
    }
}

/// The median of a histogram.
fn median_of(counts: &[u64; 256]) -> Option<f64> {
    let total: u64 = counts.iter().sum();
    let mut seen = 0;
    (0u8..=255)
        .find(|value| {
            seen += counts[usize::from(*value)];
            seen * 2 >= total
        })
        .filter(|_| total > 0)
        .map(f64::from)
}
