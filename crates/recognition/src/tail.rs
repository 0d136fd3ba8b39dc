//! The tail of a distribution by peaks over a threshold: what exceeds a high threshold is nearly a generalised Pareto
//! distribution, whatever the distribution (Pickands 1975; Balkema and de Haan 1974).

use serde::{Deserialize, Serialize};

/// The shapes that are tried. Below -0.5 the likelihood has no maximum (Smith 1985); above 0.5 the tail would have no
/// variance, which no distance between embeddings has.
const SHAPES: std::ops::RangeInclusive<i32> = -50..=50;
const SHAPE_STEP: f64 = 0.01;
/// The scales that are tried, in means of the excesses, spaced evenly in the logarithm.
const SCALES: std::ops::RangeInclusive<i32> = 0..=240;
const SMALLEST_SCALE: f64 = 0.2;
const SCALE_FACTOR: f64 = 1.014;
/// Shapes nearer to zero than this are the exponential distribution.
const EXPONENTIAL: f64 = 1e-9;

/// A generalised Pareto distribution of excesses, which are not negative.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeneralisedPareto {
    /// Scale, in the unit of the excesses; above 0.
    pub scale: f64,
    /// Shape: 0 the exponential tail, below 0 one that ends.
    pub shape: f64,
}

impl GeneralisedPareto {
    /// The distribution under which the excesses are likeliest, among those that reach beyond `must_reach`. `None`
    /// without an excess above zero.
    pub(crate) fn fit(excesses: &[f64], must_reach: f64) -> Option<Self> {
        let mean = excesses.iter().sum::<f64>() / excesses.len() as f64;
        if !(mean > 0.0 && mean.is_finite()) {
            return None;
        }
        let candidates = SHAPES.flat_map(|shape| {
            let shape = f64::from(shape) * SHAPE_STEP;
            SCALES.map(move |step| Self { scale: mean * SMALLEST_SCALE * SCALE_FACTOR.powi(step), shape })
        });
        let reaching = candidates.filter(|candidate| candidate.survival(must_reach) > 0.0);
        let scored = reaching.map(|candidate| (candidate.log_likelihood(excesses), candidate));
        scored.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, best)| best)
    }

    /// The probability that an excess is larger than `excess`.
    pub fn survival(&self, excess: f64) -> f64 {
        let relative = excess.max(0.0) / self.scale;
        if self.shape.abs() < EXPONENTIAL {
            return (-relative).exp();
        }
        (1.0 + self.shape * relative).max(0.0).powf(-1.0 / self.shape)
    }

    fn log_likelihood(&self, excesses: &[f64]) -> f64 {
        let each = |excess: &f64| {
            let relative = excess / self.scale;
            if self.shape.abs() < EXPONENTIAL {
                return -relative;
            }
            let inner = 1.0 + self.shape * relative;
            if inner > 0.0 { -(1.0 + 1.0 / self.shape) * inner.ln() } else { f64::NEG_INFINITY }
        };
        excesses.iter().map(each).sum::<f64>() - excesses.len() as f64 * self.scale.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The quantiles of a distribution at evenly spaced probabilities stand for a sample of it.
    #[track_caller]
    fn check(scale: f64, shape: f64) {
        let sample: Vec<f64> = (0..2000)
            .map(|at| {
                let exceeded = 1.0 - (f64::from(at) + 0.5) / 2000.0;
                if shape == 0.0 {
                    -scale * exceeded.ln()
                } else {
                    scale / shape * (exceeded.powf(-shape) - 1.0)
                }
            })
            .collect();
        let found = GeneralisedPareto::fit(&sample, 0.0).unwrap();
        assert!((found.shape - shape).abs() < 0.04 && (found.scale / scale - 1.0).abs() < 0.04, "{found:?}");
    }

    #[test]
    fn the_distribution_of_a_sample_is_found() {
        check(0.04, 0.0);
        check(0.04, -0.2);
        check(3.0, 0.25);
    }

    #[test]
    fn a_tail_that_must_reach_does() {
        // Uniform excesses end at 1; a tail that must reach 5 does not.
        let uniform: Vec<f64> = (0..200).map(|at| f64::from(at) / 200.0).collect();
        let short = GeneralisedPareto::fit(&uniform, 0.0).unwrap();
        let long = GeneralisedPareto::fit(&uniform, 5.0).unwrap();
        assert!(short.survival(5.0) <= 0.0 && long.survival(5.0) > 0.0, "{short:?}, {long:?}");
    }

    #[test]
    fn no_excess_has_no_tail() {
        for excesses in [vec![], vec![0.0; 5], vec![f64::NAN]] {
            assert_eq!(GeneralisedPareto::fit(&excesses, 1.0), None);
        }
    }
}
