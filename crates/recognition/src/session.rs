//! Whether the face stayed the same person's throughout a capture.

use serde::Serialize;

use crate::{Calibration, Embedding, Metric, RecognitionError};

/// When the frames of one capture show one person.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SessionIdentityConfig {
    /// Frames that are farther apart show different people. In the metric's unit. Origin: 0.6 is the author's
    /// own threshold for dlib's network; frames of the carphone test video are at most 0.45 apart.
    pub max_distance: f64,
}

impl Default for SessionIdentityConfig {
    fn default() -> Self {
        Self { max_distance: 0.6 }
    }
}

impl SessionIdentityConfig {
    /// For captures that the network of a calibration looks at: what is as rare among different people as the default is
    /// for dlib's network.
    pub fn of(calibration: &Calibration) -> Self {
        let (known, shipped) = (Self::default(), Calibration::shipped());
        if calibration.model_sha256 == shipped.model_sha256 && calibration.metric == shipped.metric {
            return known;
        }
        let false_match_rate = shipped.assess(known.max_distance).false_match_rate;
        Self { max_distance: calibration.distance_at(false_match_rate) }
    }
}

/// What the frames of a capture say about who is in them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "result")]
pub enum SessionIdentity {
    /// All frames show one person.
    One {
        /// The largest distance between two frames.
        farthest: f64,
    },
    /// Two frames show different people.
    Several {
        /// The frames that are farthest apart, by their places.
        frames: (usize, usize),
        /// How far.
        farthest: f64,
    },
    /// There are fewer than two frames to compare.
    TooFewFrames,
}

impl SessionIdentity {
    /// Compares every two frames: a face that was exchanged for a while is found whichever frames it is in.
    pub fn of(
        frames: &[Embedding],
        metric: Metric,
        config: &SessionIdentityConfig,
    ) -> Result<Self, RecognitionError> {
        let mut worst: Option<(f64, (usize, usize))> = None;
        for (later, embedding) in frames.iter().enumerate() {
            for (earlier, other) in frames[..later].iter().enumerate() {
                let distance = embedding.distance(other, metric)?;
                if worst.is_none_or(|(farthest, _)| distance > farthest) {
                    worst = Some((distance, (earlier, later)));
                }
            }
        }
        Ok(match worst {
            None => Self::TooFewFrames,
            Some((farthest, _)) if farthest <= config.max_distance => Self::One { farthest },
            Some((farthest, frames)) => Self::Several { frames, farthest },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedding::tests::of;

    #[test]
    fn one_exchanged_frame_is_found() {
        let config = SessionIdentityConfig::default();
        let check = |places: &[f32]| {
            let frames: Vec<Embedding> = places.iter().map(|at| of("m", &[1.0, *at])).collect();
            SessionIdentity::of(&frames, Metric::Euclidean, &config).unwrap()
        };
        assert!(matches!(check(&[0.0, 0.25, 0.5]), SessionIdentity::One { farthest } if farthest < 0.51));
        let several = check(&[0.0, 0.25, 1.0, 0.25]);
        assert!(matches!(several, SessionIdentity::Several { frames: (0, 2), .. }), "{several:?}");
        assert_eq!(check(&[0.0]), SessionIdentity::TooFewFrames);
    }

    #[test]
    fn for_another_network_the_same_rate_counts_and_not_the_same_distance() {
        let default = SessionIdentityConfig::default();
        let mut calibration = Calibration::shipped();
        assert_eq!(SessionIdentityConfig::of(&calibration), default);
        calibration.model_sha256 = "00".repeat(32);
        let other = SessionIdentityConfig::of(&calibration);
        assert!((other.max_distance - default.max_distance).abs() < 1e-6, "{other:?}");
    }

    #[test]
    fn frames_of_different_networks_are_an_error() {
        let frames = [of("m", &[1.0]), of("n", &[1.0])];
        assert!(SessionIdentity::of(&frames, Metric::Euclidean, &SessionIdentityConfig::default()).is_err());
    }
}
