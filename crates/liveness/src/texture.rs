//! Texture evidence: what a neural anti-spoofing model says about the skin, averaged over a capture.
//!
//! The scores come in as numbers; the model runs elsewhere. One frame is never enough: on real webcam captures the mean
//! over the frames lets half as many attacks through as single frames do. The worth of the mean is clipped, and it never
//! overrules a physical test.

use crate::Cue;

/// The cue's name.
pub const TEXTURE: &str = "texture";

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
    /// The mean score, 0..=1.
    pub fn cue(&self) -> Cue {
        let value = match self {
            Self::Unavailable(reason) => Err(reason.clone()),
            Self::Scored(scores) if scores.is_empty() => Err("no frame had a face to look at".to_owned()),
            Self::Scored(scores) => {
                Ok(scores.iter().map(|score| f64::from(*score)).sum::<f64>() / scores.len() as f64)
            }
        };
        Cue {
            name: TEXTURE,
            unit: "1",
            value,
            live: "the texture looks like skin seen directly",
            attack: "the texture looks like a print or a screen",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_over_frames_counts_and_absence_is_not_a_score() {
        let value = |scores: &[f32]| TextureEvidence::Scored(scores.to_vec()).cue().finite();
        assert!((value(&[0.9, 0.7]).unwrap() - 0.8).abs() < 1e-6);
        assert_eq!(value(&[]), None);
        assert_eq!(value(&[f32::NAN]), None);
        assert_eq!(TextureEvidence::Unavailable("not installed".into()).cue().finite(), None);
    }
}
