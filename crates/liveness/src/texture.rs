//! Texture evidence: what a neural anti-spoofing model says about the skin, averaged over a capture.
//!
//! The scores come in as numbers; the model runs elsewhere. A texture score is weak evidence: it can support or deny,
//! and alone it never overrules a physical test.

use crate::{Signal, Threshold, Verdict};

/// The signal's name.
pub const TEXTURE: &str = "texture";

/// How texture scores are judged.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TextureConfig {
    /// The mean score supports from here. 0..=1. Origin: the pair's own decision point is 0.5; a margin of 0.2 to
    /// either side keeps the scores it is unsure of (in public stills, 14 % of bona fide captures fall below 0.5) from
    /// deciding. Not fitted to data; a calibration file replaces it.
    pub supports_at_least: f64,
    /// The mean score denies up to here. 0..=1, below `supports_at_least`. Origin: as above.
    pub denies_at_most: f64,
}

impl Default for TextureConfig {
    fn default() -> Self {
        Self { supports_at_least: 0.7, denies_at_most: 0.3 }
    }
}

/// The texture evidence of a capture.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TextureEvidence {
    /// Probabilities of "live", 0..=1, one for each scored frame.
    Scored(Vec<f32>),
    /// The model could not be used, and why.
    Unavailable(String),
}

impl TextureEvidence {
    /// Judges the mean score.
    pub fn signal(&self, config: &TextureConfig) -> Signal {
        let scores = match self {
            Self::Unavailable(reason) => return Signal::unavailable(TEXTURE, "1", reason.clone()),
            Self::Scored(scores) if scores.is_empty() => {
                return Signal::unavailable(TEXTURE, "1", "no frame had a face to look at");
            }
            Self::Scored(scores) => scores,
        };
        let mean = scores.iter().map(|score| f64::from(*score)).sum::<f64>() / scores.len() as f64;
        let threshold = Threshold {
            supports_at_least: Some(config.supports_at_least),
            denies_at_most: Some(config.denies_at_most),
        };
        let frames = match scores.len() {
            1 => "1 frame".to_owned(),
            count => format!("{count} frames"),
        };
        Signal::measured(TEXTURE, mean, "1", threshold, |verdict| match verdict {
            Verdict::Supports => format!("the texture looks like skin seen directly ({frames})"),
            Verdict::Denies => format!("the texture looks like a print or a screen ({frames})"),
            _ => format!("the texture could be either ({frames})"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(evidence: TextureEvidence, value: Option<f64>, verdict: Verdict) {
        let signal = evidence.signal(&TextureConfig::default());
        assert_eq!(signal.verdict, verdict);
        assert_eq!(signal.value.map(|value| (value * 1e4).round() / 1e4), value);
    }

    #[test]
    fn the_mean_over_frames_decides_and_absence_is_not_a_score() {
        check(TextureEvidence::Scored(vec![0.9, 0.7]), Some(0.8), Verdict::Supports);
        check(TextureEvidence::Scored(vec![0.9, 0.1]), Some(0.5), Verdict::Inconclusive);
        check(TextureEvidence::Scored(vec![0.1]), Some(0.1), Verdict::Denies);
        check(TextureEvidence::Scored(vec![]), None, Verdict::Unavailable);
        check(TextureEvidence::Scored(vec![f32::NAN]), None, Verdict::Unavailable);
        check(TextureEvidence::Unavailable("not installed".into()), None, Verdict::Unavailable);
    }
}
