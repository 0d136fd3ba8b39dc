//! How the camera itself answered the flashes: by its exposure.
//!
//! The background of a live check sees hardly any of the screen's light. What moves it is the camera, whose exposure
//! follows the light on the face, slowly and the other way round. Where a program lights the face of a recording, the
//! background goes its own way.

use super::gains::{Drives, drift_columns};
use super::lsq::Design;
use super::series::{GainMode, LogTraces};

/// A camera need not react to less: the change of the face's light from a black to a white screen over its light at
/// mid-grey. Origin: reasoning, a tenth of a stop.
pub(super) const LEAST_CONTRAST: f64 = 0.1;
/// Time constants of exposure controls that are tried, seconds. Origin: cameras take 0.25 to 1.2 s (feasibility).
const SETTLING_SECS: [f64; 3] = [0.3, 0.6, 1.2];

/// How clearly the background darkened after the screen brightened, in standard errors: positive for a camera that
/// reacts. `None` with too little background.
pub(super) fn camera_reaction(log: &LogTraces, drives: &Drives) -> Option<f64> {
    if log.mode != GainMode::Level {
        return None;
    }
    let [red, green, blue] = log.median_block()?;
    let background: Vec<f64> = (0..red.len()).map(|at| (red[at] + green[at] + blue[at]) / 3.0).collect();
    let light = drives.luminance();
    let [level, line, parabola] = drift_columns(&log.secs);
    let against = |settling: f64| {
        let followed = followed(&light, &log.secs, settling);
        let columns = [level.clone(), line.clone(), parabola.clone(), light.clone(), followed];
        let design = Design::new(&columns)?;
        let fit = design.fit(&background)?;
        let error = (fit.inflated_variance * design.contrast_variance(&[(4, 1.0)])).sqrt();
        let clear = -fit.coefficients[4] / error;
        clear.is_finite().then_some(clear)
    };
    SETTLING_SECS.into_iter().filter_map(against).max_by(f64::total_cmp)
}

/// The light as a control sees it that settles exponentially.
fn followed(light: &[f64], secs: &[f64], settling: f64) -> Vec<f64> {
    let mut state = light.first().copied().unwrap_or(0.0);
    let steps = std::iter::once(0.0).chain(secs.windows(2).map(|pair| pair[1] - pair[0]));
    light
        .iter()
        .zip(steps)
        .map(|(light, step)| {
            state += (light - state) * (1.0 - (-step / settling).exp());
            state
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::series::ColourSeries;
    use super::*;

    const FRAMES: u16 = 150;

    fn noise(at: u16, salt: u16) -> f64 {
        f64::from((u32::from(at) * 7919 + u32::from(salt) * 104_729) % 1009) / 1009.0 - 0.5
    }

    /// The reaction of a background that is dimmed by a share of what a control followed, with noise.
    fn reaction(mode: GainMode, dimmed: f64) -> Option<f64> {
        let secs: Vec<f64> = (0..FRAMES).map(|at| f64::from(at) / 30.0).collect();
        let light: Vec<f64> = (0..FRAMES).map(|at| noise(at / 12, 3)).collect();
        let seen = followed(&light, &secs, 0.5);
        let block = |salt: u16| -> ColourSeries {
            std::array::from_fn(|_| {
                (0..FRAMES).zip(&seen).map(|(at, seen)| 0.01 * noise(at, salt) - dimmed * seen).collect()
            })
        };
        let blocks = (0..6).map(block).collect();
        let log = LogTraces { secs, cells: Vec::new(), blocks, mode, cells_on_face: 0 };
        let half = || std::array::from_fn(|_| light.clone());
        camera_reaction(&log, &Drives { halves: [half(), half()] })
    }

    #[test]
    fn a_camera_that_follows_the_light_is_told_from_one_that_does_not() {
        let (reacts, still, other_way) =
            (reaction(GainMode::Level, 0.1), reaction(GainMode::Level, 0.0), reaction(GainMode::Level, -0.1));
        assert!(reacts.unwrap() > 4.0, "{reacts:?}");
        assert!(still.unwrap().abs() < 3.0 && other_way.unwrap() < -2.0, "{still:?} {other_way:?}");
        assert_eq!(reaction(GainMode::Edge, 0.1), None);
    }
}
