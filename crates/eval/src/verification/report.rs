//! What the distances say: the rates at every threshold, with intervals that know which pairs share people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use verilume_infer::PinnedModel;
use verilume_recognition::{Calibration, Embedder, independent_cases};

use super::spread::{AcceptRate, Estimate, Ranked};
use super::{Comparisons, Pair, PairList, Unusable, Verdict};
use crate::stats::wilson95;

/// The rates of false matches that operating points and true accept rates are given for, where there are pairs enough.
const FALSE_MATCH_RATES: [f64; 2] = [1e-2, 1e-3];
/// The confidences that operating points are given for: 1 in 1000 and 1 in 100 000 by the calibration.
const CONFIDENCES: [f64; 2] = [0.3, 0.5];

/// A share with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// How many.
    pub count: u64,
    /// Of how many pairs.
    pub of: u64,
    /// How many independent pairs they are worth.
    pub independent: f64,
    /// The share; `None` if there is nothing to count.
    pub share: Option<f64>,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

impl Rate {
    fn of(cases: &[((usize, usize), bool)]) -> Self {
        let (count, of) = (cases.iter().filter(|(_, counts)| *counts).count() as u64, cases.len() as u64);
        if cases.is_empty() {
            return Self { count, of, independent: 0.0, share: None, low: 0.0, high: 1.0 };
        }
        let (share, independent) = (count as f64 / of as f64, independent_cases(cases));
        let (low, high) = wilson95(share, independent);
        Self { count, of, independent, share: Some(share), low, high }
    }
}

/// Both error rates at one threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OperatingPoint {
    /// What the threshold was chosen by.
    pub chosen_by: String,
    /// Pairs this near or nearer match.
    pub threshold: f64,
    /// False match rate.
    pub fmr: Rate,
    /// False non-match rate.
    pub fnmr: Rate,
}

/// A point of the detection error tradeoff.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TradeoffPoint {
    /// Pairs this near or nearer match; `None` where none does.
    pub threshold: Option<f64>,
    /// False match rate.
    pub fmr: f64,
    /// False non-match rate.
    pub fnmr: f64,
}

/// What a study of a network found on other pictures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StudyFigures {
    /// Pairs of one person, many of them years apart.
    pub same: u64,
    /// Pairs of two people.
    pub different: u64,
    /// How often a pair of one person is nearer than a pair of two.
    pub auc: f64,
    /// Where both error rates are equal.
    pub eer: f64,
    /// The false accept rate of `tar`.
    pub far: f64,
    /// The share of the pairs of one person that match at it.
    pub tar: f64,
}

impl StudyFigures {
    /// dlib's network, on 60 people.
    const DLIB_RESNET: Self =
        Self { same: 69, different: 1568, auc: 0.990, eer: 0.052, far: 1e-3, tar: 0.44 };

    fn of(model_sha256: &str) -> Option<Self> {
        (model_sha256 == PinnedModel::DLIB_RESNET.sha256).then_some(Self::DLIB_RESNET)
    }
}

/// What follows from the distances alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rates {
    /// How often a pair of one person is nearer than a pair of two, ties half.
    pub auc: f64,
    /// The same with its interval.
    pub auc_estimate: Estimate,
    /// Where both error rates are equal.
    pub eer: f64,
    /// The same with its interval.
    pub eer_estimate: Estimate,
    /// How many pairs of one person match at low false accept rates.
    pub accept_rates: Vec<AcceptRate>,
    /// Both error rates at chosen thresholds.
    pub operating_points: Vec<OperatingPoint>,
    /// Both error rates at every threshold, thinned.
    pub det: Vec<TradeoffPoint>,
}

/// The rates of one group of pairs, at the thresholds of the whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupReport {
    /// The group.
    pub group: String,
    /// Pairs of one person.
    pub same: u64,
    /// Pairs of two people.
    pub different: u64,
    /// Both error rates.
    pub operating_points: Vec<OperatingPoint>,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairsReport {
    /// The embedding network.
    pub model: String,
    /// SHA-256 of its file.
    pub model_sha256: String,
    /// Different people in the pairs that were compared.
    pub people: u64,
    /// Pairs of one person that were compared.
    pub same: u64,
    /// Pairs of two people that were compared.
    pub different: u64,
    /// Pictures that could not be compared. They are in none of the rates.
    pub unusable: Vec<Unusable>,
    /// The rates; `None` without pairs of both kinds.
    pub rates: Option<Rates>,
    /// What a study of this network found on other pictures, to see the rates beside it; `None` for other networks.
    pub study: Option<StudyFigures>,
    /// The rates of each group.
    pub groups: Vec<GroupReport>,
}

impl PairsReport {
    /// The report of a list that was compared. Without a calibration there are no operating points by confidence.
    pub fn new(
        list: &PairList,
        comparisons: &Comparisons,
        embedder: &Embedder,
        calibration: Option<&Calibration>,
    ) -> Self {
        let all: Vec<(&Pair, &Verdict)> =
            comparisons.verdicts.iter().map(|verdict| (&list.pairs[verdict.pair], verdict)).collect();
        let mut people: Vec<usize> =
            all.iter().flat_map(|(pair, _)| [pair.people.0, pair.people.1]).collect();
        people.sort_unstable();
        people.dedup();
        let rates = rates(&all, calibration);
        let mut groups: BTreeMap<&str, Vec<(&Pair, &Verdict)>> = BTreeMap::new();
        for one in all.iter().filter(|(pair, _)| !pair.group.is_empty()) {
            groups.entry(&one.0.group).or_default().push(*one);
        }
        let of_whole = rates.as_ref().map_or(&[][..], |rates| &rates.operating_points);
        let groups = groups.into_iter().map(|(name, pairs)| group(name, &pairs, of_whole)).collect();
        let same = count_same(&all);
        Self {
            model: embedder.spec().name.clone(),
            model_sha256: embedder.sha256().to_owned(),
            people: people.len() as u64,
            same,
            different: all.len() as u64 - same,
            unusable: comparisons.unusable.clone(),
            rates,
            study: StudyFigures::of(embedder.sha256()),
            groups,
        }
    }

    /// The main figures for a terminal.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{} pairs of one person, {} of two, {} people; {} pictures could not be compared\n",
            self.same,
            self.different,
            self.people,
            self.unusable.len()
        );
        let Some(rates) = &self.rates else {
            text.push_str("no rates: there must be pairs of one person and of two\n");
            return text;
        };
        summary(&mut text, rates);
        if let Some(study) = &self.study {
            beside(&mut text, study);
        }
        points(&mut text, &rates.operating_points);
        for group in &self.groups {
            let (name, same, different) = (&group.group, group.same, group.different);
            let _ = writeln!(text, "group {name}: {same} of one person, {different} of two");
            points(&mut text, &group.operating_points);
        }
        text
    }
}

fn summary(text: &mut String, rates: &Rates) {
    let (auc, eer) = (&rates.auc_estimate, percent(&rates.eer_estimate));
    let _ = writeln!(text, "AUC {:.4} ({:.4} to {:.4})", auc.value, auc.low, auc.high);
    let _ = writeln!(text, "EER {eer}");
    for rate in &rates.accept_rates {
        let AcceptRate { far, needed, different, .. } = rate;
        let _ = match &rate.tar {
            Some(tar) => writeln!(text, "TAR at FAR {far}: {}", percent(tar)),
            None => writeln!(
                text,
                "TAR at FAR {far}: not supported by {different} pairs of two people ({needed} are needed)"
            ),
        };
    }
}

fn beside(text: &mut String, study: &StudyFigures) {
    let StudyFigures { same, different, auc, far, .. } = study;
    let (eer, tar) = (100.0 * study.eer, 100.0 * study.tar);
    let _ = writeln!(
        text,
        "a study of this network on other pictures ({same} pairs of one person, {different} of two): \
         AUC {auc:.3}, EER {eer:.1} %, TAR at FAR {far} {tar:.0} %"
    );
}

/// A share with its interval.
fn percent(estimate: &Estimate) -> String {
    let [value, low, high] = [estimate.value, estimate.low, estimate.high].map(|share| 100.0 * share);
    format!("{value:.1} % ({low:.1} to {high:.1} %)")
}

fn points(text: &mut String, points: &[OperatingPoint]) {
    for point in points {
        let (fmr, fnmr) = (told(&point.fmr), told(&point.fnmr));
        let chosen = &point.chosen_by;
        let _ = writeln!(text, "  {chosen:<18} at distance {:.3}: FMR {fmr}; FNMR {fnmr}", point.threshold);
    }
}

/// A rate in one line.
fn told(rate: &Rate) -> String {
    let percent = |share: f64| format!("{:.2}", 100.0 * share);
    let share = rate.share.map_or_else(|| "-".to_owned(), percent);
    format!("{share} % ({} of {}; {} to {} %)", rate.count, rate.of, percent(rate.low), percent(rate.high))
}

fn count_same(pairs: &[(&Pair, &Verdict)]) -> u64 {
    pairs.iter().filter(|(pair, _)| pair.is_same()).count() as u64
}

fn rates(pairs: &[(&Pair, &Verdict)], calibration: Option<&Calibration>) -> Option<Rates> {
    let ranked = Ranked::new(pairs);
    let ranking = ranked.ranking()?;
    let [auc, eer] = ranked.auc_and_eer()?;
    let accept_rates = FALSE_MATCH_RATES.map(|rate| ranked.accept_rate(rate)).to_vec();
    let supported = accept_rates.iter().filter(|rate| rate.tar.is_some()).map(|rate| rate.far);
    let by_rate = supported.filter_map(|rate| {
        let threshold = -ranking.threshold_at_apcer(rate);
        // Above all values: then none matches, which says nothing about pairs of one person.
        threshold.is_finite().then(|| at(pairs, format!("FMR up to {rate}"), threshold))
    });
    let by_confidence = calibration.into_iter().flat_map(|calibration| {
        CONFIDENCES.into_iter().map(move |confidence| {
            let threshold = distance_at(calibration, confidence);
            at(pairs, format!("confidence {confidence}"), threshold)
        })
    });
    let det = ranking.det().into_iter().map(|point| TradeoffPoint {
        threshold: point.threshold.map(|value| -value),
        fmr: point.apcer,
        fnmr: point.bpcer,
    });
    Some(Rates {
        auc: auc.value,
        auc_estimate: auc,
        eer: eer.value,
        eer_estimate: eer,
        operating_points: by_rate.chain(by_confidence).collect(),
        det: det.collect(),
        accept_rates,
    })
}

fn group(name: &str, pairs: &[(&Pair, &Verdict)], of_whole: &[OperatingPoint]) -> GroupReport {
    let same = count_same(pairs);
    GroupReport {
        group: name.to_owned(),
        same,
        different: pairs.len() as u64 - same,
        operating_points: of_whole
            .iter()
            .map(|point| at(pairs, point.chosen_by.clone(), point.threshold))
            .collect(),
    }
}

/// Both error rates if pairs this near or nearer match.
fn at(pairs: &[(&Pair, &Verdict)], chosen_by: String, threshold: f64) -> OperatingPoint {
    let cases = |same: bool| {
        let of_kind = pairs.iter().filter(move |(pair, _)| pair.is_same() == same);
        // An error is a match of two people, and none of one.
        let judged = of_kind.map(|(pair, verdict)| (pair.people, (verdict.distance <= threshold) != same));
        judged.collect::<Vec<_>>()
    };
    OperatingPoint { chosen_by, threshold, fmr: Rate::of(&cases(false)), fnmr: Rate::of(&cases(true)) }
}

/// The largest distance that has a confidence; 0 if none has. Confidence never grows with the distance.
fn distance_at(calibration: &Calibration, confidence: f64) -> f64 {
    let (mut near, mut far) = (0.0_f64, 4.0_f64);
    for _ in 0..60 {
        let middle = f64::midpoint(near, far);
        if calibration.assess(middle).confidence >= confidence { near = middle } else { far = middle }
    }
    near
}
