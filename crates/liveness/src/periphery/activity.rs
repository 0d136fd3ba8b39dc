//! How much the picture changes from frame to frame.

use verilume_frame::RgbView;
use zeroize::Zeroize as _;

use super::regions::{Region, Regions};

/// Mean change of each looked-at pixel, every other one along both sides. Wiped when dropped.
pub(super) struct Activity {
    regions: Regions,
    step: usize,
    columns: usize,
    last: Vec<u8>,
    changes: Vec<f32>,
    steps: u32,
}

impl Activity {
    pub(super) fn begin(view: RgbView<'_>, regions: &Regions, factor: u32) -> Self {
        let step = 2 * factor.max(1) as usize;
        let last = sampled(view, step);
        Self {
            regions: *regions,
            step,
            columns: (view.width() as usize).div_ceil(step),
            changes: vec![0.0; last.len()],
            last,
            steps: 0,
        }
    }

    /// Takes the next frame, of the same size.
    pub(super) fn push(&mut self, view: RgbView<'_>) {
        let now = sampled(view, self.step);
        for ((change, now), last) in self.changes.iter_mut().zip(&now).zip(&self.last) {
            *change += f32::from(now.abs_diff(*last));
        }
        self.last.zeroize();
        self.last = now;
        self.steps += 1;
    }

    /// The median over a region of the mean change, in steps of 8 bits; `None` for no change of frame or no pixels.
    pub(super) fn of(&self, region: Region) -> Option<f64> {
        let inside = |at: usize| {
            let (x, y) = (at % self.columns * 2, at / self.columns * 2);
            self.regions.at(x as f32, y as f32) == Some(region)
        };
        let pixels = self.changes.chunks_exact(3).enumerate().filter(|(at, _)| inside(*at));
        let mut changes: Vec<f64> =
            pixels.flat_map(|(_, change)| change).map(|change| f64::from(*change)).collect();
        let median = crate::stats::median(&mut changes)?;
        (self.steps > 0).then(|| median / f64::from(self.steps))
    }
}

fn sampled(view: RgbView<'_>, step: usize) -> Vec<u8> {
    let rows = (0..view.height()).step_by(step);
    rows.flat_map(|y| view.row(y).chunks_exact(3).step_by(step).flatten().copied()).collect()
}

impl Drop for Activity {
    fn drop(&mut self) {
        self.last.zeroize();
        self.changes.zeroize();
    }
}
