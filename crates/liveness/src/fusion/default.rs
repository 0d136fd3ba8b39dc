//! The calibration that is shipped.
//!
//! Origin of the cues of the periphery: the quantiles of 11 of 22 authors of private webcam captures (up to 1.6 s, 640 x
//! 480, attacks by phone, television, monitor and print). Of each cue the 5th, 50th and 95th percentile of both
//! classes are known, in the natural logarithm that the cue is measured in. `centre` lies midway between the medians,
//! and the full slope is their distance over the mean of both variances, a normal distribution taken from the 5th to
//! the 95th percentile. What is used is a share of it: the cues of motion look at the same few points and say the
//! same thing several times. The shares were set by reasoning, not fitted; `verilume calibrate` on an operator's own
//! captures replaces all of it.
//!
//! Origin of `face_relief`: simulated holds of seeds A, so it only takes away. At -4.3 or less were 338 of 450 prints
//! and none of 430 people, ln(0.75 / (3 / 430)) = 4.7 nats; four are taken.

use std::collections::{BTreeMap, BTreeSet};

use super::calibration::{
    CALIBRATION_VERSION, Calibration, CueWorth, OperatingPoint, OperatingPoints, Provenance, Scale,
    flash_passed,
};
use crate::periphery;
use crate::texture::TEXTURE;

/// A class of captures as far as it is known: 5th, 50th and 95th percentile.
type Quantiles = [f64; 3];

/// From the 5th to the 95th percentile of a normal distribution, in standard deviations.
const MIDDLE_90: f64 = 3.29;

/// The worth of a cue whose quantiles are known.
fn known(live: Quantiles, attack: Quantiles, share: f64, limit: f64) -> CueWorth {
    let variance = |q: Quantiles| ((q[2] - q[0]) / MIDDLE_90).powi(2);
    let slope = 2.0 * (live[1] - attack[1]) / (variance(live) + variance(attack));
    CueWorth {
        scale: Scale::Plain,
        centre: (live[1] + attack[1]) / 2.0,
        slope: share * slope,
        most: limit,
        least: limit,
    }
}

/// A sign that only an attack shows: it takes away, and its absence adds nothing.
fn sign(centre: f64, slope: f64, least: f64) -> CueWorth {
    CueWorth { scale: Scale::Plain, centre, slope, most: 0.0, least }
}

impl Default for Calibration {
    fn default() -> Self {
        let worth = [
            (TEXTURE, CueWorth { scale: Scale::LogOdds, centre: 0.0, slope: 1.0, most: 4.5, least: 4.5 }),
            (periphery::RING_PLANE, known([-2.56, -1.02, 0.11], [-3.68, -2.45, -0.63], 0.4, 1.2)),
            (periphery::FACE_PLANE, known([-2.72, -1.44, 0.12], [-3.71, -2.48, -1.10], 0.25, 0.8)),
            (periphery::FACE_RELIEF, sign(-3.6, 3.0, 4.0)),
            (periphery::RING_FOLLOWS, known([-0.48, 1.43, 3.67], [-0.22, 0.02, 0.78], 0.4, 1.2)),
            (periphery::RING_UNDER_FACE, known([-1.39, -0.30, 0.88], [-3.62, -1.71, 0.36], 0.4, 1.2)),
            (periphery::PHOTOMETRIC, known([0.07, 0.55, 1.07], [-1.22, -0.21, 0.35], 0.7, 2.0)),
            (periphery::BOUNDARY, sign(-0.75, 10.0, 1.2)),
            (periphery::SCREEN_LATTICE, sign(-1.2, 1.5, 1.5)),
            (periphery::REPETITION, sign(0.0, 50.0, 3.0)),
            (periphery::SHAKE, known([-2.39, -1.60, -0.81], [-3.18, -2.30, -1.32], 0.3, 0.7)),
        ];
        let point = |real_at_least, spoof_at_most| OperatingPoint {
            real_at_least,
            spoof_at_most,
            expected_bpcer: None,
            expected_apcer: None,
        };
        Self {
            version: CALIBRATION_VERSION,
            provenance: Provenance {
                source: "quantiles of 11 authors of private webcam captures; shares and operating points by \
                         reasoning; error rates not known: fit your own with `verilume calibrate`"
                    .to_owned(),
                date: "2026-11-22".to_owned(),
                live: 0,
                attacks: BTreeMap::new(),
                scores_sha256: None,
                groups_sha256: BTreeSet::new(),
            },
            offset: 0.0,
            cues: worth.into_iter().map(|(name, worth)| (name.to_owned(), worth)).collect(),
            flash_passed: flash_passed(),
            operating_points: OperatingPoints {
                convenient: point(0.0, -2.0),
                balanced: point(1.0, -1.0),
                strict: point(3.0, 0.0),
            },
        }
    }
}
