//! What follows from all distances together, and how far it would be off with other people.

use serde::Serialize;

use super::{Pair, Verdict};
use crate::presentation::random::SplitMix64;
use crate::presentation::ranking::Ranking;
use crate::presentation::sample::Row;
use crate::presentation::{RESAMPLES, middle_95};
use crate::stats::wilson95;

/// Where the resampling begins. Any number would do; it is fixed so that a report can be made again.
const SEED: u64 = 0x1979_5001;
/// Pairs of different people that a rate needs, times the rate. Origin: without a match among them, the rate is at most
/// the one claimed with 95 % confidence (the rule of three).
const PAIRS_TIMES_RATE: f64 = 3.0;

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// How many pairs of one person match where at most a share of those of two people does.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AcceptRate {
    /// The share of pairs of two people that may match: the false accept rate.
    pub far: f64,
    /// How many pairs of two people a claim of that rate needs.
    pub needed: u64,
    /// How many there are.
    pub different: u64,
    /// The share of the pairs of one person that match, the true accept rate; `None` where there are too few pairs of
    /// two people.
    pub tar: Option<Estimate>,
}

/// All pairs, ranked.
pub(super) struct Ranked {
    /// Ascending; a row's cluster is its pair. What is nearer ranks higher.
    rows: Vec<Row>,
    /// Who is in each pair, by consecutive numbers.
    people: Vec<(usize, usize)>,
    people_count: usize,
}

impl Ranked {
    pub(super) fn new(pairs: &[(&Pair, &Verdict)]) -> Self {
        let mut known: Vec<usize> =
            pairs.iter().flat_map(|(pair, _)| [pair.people.0, pair.people.1]).collect();
        known.sort_unstable();
        known.dedup();
        let number = |person: usize| known.partition_point(|other| *other < person);
        let people = pairs.iter().map(|(pair, _)| (number(pair.people.0), number(pair.people.1))).collect();
        let mut rows: Vec<Row> = pairs
            .iter()
            .enumerate()
            .map(|(at, (pair, verdict))| Row {
                value: -verdict.distance,
                species: (!pair.is_same()).then_some(0),
                cluster: at,
                decision: None,
            })
            .collect();
        rows.sort_by(|a, b| a.value.total_cmp(&b.value));
        Self { rows, people, people_count: known.len() }
    }

    /// Each pair once; `None` without pairs of both kinds.
    pub(super) fn ranking(&self) -> Option<Ranking> {
        Ranking::new(&self.rows, &vec![1; self.people.len()], |_| true)
    }

    fn different(&self) -> u64 {
        self.people.iter().filter(|(a, b)| a != b).count() as u64
    }

    /// Figures of the pairs as they are, with the spread that they have if as many people are drawn with replacement, each
    /// with all their pairs (the vertex bootstrap, Snijders and Borgatti, Connections 1999).
    fn estimates<const N: usize>(&self, figures: impl Fn(&Ranking) -> [f64; N]) -> Option<[Estimate; N]> {
        let values = figures(&self.ranking()?);
        let mut resampled: Vec<Vec<f64>> = vec![Vec::with_capacity(RESAMPLES); N];
        let mut random = SplitMix64::new(SEED);
        for _ in 0..RESAMPLES {
            let mut drawn = vec![0_u32; self.people_count];
            (0..self.people_count).for_each(|_| drawn[random.below(self.people_count)] += 1);
            let Some(ranking) = Ranking::new(&self.rows, &self.weights(&drawn), |_| true) else { continue };
            resampled.iter_mut().zip(figures(&ranking)).for_each(|(column, value)| column.push(value));
        }
        let independent = self.fewest_people();
        Some(std::array::from_fn(|at| estimate(values[at], &mut resampled[at], independent)))
    }

    /// How often each pair is drawn with its people. A person drawn twice is no pair of two people with themself.
    fn weights(&self, drawn: &[u32]) -> Vec<u32> {
        let weight = |(a, b): &(usize, usize)| if a == b { drawn[*a] } else { drawn[*a] * drawn[*b] };
        self.people.iter().map(weight).collect()
    }

    /// How many cases share nobody, of the kind of pairs that has fewer.
    fn fewest_people(&self) -> f64 {
        let people_in = |same: bool| {
            let mut found: Vec<usize> =
                self.people.iter().filter(|(a, b)| (a == b) == same).flat_map(|(a, b)| [*a, *b]).collect();
            found.sort_unstable();
            found.dedup();
            found.len()
        };
        people_in(true).min(people_in(false) / 2) as f64
    }

    /// The area under the curve and the equal error rate.
    pub(super) fn auc_and_eer(&self) -> Option<[Estimate; 2]> {
        self.estimates(|ranking| [ranking.auc(), ranking.eer()])
    }

    /// The share of the pairs of one person that match at a false accept rate.
    pub(super) fn accept_rate(&self, far: f64) -> AcceptRate {
        let (needed, different) = (pairs_needed(far), self.different());
        let tar = |ranking: &Ranking| [1.0 - ranking.bpcer_at_apcer(far)];
        let tar = if different < needed { None } else { self.estimates(tar).map(|[tar]| tar) };
        AcceptRate { far, needed, different, tar }
    }
}

/// How many pairs of two people the claim of a rate needs.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand")]
fn pairs_needed(far: f64) -> u64 {
    // 3 / 0.01 is 300, whatever the rounding of 0.01.
    (PAIRS_TIMES_RATE / far - 1e-6).ceil() as u64
}

/// A figure with the interval that the resamples give. Where they are all alike, or people with the fewest pairs are
/// seldom drawn, they show no spread: then it is that of a share of so many independent cases, or wider.
fn estimate(value: f64, resampled: &mut [f64], independent: f64) -> Estimate {
    let (mut low, mut high) = middle_95(resampled).unwrap_or((value, value));
    if high - low <= 0.0 || resampled.len() < RESAMPLES {
        let (low_of_share, high_of_share) = wilson95(value, independent);
        (low, high) = (low.min(low_of_share), high.max(high_of_share));
    }
    // The middle of the resamples need not be the figure.
    Estimate { value, low: low.min(value), high: high.max(value) }
}

#[cfg(test)]
mod tests {
    use verilume_recognition::QualityLevel;

    use super::*;

    /// So many people with three pictures each: pairs of one person at distances from 0 on, of two from `nearest` on.
    fn pairs(people: usize, nearest: f64) -> Vec<(Pair, Verdict)> {
        let mut all = Vec::new();
        let pictures: Vec<usize> = (0..people * 3).collect();
        for a in &pictures {
            for b in &pictures[..*a] {
                let spread = ((a * 7919 + b * 104_729) % 1000) as f64 / 1000.0;
                let of = (a / 3, b / 3);
                let distance = if of.0 == of.1 { spread } else { nearest + spread };
                let pair = Pair { pictures: (*a, *b), people: of, group: String::new() };
                all.push((pair, Verdict { pair: all.len(), distance, quality: QualityLevel::High }));
            }
        }
        all
    }

    fn ranked(pairs: &[(Pair, Verdict)]) -> Ranked {
        Ranked::new(&pairs.iter().map(|(pair, verdict)| (pair, verdict)).collect::<Vec<_>>())
    }

    #[test]
    fn a_rate_needs_three_times_as_many_pairs_as_one_in_it() {
        for (far, needed) in [(1e-1, 30), (1e-2, 300), (1e-3, 3000), (1e-4, 30_000)] {
            assert_eq!(pairs_needed(far), needed);
        }
        // 11 people: 495 pairs of two.
        let ranked = ranked(&pairs(11, 0.5));
        assert!(ranked.accept_rate(1e-2).tar.is_some());
        let rate = ranked.accept_rate(1e-3);
        assert_eq!((rate.tar, rate.needed, rate.different), (None, 3000, 495));
    }

    #[test]
    fn figures_lie_within_their_intervals_and_more_people_narrow_them() {
        let widths = [12, 40].map(|people| {
            let ranked = ranked(&pairs(people, 0.6));
            let [auc, eer] = ranked.auc_and_eer().unwrap();
            let tar = ranked.accept_rate(1e-2).tar.unwrap();
            for figure in [auc, eer, tar] {
                assert!(0.0 <= figure.low && figure.high <= 1.0, "{figure:?}");
                assert!(figure.low < figure.value && figure.value < figure.high, "{figure:?}");
            }
            // Both distances are uniform over 1, shifted by 0.6: the tail below t of one is the tail above 1.6 - t of the other.
            assert!((eer.value - 0.2).abs() < 0.06 && (auc.value - 0.92).abs() < 0.03, "{eer:?}, {auc:?}");
            assert!((tar.value - 0.61).abs() < 0.12, "{tar:?}");
            tar.high - tar.low
        });
        assert!(widths[1] < widths[0], "{widths:?}");
    }

    #[test]
    fn nothing_wrong_with_few_people_is_not_nothing_wrong_at_all() {
        let few = ranked(&pairs(11, 2.0));
        let [auc, eer] = few.auc_and_eer().unwrap();
        assert!(auc.value >= 1.0 && eer.value <= 0.0, "{auc:?}, {eer:?}");
        // Of five pairs without a person in common none is wrong: up to 43 % could be.
        assert!((eer.high - 0.434).abs() < 1e-3 && (auc.low - 0.566).abs() < 1e-3, "{auc:?}, {eer:?}");
        // One person with pairs of one kind says next to nothing.
        let alone: Vec<_> =
            pairs(11, 2.0).into_iter().filter(|(pair, _)| !pair.is_same() || pair.people.0 == 0).collect();
        let [_, eer] = ranked(&alone).auc_and_eer().unwrap();
        assert!(eer.high > 0.75, "{eer:?}");
    }

    #[test]
    fn resampling_gives_the_same_report_every_time() {
        let pairs = pairs(12, 0.6);
        assert_eq!(ranked(&pairs).auc_and_eer(), ranked(&pairs).auc_and_eer());
    }

    #[test]
    fn both_kinds_of_pairs_are_needed() {
        let different: Vec<_> = pairs(11, 0.6).into_iter().filter(|(pair, _)| !pair.is_same()).collect();
        assert_eq!(ranked(&different).auc_and_eer(), None);
        assert_eq!(ranked(&different).accept_rate(1e-2).tar, None);
    }
}
