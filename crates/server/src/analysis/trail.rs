//! What an attempt leaves behind by which it would be known if it were sent again.

use std::fmt;

use verilume_liveness::flash::{FlashTraces, PatchMean};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Samples of the course of the light a second.
pub(crate) const SAMPLES_PER_SEC: f64 = 10.0;
/// The course is taken at this many instants between two samples, because another capture of the same film will not have
/// been sampled at the same ones. Origin: at a quarter of a sample the colours, shown for a third of a second, differ by
/// less than a tenth.
pub(crate) const PHASES: usize = 4;
/// The longest course, samples. Origin: the hold and the slowest profile take ten seconds.
const MAX_SAMPLES: usize = 160;
/// A cell counts if this share of its pixels is neither clipped nor black. Initial: the half.
const LEAST_USABLE: f32 = 0.5;
/// Below the least of 8 bits there is no light to take a logarithm of.
const DARK: f32 = 1.0 / 255.0 / 12.92;

/// The light on the face at one instant: the logarithm of red, green and blue.
pub(crate) type Light = [f32; 3];

/// The frames of an attempt by their hashes, and the course of the light on the face. Wiped when dropped.
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub(crate) struct CaptureTrail {
    /// SHA-256 of each frame as it was sent.
    pub(crate) frames: Vec<[u8; 32]>,
    /// The course at each phase; empty if there was none.
    pub(crate) courses: Vec<Vec<Light>>,
}

impl fmt::Debug for CaptureTrail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaptureTrail({} frames, [redacted])", self.frames.len())
    }
}

impl CaptureTrail {
    /// Samples the light on the face.
    pub(super) fn follow(&mut self, traces: &FlashTraces) {
        let lights: Vec<(f64, Light)> = traces
            .frames()
            .iter()
            .filter_map(|frame| Some((frame.captured_at().as_secs(), light(frame.cells())?)))
            .collect();
        self.courses = (0..PHASES).map(|phase| sampled(&lights, phase)).collect();
    }
}

/// The mean over the cells that show the face as it is.
fn light(cells: &[PatchMean]) -> Option<Light> {
    let usable = || cells.iter().filter(|cell| cell.usable >= LEAST_USABLE);
    let count = usable().count();
    let mean = |channel: usize| usable().map(|cell| cell.rgb[channel]).sum::<f32>() / count as f32;
    (count > 0).then(|| [0, 1, 2].map(|channel| mean(channel).max(DARK).ln()))
}

/// The course between frames, by straight lines. Times ascend.
fn sampled(lights: &[(f64, Light)], phase: usize) -> Vec<Light> {
    let Some((first, _)) = lights.first() else { return Vec::new() };
    let mut course = Vec::new();
    let mut pairs = lights.windows(2).peekable();
    for sample in 0..MAX_SAMPLES {
        let at = first + (sample as f64 + phase as f64 / PHASES as f64) / SAMPLES_PER_SEC;
        while pairs.next_if(|pair| pair[1].0 <= at).is_some() {}
        let Some([(before, from), (after, to)]) = pairs.peek() else { break };
        #[expect(clippy::cast_possible_truncation, reason = "a share")]
        let share = ((at - before) / (after - before).max(f64::EPSILON)) as f32;
        course.push([0, 1, 2].map(|channel| from[channel] + (to[channel] - from[channel]) * share));
    }
    course
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_is_sampled_between_frames_and_ends_with_them() {
        let lights = [(2.0, [0.0; 3]), (2.1, [1.0; 3]), (2.4, [4.0; 3])];
        let near = |course: Vec<Light>, wanted: &[f32]| {
            assert_eq!(course.len(), wanted.len());
            course.iter().zip(wanted).for_each(|(light, wanted)| assert!((light[1] - wanted).abs() < 1e-4));
        };
        near(sampled(&lights, 0)[..4].to_vec(), &[0.0, 1.0, 2.0, 3.0]);
        near(sampled(&lights, 2), &[0.5, 1.5, 2.5, 3.5]);
        assert!(sampled(&lights[..1], 0).is_empty() && sampled(&[], 0).is_empty());
    }
}
