//! From a distance to a confidence that means the same for every network: the rate of false matches at that distance.
//!
//! Confidence is `-log10(rate) / 10`, held to 0..=1: 0.3 is one false match in 1000 comparisons of different people,
//! 0.5 one in 100 000. The rate is counted where the data have it; further out a tail fitted to the nearest impostors
//! continues it. Continuing is not knowing: a calibration says down to which rate its data support a claim, and every
//! assessment beyond says so. See docs/concepts/recognition.md.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::tail::GeneralisedPareto;
use crate::{Embedder, Metric, RecognitionError, RecognitionErrorKind};

/// The tail is fitted to this share of the impostors, the nearest. Origin: peaks over threshold above the 99.5 %
/// quantile, as verification scores are commonly calibrated.
const TAIL_SHARE: f64 = 0.005;
/// But to at least so many: fewer leave the shape open. Origin: common practice of extreme value statistics.
const FEWEST_EXCEEDANCES: usize = 40;
/// And to no more than this share, which is no tail any longer.
const LARGEST_TAIL_SHARE: f64 = 0.25;
/// With fewer people there is no calibration.
const FEWEST_PEOPLE: usize = 10;
/// To claim a rate with 95 % confidence takes this many independent pairs, none of which matches, over the rate (the
/// rule of three: Hanley and Lippman-Hand, JAMA 1983).
const RULE_OF_THREE: f64 = 3.0;
/// The smallest rate that the scale of confidence tells apart.
const SMALLEST_RATE: f64 = 1e-10;
/// How often a distance is halved towards a rate. Origin: more than the digits of a distance.
const HALVINGS: usize = 60;
/// How many points of the counted part are kept.
const KNOTS: usize = 64;

/// A comparison of faces of two different people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImpostorPair {
    /// The two, by number.
    pub people: (usize, usize),
    /// How far apart their faces are.
    pub distance: f64,
}

/// Where a calibration is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The pictures, in words.
    pub data: String,
    /// When it was fitted, as a date.
    pub fitted_on: String,
    /// What the data do not cover, in words.
    pub limits: String,
}

/// What distances of one network mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// SHA-256 of the network's file.
    pub model_sha256: String,
    /// How its embeddings are compared.
    pub metric: Metric,
    /// Where it is from.
    pub provenance: Provenance,
    /// How many different people.
    pub people: u64,
    /// How many pairs of different people.
    pub pairs: u64,
    /// How many independent pairs they are worth: pairs that share a person are not independent.
    pub independent_pairs: f64,
    /// The counted part, ascending: distances, each with the share of the pairs that are as near or nearer.
    counted: Vec<Knot>,
    /// The tail begins at this distance and reaches down to 0.
    tail_from: f64,
    /// The share of the pairs that are nearer.
    tail_share: f64,
    /// How much nearer they are.
    tail: GeneralisedPareto,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Knot {
    distance: f64,
    rate: f64,
}

/// What a distance means.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Assessment {
    /// The distance.
    pub distance: f64,
    /// The estimated rate of false matches if this distance were the threshold.
    pub false_match_rate: f64,
    /// `-log10` of that rate over 10, 0..=1.
    pub confidence: f64,
    /// The lowest rate, and with it the highest confidence, that the calibration's data support.
    pub supported_false_match_rate: f64,
    /// The same as a confidence.
    pub supported_confidence: f64,
    /// Whether the estimate is beyond what the data support: then `confidence` is the continuation of a fitted curve,
    /// and all that can be claimed is `supported_confidence`.
    pub beyond_data: bool,
}

impl Assessment {
    /// Whether both are taken for one person.
    pub fn is_identical(&self, confidence_threshold: f64) -> bool {
        self.confidence >= confidence_threshold
    }

    /// The confidence that can be claimed: never more than the data support.
    pub fn claimed_confidence(&self) -> f64 {
        self.confidence.min(self.supported_confidence)
    }
}

impl Calibration {
    /// The calibration of dlib's network that this version comes with.
    pub fn shipped() -> Self {
        let text = include_str!("calibration/dlib_resnet.json");
        Self::from_json(text).expect("the shipped calibration is checked by a test")
    }

    /// Reads a calibration.
    pub fn from_json(text: &str) -> Result<Self, RecognitionError> {
        let calibration: Self = serde_json::from_str(text).map_err(|error| {
            let context = "the calibration is malformed";
            RecognitionError::caused_by(RecognitionErrorKind::Calibration, context, error)
        })?;
        calibration.check()?;
        Ok(calibration)
    }

    /// The calibration as a file.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a calibration has only plain fields") + "\n"
    }

    /// Fits a calibration to the distances between faces of different people.
    ///
    /// # Errors
    /// [`RecognitionErrorKind::TooFewPeople`] below ten people, or so few pairs that the tail would be no tail.
    pub fn fit(
        embedder: &Embedder,
        pairs: &[ImpostorPair],
        provenance: Provenance,
    ) -> Result<Self, RecognitionError> {
        let (model_sha256, metric) = (embedder.sha256().to_owned(), embedder.spec().metric);
        Self::fit_of(model_sha256, metric, pairs, provenance)
    }

    fn fit_of(
        model_sha256: String,
        metric: Metric,
        pairs: &[ImpostorPair],
        provenance: Provenance,
    ) -> Result<Self, RecognitionError> {
        let too_few = |context: String| RecognitionError::new(RecognitionErrorKind::TooFewPeople, context);
        let mut people: Vec<usize> = pairs.iter().flat_map(|pair| [pair.people.0, pair.people.1]).collect();
        people.sort_unstable();
        people.dedup();
        if people.len() < FEWEST_PEOPLE {
            let context = format!("{} people are too few for a calibration: it takes ten", people.len());
            return Err(too_few(context));
        }
        let mut sorted: Vec<f64> = pairs.iter().map(|pair| pair.distance).collect();
        sorted.sort_by(f64::total_cmp);
        let exceedances = exceedances(sorted.len());
        if exceedances as f64 > LARGEST_TAIL_SHARE * sorted.len() as f64 {
            return Err(too_few(format!("{} pairs are too few for a tail", sorted.len())));
        }
        let tail_from = sorted[exceedances];
        let nearer: Vec<f64> = sorted[..exceedances].iter().map(|distance| tail_from - distance).collect();
        // Whatever was seen, two people could have the same embedding: the tail must not end before distance 0.
        let tail = GeneralisedPareto::fit(&nearer, tail_from)
            .ok_or_else(|| too_few("the nearest pairs are all equally near".to_owned()))?;
        let near = pairs.iter().map(|pair| (pair.people, pair.distance < tail_from)).collect::<Vec<_>>();
        let calibration = Self {
            model_sha256,
            metric,
            provenance,
            people: people.len() as u64,
            pairs: pairs.len() as u64,
            independent_pairs: independent_cases(&near),
            counted: counted(&sorted, exceedances),
            tail_from,
            tail_share: exceedances as f64 / sorted.len() as f64,
            tail,
        };
        calibration.check()?;
        Ok(calibration)
    }

    /// What a distance means.
    pub fn assess(&self, distance: f64) -> Assessment {
        let false_match_rate = self.false_match_rate(distance);
        let supported_false_match_rate = self.supported_false_match_rate();
        Assessment {
            distance,
            false_match_rate,
            confidence: confidence(false_match_rate),
            supported_false_match_rate,
            supported_confidence: self.supported_confidence(),
            beyond_data: false_match_rate < supported_false_match_rate,
        }
    }

    /// The lowest rate that the data support a claim of.
    pub fn supported_false_match_rate(&self) -> f64 {
        (RULE_OF_THREE / self.independent_pairs).min(1.0)
    }

    /// The highest confidence that the data support a claim of.
    pub fn supported_confidence(&self) -> f64 {
        confidence(self.supported_false_match_rate())
    }

    /// Whether this is the calibration of what an embedder answers.
    pub fn is_of(&self, embedder: &Embedder) -> bool {
        self.model_sha256 == embedder.sha256() && self.metric == embedder.spec().metric
    }

    /// The largest distance at which the estimated rate of false matches is no more than this; 0 if it is more even there.
    pub fn distance_at(&self, false_match_rate: f64) -> f64 {
        let (mut near, mut far) = (0.0, self.counted.last().map_or(self.tail_from, |knot| knot.distance));
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(near, far);
            match self.false_match_rate(middle) <= false_match_rate {
                true => near = middle,
                false => far = middle,
            }
        }
        near
    }

    /// The estimated rate of false matches if a distance were the threshold: never 0, and never falling as the distance
    /// grows.
    fn false_match_rate(&self, distance: f64) -> f64 {
        if distance <= self.tail_from {
            let rate = self.tail_share * self.tail.survival(self.tail_from - distance);
            return rate.clamp(SMALLEST_RATE, 1.0);
        }
        let after = self.counted.partition_point(|knot| knot.distance < distance);
        let start = Knot { distance: self.tail_from, rate: self.tail_share };
        let before = after.checked_sub(1).map_or(start, |at| self.counted[at]);
        let Some(next) = self.counted.get(after) else { return 1.0 };
        let step = (distance - before.distance) / (next.distance - before.distance);
        (before.rate + step * (next.rate - before.rate)).clamp(self.tail_share, 1.0)
    }

    fn check(&self) -> Result<(), RecognitionError> {
        let within = |is_within: bool, what: &str| {
            let context = || format!("the calibration is unusable: {what}");
            let refused = || RecognitionError::new(RecognitionErrorKind::Calibration, context());
            is_within.then_some(()).ok_or_else(refused)
        };
        let numbers =
            [self.independent_pairs, self.tail_from, self.tail_share, self.tail.scale, self.tail.shape];
        within(numbers.iter().all(|number| number.is_finite()), "a number is missing")?;
        within(self.independent_pairs >= 1.0, "independent_pairs must be 1 or more")?;
        within(self.independent_pairs <= self.pairs as f64, "independent_pairs must not be more than pairs")?;
        within(self.tail.scale > 0.0 && self.tail.shape.abs() <= 1.0, "the tail is none")?;
        within(
            self.tail_share > 0.0 && self.tail_share <= LARGEST_TAIL_SHARE,
            "tail_share must be up to 0.25",
        )?;
        let start = Knot { distance: self.tail_from, rate: self.tail_share };
        let knots: Vec<Knot> = std::iter::once(start).chain(self.counted.iter().copied()).collect();
        let ascends = |pair: &[Knot]| pair[0].distance < pair[1].distance && pair[0].rate <= pair[1].rate;
        within(knots.windows(2).all(ascends), "the counted part must ascend")?;
        within(knots.iter().all(|knot| knot.rate <= 1.0), "a rate is above 1")
    }
}

/// Confidence on the scale that callers know: one tenth for each factor of ten.
fn confidence(false_match_rate: f64) -> f64 {
    // The logarithm of 1 is 0, which turned is -0.
    (-false_match_rate.max(SMALLEST_RATE).log10() / 10.0).clamp(0.0, 1.0) + 0.0
}

/// How many of so many pairs the tail is fitted to.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count fits the count"
)]
fn exceedances(pairs: usize) -> usize {
    ((TAIL_SHARE * pairs as f64) as usize).max(FEWEST_EXCEEDANCES)
}

/// Evenly spaced ranks of the pairs beyond the tail, ties taken together.
fn counted(sorted: &[f64], exceedances: usize) -> Vec<Knot> {
    let last = sorted.len() - 1;
    let ranks = (1..=KNOTS).map(|knot| exceedances + (last - exceedances) * knot / KNOTS);
    let mut knots: Vec<Knot> = Vec::with_capacity(KNOTS);
    for rank in ranks {
        let distance = sorted[rank];
        let rate = sorted.partition_point(|other| *other <= distance) as f64 / sorted.len() as f64;
        let previous = knots.last().map_or(sorted[exceedances], |knot| knot.distance);
        if distance > previous {
            knots.push(Knot { distance, rate });
        }
    }
    knots
}

/// How many independent comparisons would leave a share as uncertain as these do: each names the people it compares
/// (twice the same one for two pictures of one person) and says whether it counts for the share.
///
/// The variance takes comparisons that share a person as dependent (Fafchamps and Gubert, J. Dev. Econ. 2007). The
/// result lies between the comparisons that share nobody and all of them; where none counts, or all do, nothing is
/// known of the dependence, and it is the former.
pub fn independent_cases(comparisons: &[((usize, usize), bool)]) -> f64 {
    let count = comparisons.len() as f64;
    let share = comparisons.iter().filter(|(_, counts)| *counts).count() as f64 / count;
    let mut by_person: BTreeMap<usize, f64> = BTreeMap::new();
    let (mut own, mut crossing) = (0.0, false);
    for ((a, b), counts) in comparisons {
        let off = f64::from(u8::from(*counts)) - share;
        *by_person.entry(*a).or_default() += off;
        if a != b {
            *by_person.entry(*b).or_default() += off;
            own += off * off;
            crossing = true;
        }
    }
    let disjoint = if crossing { by_person.len() / 2 } else { by_person.len() };
    let fewest = (disjoint as f64).max(1.0);
    let variance = (by_person.values().map(|sum| sum * sum).sum::<f64>() - own) / (count * count);
    let spread = share * (1.0 - share);
    if spread <= 0.0 || variance.is_nan() {
        return fewest;
    }
    // Fewer cases than by chance at each person leave a variance below nothing; the count bounds what that is worth.
    let worth = if variance > 0.0 { spread / variance } else { count };
    worth.clamp(fewest, count.max(fewest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn provenance() -> Provenance {
        Provenance { data: "invented".into(), fitted_on: "2026-01-01".into(), limits: "all".into() }
    }

    /// All pairs of so many people, at distances spread over 0.6..=1 with a thin end towards 0.6.
    fn pairs(people: usize) -> Vec<ImpostorPair> {
        let mut all = Vec::new();
        for a in 0..people {
            for b in 0..a {
                let spread = ((a * 7919 + b * 104_729) % 1000) as f64 / 1000.0;
                all.push(ImpostorPair { people: (a, b), distance: 0.6 + 0.4 * spread.sqrt() });
            }
        }
        all
    }

    fn fitted(people: usize) -> Calibration {
        Calibration::fit_of("m".into(), Metric::Euclidean, &pairs(people), provenance()).unwrap()
    }

    #[test]
    fn what_the_data_do_not_support_is_not_claimed() {
        let calibration = fitted(40);
        let near = calibration.assess(0.1);
        assert!(near.confidence > near.supported_confidence && near.beyond_data, "{near:?}");
        assert!((near.claimed_confidence() - near.supported_confidence).abs() < 1e-12);
        // 780 pairs are worth no more than 780 independent ones: three of them.
        assert!(near.supported_false_match_rate >= 3.0 / 780.0);
        let far = calibration.assess(0.95);
        assert!(!far.beyond_data && !far.is_identical(0.5) && far.false_match_rate > 0.5, "{far:?}");
    }

    #[test]
    fn the_counted_part_is_what_was_counted() {
        let calibration = fitted(60);
        let all = pairs(60);
        for threshold in [0.85, 0.9, 0.95] {
            let share =
                all.iter().filter(|pair| pair.distance <= threshold).count() as f64 / all.len() as f64;
            let rate = calibration.assess(threshold).false_match_rate;
            assert!((rate - share).abs() < 0.02, "{threshold}: {rate} instead of {share}");
        }
    }

    #[test]
    fn pairs_that_share_people_are_worth_less() {
        // Everybody is near to one person and far from the others: as many cases as people, not as pairs.
        let alike = pairs(40).into_iter().map(|pair| {
            let distance = if pair.people.1 == 0 { 0.5 } else { 0.9 } + pair.distance * 1e-3;
            ImpostorPair { distance, ..pair }
        });
        let alike: Vec<ImpostorPair> = alike.collect();
        let worth = |pairs: &[ImpostorPair]| {
            let near: Vec<_> = pairs.iter().map(|pair| (pair.people, pair.distance < 0.7)).collect();
            independent_cases(&near)
        };
        assert!(worth(&alike) <= 40.0, "{}", worth(&alike));
        // Strewn evenly, they are worth about their number.
        assert!(worth(&pairs(40)) > 300.0, "{}", worth(&pairs(40)));
        // Nothing near: as many as share nobody.
        let none: Vec<_> = pairs(40).iter().map(|pair| (pair.people, false)).collect();
        assert!((independent_cases(&none) - 20.0).abs() < 1e-9);
    }

    #[test]
    fn too_few_people_are_refused() {
        for people in [2, 9, 12] {
            let error =
                Calibration::fit_of("m".into(), Metric::Cosine, &pairs(people), provenance()).unwrap_err();
            assert_eq!(error.kind(), RecognitionErrorKind::TooFewPeople);
        }
    }

    #[test]
    fn a_file_reads_back_and_a_damaged_one_does_not() {
        let calibration = fitted(40);
        let text = calibration.to_json();
        let read = Calibration::from_json(&text).unwrap();
        for distance in [0.1, 0.65, 0.8, 0.99] {
            // Up to the last digit of a number in text.
            let off = read.assess(distance).confidence - calibration.assess(distance).confidence;
            assert!(off.abs() < 1e-12, "{distance}: {off}");
        }
        for (from, to) in
            [("\"scale\": ", "\"scale\": -"), ("\"tail_share\": ", "\"tail_share\": 7"), ("{", "[")]
        {
            let error = Calibration::from_json(&text.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error.kind(), RecognitionErrorKind::Calibration, "{from}");
        }
    }

    #[test]
    fn the_shipped_calibration_is_of_the_pinned_network() {
        let shipped = Calibration::shipped();
        assert_eq!(shipped.model_sha256, verilume_infer::PinnedModel::DLIB_RESNET.sha256);
        assert_eq!(shipped.metric, Metric::Euclidean);
    }

    proptest! {
        #[test]
        fn nearer_is_never_less_confident(a in -0.5..2.5f64, b in -0.5..2.5f64) {
            let calibration = fitted(40);
            let (near, far) = (calibration.assess(a.min(b)), calibration.assess(a.max(b)));
            prop_assert!(near.confidence >= far.confidence);
            prop_assert!((0.0..=1.0).contains(&near.confidence) && near.false_match_rate > 0.0);
        }
    }
}
