//! Test 1: does the face answer *this* challenge?
//!
//! Stops every video that does not depend on the challenge: injected recordings, recordings of another session,
//! deepfakes that do not react. Its false-accept probability is exact for those, whatever the video shows: see
//! [`super::exact_p`]. A **physical display is not independent**, its glass mirrors the flash; tests 2 to 4 stop it.
//! The exactness also needs capture times that were fixed before the codes were revealed, which the hash chain of the
//! protocol sees to: a client free to choose times afterwards could stretch a recording to fit.

use nalgebra::{SMatrix, SVector};
use verilume_protocol::challenge::{CODE_COUNT, Channel, CodeSet, Half, ScreenTimeline};

use super::blind::{BlindResponse, SERIES};
use super::config::MeasureConfig;
use super::exact::{ExactP, exact_p};
use super::thresholds::FlashThresholds;
use crate::stats::power;
use crate::{Signal, Threshold, Verdict};

/// Name of the signal.
pub(super) const CHALLENGE: &str = "flash_challenge";
/// The largest quantised response. Finer steps would not change the p-value by a noticeable factor.
const LEVELS: f64 = 255.0;

/// The p-value of the codes shown. `None` if the profile's codes have no set.
pub(super) fn challenge_p(
    blind: &BlindResponse,
    timeline: &ScreenTimeline,
    config: &MeasureConfig,
) -> Option<ExactP> {
    let set = CodeSet::new(timeline.slots().len()).ok()?;
    let shown = std::array::from_fn(|code| {
        let (half, channel) = (Half::ALL[code / 3], Channel::ALL[code % 3]);
        let lit = timeline.slots().iter().enumerate().filter(|(_, slot)| slot.is_lit(half, channel));
        lit.map(|(slot, _)| 1u16 << slot).sum()
    });
    Some(exact_p(&set, &code_responses(blind, config), shown))
}

/// One integer response a slot and code, by the matched filter: what a code is expected to add to the six series,
/// through the inverse of the covariance of their errors. Reads no code.
fn code_responses(blind: &BlindResponse, config: &MeasureConfig) -> [Vec<i32>; CODE_COUNT] {
    let Some(filtered) = matched(blind, config) else {
        return Default::default();
    };
    let largest = filtered.iter().flatten().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    #[expect(clippy::cast_possible_truncation, reason = "at most LEVELS; not a number becomes 0")]
    let quantised = |x: &f64| {
        if largest > 0.0 { (x / largest * LEVELS).round() as i32 } else { 0 }
    };
    filtered.each_ref().map(|response| response.iter().map(quantised).collect())
}

/// A code of channel `c` adds its channel's strength to the face, and a little of it to the difference of upper and
/// lower face: more light above from the top half, less from the bottom half.
fn matched(blind: &BlindResponse, config: &MeasureConfig) -> Option<[Vec<f64>; CODE_COUNT]> {
    let levels = without_shared(&blind.levels);
    let strength: [f64; 3] =
        std::array::from_fn(|c| (power(&levels[c]) - blind.covariance[c][c]).max(0.0).sqrt());
    let model_error: [f64; SERIES] =
        std::array::from_fn(|at| config.slot_model_error * power(&levels[at]).sqrt());
    let mut covariance = SMatrix::<f64, SERIES, SERIES>::from_fn(|i, j| blind.covariance[i][j]);
    for (at, error) in model_error.iter().enumerate() {
        covariance[(at, at)] += error * error + f64::MIN_POSITIVE.sqrt();
    }
    let inverse = covariance.try_inverse()?;
    let filters: [SVector<f64, SERIES>; CODE_COUNT] = std::array::from_fn(|code| {
        let (channel, side) = (code % 3, if code < 3 { 1.0 } else { -1.0 });
        let mut expected = SVector::<f64, SERIES>::zeros();
        expected[channel] = strength[channel];
        expected[channel + 3] = side * config.half_tilt * strength[channel];
        inverse * expected
    });
    let slots = levels[0].len();
    let at_slot =
        |slot: usize| SVector::<f64, SERIES>::from_fn(|at, _| levels[at].get(slot).copied().unwrap_or(0.0));
    let responses =
        filters.map(|filter| (0..slots).map(|slot| filter.dot(&at_slot(slot))).collect::<Vec<f64>>());
    responses.iter().flatten().all(|x| x.is_finite()).then_some(responses)
}

/// The levels with the part of each difference taken out that follows its channel's level: ambient light from above
/// makes the upper face answer less to both halves alike.
fn without_shared(levels: &[Vec<f64>; SERIES]) -> [Vec<f64>; SERIES] {
    std::array::from_fn(|at| {
        let Some(channel) = at.checked_sub(3) else {
            return levels[at].clone();
        };
        let shared: f64 = levels[channel].iter().zip(&levels[at]).map(|(level, d)| level * d).sum();
        let norm: f64 = levels[channel].iter().map(|level| level * level).sum();
        let slope = if norm > 0.0 { shared / norm } else { 0.0 };
        levels[at].iter().zip(&levels[channel]).map(|(d, level)| d - slope * level).collect()
    })
}

/// The evidence: `-log10 p`.
pub(super) fn challenge_signal(p: Option<ExactP>, bounds: &FlashThresholds) -> Signal {
    let Some(counted) = p else {
        return Signal::unavailable(CHALLENGE, "-log10 p", "the challenge has no code set");
    };
    let p = counted.p();
    let threshold = Threshold {
        supports_at_least: Some(bounds.challenge_supports),
        denies_at_most: Some(bounds.challenge_denies),
    };
    Signal::measured(CHALLENGE, -p.log10(), "-log10 p", threshold, |verdict| match verdict {
        Verdict::Supports => {
            format!("the face answers this session's colours; chance would do so with p = {p:.1e}")
        }
        Verdict::Denies => format!("the face does not answer this session's colours (p = {p:.2})"),
        _ => format!("the face may answer this session's colours, but chance could do so too (p = {p:.1e})"),
    })
}
