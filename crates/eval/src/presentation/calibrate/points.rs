//! Where to decide, and what to expect there.

use verilume_liveness::fusion::{Decision, ExpectedRate, OperatingPoint, OperatingPoints};

use super::super::metrics::{Figure, Metrics};
use super::super::ranking::Ranking;
use super::super::sample::{Observation, Sample};
use super::Scored;

/// People that the convenient point may turn away, and that every point may call spoof.
const BPCER_CONVENIENT: f64 = 0.01;
/// People that the balanced point may turn away.
const BPCER_BALANCED: f64 = 0.05;
/// Attacks of any species that the strict point may let through.
const APCER_STRICT: f64 = 0.01;
/// The least distance of "real" from "spoof", nats. Origin: e to the 1 is the least ratio called positive evidence.
const LEAST_GAP: f64 = 1.0;

/// The three points, set on some captures and judged on some.
///
/// Convenient turns away at most 1 % of the people, balanced 5 %; strict lets through at most 1 % of the attacks of every
/// species. Each is at least as strict as the one before. A threshold lies midway between the captures it divides.
pub(super) fn operating_points(set_on: &[Scored<'_>], judged: &[Scored<'_>]) -> OperatingPoints {
    let set_on: Vec<_> = set_on.iter().copied().filter(|(_, llr)| llr.is_some()).collect();
    let sample = sample(&set_on, f64::INFINITY);
    let at_bpcer = |share: f64| {
        let ranking = Ranking::new(&sample.rows, &sample.as_it_is(), |_| true);
        ranking.map_or(0.0, |ranking| divide(&ranking, ranking.threshold_at_bpcer(share)))
    };
    let convenient = at_bpcer(BPCER_CONVENIENT);
    let balanced = at_bpcer(BPCER_BALANCED).max(convenient);
    let strict = (0..sample.species.len())
        .filter_map(|species| Ranking::new(&sample.rows, &sample.as_it_is(), |of| of == species))
        .map(|ranking| divide(&ranking, ranking.threshold_at_apcer(APCER_STRICT)))
        .fold(balanced, f64::max);
    let point = |real_at_least: f64| {
        let (expected_bpcer, expected_apcer) = expected(judged, real_at_least);
        let spoof_at_most = convenient.min(real_at_least - LEAST_GAP);
        OperatingPoint { real_at_least, spoof_at_most, expected_bpcer, expected_apcer }
    };
    OperatingPoints { convenient: point(convenient), balanced: point(balanced), strict: point(strict) }
}

/// Midway between a threshold and the next capture below it; beyond the outermost capture by the least gap.
fn divide(ranking: &Ranking, threshold: f64) -> f64 {
    match ranking.next_below(threshold) {
        Some(below) if threshold.is_finite() => (threshold + below) / 2.0,
        Some(below) => below + LEAST_GAP,
        None => threshold - LEAST_GAP,
    }
}

/// The share of people not called real and that of the worst species' attacks called real.
fn expected(judged: &[Scored<'_>], real_at_least: f64) -> (Option<ExpectedRate>, Option<ExpectedRate>) {
    let decisions = Metrics::of(&sample(judged, real_at_least)).decisions;
    let worst = decisions.species.first().and_then(|species| rate(&species.apcer));
    (rate(&decisions.live_not_accepted), worst)
}

/// A rate with its interval; without one, anything is possible.
fn rate(figure: &Figure) -> Option<ExpectedRate> {
    let (low, high) = (figure.low.unwrap_or(0.0), figure.high.unwrap_or(1.0));
    Some(ExpectedRate { share: figure.share?, low, high, captures: figure.of? })
}

fn sample(scored: &[Scored<'_>], real_at_least: f64) -> Sample {
    let mut seen = Vec::with_capacity(scored.len());
    for (row, llr) in scored {
        let is_real = llr.is_some_and(|llr| llr >= real_at_least);
        seen.push(Observation {
            label: row.truth.label,
            species: &row.truth.attack_type,
            cluster: row.cluster(),
            score: *llr,
            decision: Some(if is_real { Decision::RealFace } else { Decision::SpoofFace }),
        });
    }
    Sample::new(&seen)
}
