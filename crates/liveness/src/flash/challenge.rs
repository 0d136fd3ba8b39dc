//! Test 1: does the face answer *this* challenge?
//!
//! Stops every video that does not depend on the challenge: injected recordings, recordings of another session,
//! deepfakes that do not react. Its false-accept probability is exact for those, whatever the video shows: see
//! [`super::exact_p`]. A **physical display is not independent**, its glass mirrors the flash; tests 2 to 4 stop it.
//! The exactness also needs capture times that were fixed before the codes were revealed, which the hash chain of the
//! protocol sees to: a client free to choose times afterwards could stretch a recording to fit.

use verilume_protocol::challenge::{CODE_COUNT, Channel, CodeSet, Half, ScreenTimeline};

use super::blind::BlindResponse;
use super::config::{FlashThresholds, MeasureConfig};
use super::exact::{ExactP, exact_p};
use crate::{Signal, Threshold, Verdict};

/// The largest quantised response. Finer steps would not change the p-value by a noticeable factor.
const LEVELS: f64 = 255.0;
/// How much the noise of a channel takes from its weight: at a signal as large as twice its error, half.
const NOISE_WEIGHT: f64 = 4.0;

/// The p-value of the codes shown. `None` if the profile's codes have no set.
pub(super) fn challenge_p(
    blind: &BlindResponse,
    timeline: &ScreenTimeline,
    config: &MeasureConfig,
) -> Option<ExactP> {
    let set = CodeSet::new(timeline.slots().len()).ok()?;
    let shown = std::array::from_fn(|code| {
        let (half, channel) = (Half::ALL[code / 3], Channel::ALL[code % 3]);
        let lit = timeline
            .slots()
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.is_lit(half, channel));
        lit.map(|(slot, _)| 1u16 << slot).sum()
    });
    Some(exact_p(&set, &code_responses(blind, config), shown))
}

/// One integer response a slot and code: the face's level, plus (top) or less (bottom) the difference between upper
/// and lower face, each channel weighed by how far it stands out of its noise. Reads no code.
fn code_responses(blind: &BlindResponse, config: &MeasureConfig) -> [Vec<i32>; CODE_COUNT] {
    let weights: [f64; 3] = std::array::from_fn(|channel| {
        let levels = &blind.face[channel];
        let power = levels.iter().map(|level| level * level).sum::<f64>() / levels.len().max(1) as f64;
        let noise = NOISE_WEIGHT * blind.face_error[channel].powi(2);
        if power + noise > 0.0 {
            (power + noise).sqrt().recip()
        } else {
            0.0
        }
    });
    let responses: [Vec<f64>; CODE_COUNT] = std::array::from_fn(|code| {
        let (side, channel) = (if code < 3 { 1.0 } else { -1.0 }, code % 3);
        let difference = blind.difference[channel]
            .iter()
            .map(|d| side * config.half_difference_weight * d);
        blind.face[channel]
            .iter()
            .zip(difference)
            .map(|(level, d)| weights[channel] * (level + d))
            .collect()
    });
    let largest = responses
        .iter()
        .flatten()
        .fold(0.0, |largest: f64, x| largest.max(x.abs()));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most LEVELS; not a number becomes 0"
    )]
    let quantised = |x: f64| {
        if largest > 0.0 {
            (x / largest * LEVELS).round() as i32
        } else {
            0
        }
    };
    responses.map(|response| response.into_iter().map(quantised).collect())
}

/// The evidence: `-log10 p`.
pub(super) fn challenge_signal(p: Option<ExactP>, bounds: &FlashThresholds) -> Signal {
    const NAME: &str = "flash_challenge";
    let Some(counted) = p else {
        return Signal::unavailable(NAME, "-log10 p", "the challenge has no code set");
    };
    let p = counted.p();
    let threshold = Threshold {
        supports_at_least: Some(bounds.challenge_supports),
        denies_at_most: Some(bounds.challenge_denies),
    };
    Signal::measured(NAME, -p.log10(), "-log10 p", threshold, |verdict| match verdict {
        Verdict::Supports => {
            format!("the face answers this session's colours; chance would do so with p = {p:.1e}")
        }
        Verdict::Denies => format!("the face does not answer this session's colours (p = {p:.2})"),
        _ => format!("the face may answer this session's colours, but chance could do so too (p = {p:.1e})"),
    })
}
