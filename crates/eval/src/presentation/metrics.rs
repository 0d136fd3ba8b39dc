//! Error rates by ISO/IEC 30107-3, with intervals. The definitions are in docs/reference/evaluation-report.md.

use serde::Serialize;
use verilume_liveness::fusion::Decision;

use super::ranking::{DetPoint, Ranking};
use super::sample::{Row, Sample};

/// Resamples of a bootstrap. Origin: the ends of a 95 % interval then rest on 25 resamples each.
pub const RESAMPLES: usize = 1000;
/// The probability of no error in n independent captures at the bound of the rule of three.
const RULE_OF_THREE: f64 = 0.05;

/// A rate or another figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure {
    /// The figure, 0..=1; `None` if there was nothing to measure it on.
    pub share: Option<f64>,
    /// How many captures; `None` for a figure that is no share of captures.
    pub count: Option<u64>,
    /// Of how many.
    pub of: Option<u64>,
    /// Lower end of the interval; `None` if there are too few clusters.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// Independent groups of captures that it rests on; of the smaller class if it rests on both.
    pub clusters: u64,
}

impl Figure {
    fn counted(count: u64, of: u64, clusters: u64) -> Self {
        let share = (of > 0).then(|| count as f64 / of as f64);
        Self { share, count: Some(count), of: Some(of), low: None, high: None, clusters }
    }

    pub(super) fn computed(share: Option<f64>, clusters: u64) -> Self {
        Self { share, count: None, of: None, low: None, high: None, clusters }
    }

    /// Sets the interval by what the resamples gave. Where none or all are counted, resampling shows no spread: the open
    /// end is then that of the rule of three, or beyond. A figure without counts and without spread gets no interval.
    pub(super) fn set_interval(&mut self, mut resampled: Vec<f64>) {
        if self.clusters < 2 {
            return;
        }
        let Some((mut low, mut high)) = middle_95(&mut resampled) else { return };
        if let (Some(count), Some(of)) = (self.count, self.of) {
            let none_wrong = RULE_OF_THREE.powf(1.0 / of as f64);
            high = if count == 0 { high.max(1.0 - none_wrong) } else { high };
            low = if count == of { low.min(none_wrong) } else { low };
        }
        if low < high {
            (self.low, self.high) = (Some(low), Some(high));
        }
    }
}

/// The 2.5th and 97.5th percentile; `None` if fewer than half of the resamples gave a value.
pub(crate) fn middle_95(values: &mut [f64]) -> Option<(f64, f64)> {
    if values.len() * 2 < RESAMPLES {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let tail = values.len() / 40;
    Some((values[tail], values[values.len() - 1 - tail]))
}

/// Every figure of a set of captures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metrics {
    /// At the operating point: what was decided.
    pub decisions: Decisions,
    /// By the scores alone; `None` if there are no live captures or no attacks.
    pub thresholds: Option<Thresholds>,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decisions {
    /// Live captures called spoof.
    pub bpcer: Figure,
    /// Live captures without a response: uncertain, or not to be analysed.
    pub bpnrr: Figure,
    /// Live captures not called real: both of the above.
    pub live_not_accepted: Figure,
    /// The largest APCER of a species.
    pub apcer_max: Figure,
    /// Attacks of all species called real.
    pub apcer_pooled: Figure,
    /// Attacks of all species without a response.
    pub apnrr_pooled: Figure,
    /// The mean of `apcer_max` and `bpcer`.
    pub acer: Figure,
    /// By species of attack, the worst first.
    pub species: Vec<SpeciesDecisions>,
}

/// What was decided on the attacks of one species.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpeciesDecisions {
    /// The species.
    pub attack_type: String,
    /// Its attacks called real.
    pub apcer: Figure,
    /// Its attacks without a response.
    pub apnrr: Figure,
}

/// What the scores alone say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Thresholds {
    /// How often a live capture scores higher than an attack, ties half.
    pub auc: Figure,
    /// Where APCER and BPCER are equal, all attacks pooled.
    pub eer: Figure,
    /// BPCER where the APCER of all attacks pooled is at most 5 %.
    pub bpcer20: Figure,
    /// BPCER where the APCER of every species is at most 5 %.
    pub bpcer20_every_species: Figure,
    /// BPCER where the APCER of all attacks pooled is at most 1 %.
    pub bpcer100: Figure,
    /// BPCER where the APCER of every species is at most 1 %.
    pub bpcer100_every_species: Figure,
    /// APCER where the BPCER is at most 1 %.
    pub at_bpcer_1: ThresholdFigures,
    /// APCER where the BPCER is at most 5 %.
    pub at_bpcer_5: ThresholdFigures,
    /// The detection error tradeoff curve, all attacks pooled.
    pub det: Vec<DetPoint>,
}

/// The rates at one threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ThresholdFigures {
    /// Captures are accepted from here on; `None` if the rate is reached only by accepting all.
    pub threshold: Option<f64>,
    /// The BPCER it comes to.
    pub bpcer: Figure,
    /// The largest APCER of a species.
    pub apcer_max: Figure,
    /// Attacks of all species accepted.
    pub apcer_pooled: Figure,
    /// Attacks accepted by species, the worst first.
    pub species: Vec<SpeciesApcer>,
}

/// Attacks of a species accepted at a threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpeciesApcer {
    /// The species.
    pub attack_type: String,
    /// The share accepted.
    pub apcer: Figure,
}

impl Metrics {
    /// All figures with their intervals, the worst species first.
    pub(super) fn of(sample: &Sample) -> Self {
        let measure = Measure::new(sample);
        let mut metrics = measure.metrics(&sample.as_it_is());
        let mut columns: Vec<Vec<f64>> = vec![Vec::with_capacity(RESAMPLES); metrics.figures().len()];
        for drawn in sample.resamples(RESAMPLES) {
            let mut resampled = measure.metrics(&drawn);
            // Without one of both classes the figures of the scores, which come last, are left out.
            for (column, figure) in columns.iter_mut().zip(resampled.figures()) {
                column.extend(figure.share);
            }
        }
        for (figure, column) in metrics.figures().into_iter().zip(columns) {
            figure.set_interval(column);
        }
        if let Some(thresholds) = &mut metrics.thresholds {
            let ranking = Ranking::new(&sample.rows, &sample.as_it_is(), |_| true);
            thresholds.det = ranking.map(|ranking| ranking.det()).unwrap_or_default();
        }
        metrics.worst_first();
        metrics
    }

    /// Every figure, always in the same order.
    fn figures(&mut self) -> Vec<&mut Figure> {
        let d = &mut self.decisions;
        let mut all = vec![
            &mut d.bpcer,
            &mut d.bpnrr,
            &mut d.live_not_accepted,
            &mut d.apcer_max,
            &mut d.apcer_pooled,
            &mut d.apnrr_pooled,
            &mut d.acer,
        ];
        all.extend(d.species.iter_mut().flat_map(|species| [&mut species.apcer, &mut species.apnrr]));
        if let Some(t) = &mut self.thresholds {
            all.extend([&mut t.auc, &mut t.eer, &mut t.bpcer20, &mut t.bpcer20_every_species]);
            all.extend([&mut t.bpcer100, &mut t.bpcer100_every_species]);
            for at in [&mut t.at_bpcer_1, &mut t.at_bpcer_5] {
                all.extend([&mut at.bpcer, &mut at.apcer_max, &mut at.apcer_pooled]);
                all.extend(at.species.iter_mut().map(|species| &mut species.apcer));
            }
        }
        all
    }

    fn worst_first(&mut self) {
        let by = |figure: &Figure| figure.share.map_or(-1.0, |share| share);
        self.decisions.species.sort_by(|a, b| by(&b.apcer).total_cmp(&by(&a.apcer)));
        for at in self.thresholds.iter_mut().flat_map(|t| [&mut t.at_bpcer_1, &mut t.at_bpcer_5]) {
            at.species.sort_by(|a, b| by(&b.apcer).total_cmp(&by(&a.apcer)));
        }
    }
}

/// Measures a sample and its resamples.
pub(super) struct Measure<'a> {
    sample: &'a Sample,
    live_clusters: u64,
    attack_clusters: u64,
    clusters_of: Vec<u64>,
}

impl<'a> Measure<'a> {
    pub(super) fn new(sample: &'a Sample) -> Self {
        let clusters_of = |species| sample.clusters_with(|row| row.species == Some(species));
        Self {
            sample,
            live_clusters: sample.clusters_with(|row| row.species.is_none()),
            attack_clusters: sample.clusters_with(|row| row.species.is_some()),
            clusters_of: (0..sample.species.len()).map(clusters_of).collect(),
        }
    }

    fn metrics(&self, drawn: &[u32]) -> Metrics {
        Metrics { decisions: self.decisions(drawn), thresholds: self.thresholds(drawn) }
    }

    fn decisions(&self, drawn: &[u32]) -> Decisions {
        let is_real = |row: &Row| row.decision == Some(Decision::RealFace);
        let is_spoof = |row: &Row| row.decision == Some(Decision::SpoofFace);
        let has_no_response = |row: &Row| !is_real(row) && !is_spoof(row);
        let bpcer = self.of_live(drawn, is_spoof);
        let species = self.sample.species.iter().enumerate().map(|(at, name)| SpeciesDecisions {
            attack_type: name.clone(),
            apcer: self.of_species(drawn, at, is_real),
            apnrr: self.of_species(drawn, at, has_no_response),
        });
        let species: Vec<_> = species.collect();
        let apcer_max = largest(species.iter().map(|species| species.apcer));
        let acer = apcer_max.share.zip(bpcer.share).map(|(apcer, bpcer)| (apcer + bpcer) / 2.0);
        Decisions {
            bpcer,
            bpnrr: self.of_live(drawn, has_no_response),
            live_not_accepted: self.of_live(drawn, |row| !is_real(row)),
            apcer_max,
            apcer_pooled: self.of_attacks(drawn, is_real),
            apnrr_pooled: self.of_attacks(drawn, has_no_response),
            acer: Figure::computed(acer, apcer_max.clusters.min(bpcer.clusters)),
            species,
        }
    }

    fn thresholds(&self, drawn: &[u32]) -> Option<Thresholds> {
        let rows = &self.sample.rows;
        let pooled = Ranking::new(rows, drawn, |_| true)?;
        let by_species: Vec<Ranking> = (0..self.sample.species.len())
            .filter_map(|species| Ranking::new(rows, drawn, |at| at == species))
            .collect();
        let bpcer_from = |threshold: f64| {
            let refused = self.of_live(drawn, |row| row.value < threshold);
            Figure { clusters: self.both_clusters(), ..refused }
        };
        let every_species = |apcer: f64| {
            let thresholds = by_species.iter().map(|ranking| ranking.threshold_at_apcer(apcer));
            bpcer_from(thresholds.fold(f64::NEG_INFINITY, f64::max))
        };
        Some(Thresholds {
            auc: Figure::computed(Some(pooled.auc()), self.both_clusters()),
            eer: Figure::computed(Some(pooled.eer()), self.both_clusters()),
            bpcer20: bpcer_from(pooled.threshold_at_apcer(0.05)),
            bpcer20_every_species: every_species(0.05),
            bpcer100: bpcer_from(pooled.threshold_at_apcer(0.01)),
            bpcer100_every_species: every_species(0.01),
            at_bpcer_1: self.at_threshold(drawn, pooled.threshold_at_bpcer(0.01)),
            at_bpcer_5: self.at_threshold(drawn, pooled.threshold_at_bpcer(0.05)),
            det: Vec::new(),
        })
    }

    /// APCER of all attacks where the BPCER is at most 5 %.
    pub(super) fn apcer_at_bpcer_5(&self, drawn: &[u32]) -> Option<f64> {
        let threshold = Ranking::new(&self.sample.rows, drawn, |_| true)?.threshold_at_bpcer(0.05);
        self.of_attacks(drawn, |row| row.value >= threshold).share
    }

    /// The rates if captures are accepted from a threshold on.
    pub(super) fn at_threshold(&self, drawn: &[u32], threshold: f64) -> ThresholdFigures {
        let is_accepted = |row: &Row| row.value >= threshold;
        let limited = |figure: Figure| Figure { clusters: figure.clusters.min(self.live_clusters), ..figure };
        let species = self.sample.species.iter().enumerate().map(|(at, name)| SpeciesApcer {
            attack_type: name.clone(),
            apcer: limited(self.of_species(drawn, at, is_accepted)),
        });
        let species: Vec<_> = species.collect();
        ThresholdFigures {
            threshold: threshold.is_finite().then_some(threshold),
            bpcer: self.of_live(drawn, |row| !is_accepted(row)),
            apcer_max: largest(species.iter().map(|species| species.apcer)),
            apcer_pooled: limited(self.of_attacks(drawn, is_accepted)),
            species,
        }
    }

    pub(super) fn both_clusters(&self) -> u64 {
        self.live_clusters.min(self.attack_clusters)
    }

    fn of_live(&self, drawn: &[u32], is_such: impl Fn(&Row) -> bool) -> Figure {
        self.share(drawn, |row| row.species.is_none(), is_such, self.live_clusters)
    }

    fn of_attacks(&self, drawn: &[u32], is_such: impl Fn(&Row) -> bool) -> Figure {
        self.share(drawn, |row| row.species.is_some(), is_such, self.attack_clusters)
    }

    fn of_species(&self, drawn: &[u32], species: usize, is_such: impl Fn(&Row) -> bool) -> Figure {
        self.share(drawn, |row| row.species == Some(species), is_such, self.clusters_of[species])
    }

    fn share(
        &self,
        drawn: &[u32],
        is_counted: impl Fn(&Row) -> bool,
        is_such: impl Fn(&Row) -> bool,
        clusters: u64,
    ) -> Figure {
        let of = self.sample.count(drawn, &is_counted);
        let count = self.sample.count(drawn, |row| is_counted(row) && is_such(row));
        Figure::counted(count, of, clusters)
    }
}

/// The figure with the largest share.
fn largest(figures: impl Iterator<Item = Figure>) -> Figure {
    let share = |figure: &Figure| figure.share.unwrap_or(-1.0);
    figures.max_by(|a, b| share(a).total_cmp(&share(b))).unwrap_or(Figure::counted(0, 0, 0))
}

#[cfg(test)]
mod tests {
    use super::super::Label;
    use super::super::sample::Observation;
    use super::*;

    fn seen<'a>(
        species: &'a str,
        cluster: &'a str,
        score: f64,
        decision: Option<Decision>,
    ) -> Observation<'a> {
        let label = if species.is_empty() { Label::Live } else { Label::Spoof };
        Observation { label, species, cluster, score: decision.map(|_| score), decision }
    }

    const REAL: Option<Decision> = Some(Decision::RealFace);
    const SPOOF: Option<Decision> = Some(Decision::SpoofFace);
    const UNCERTAIN: Option<Decision> = Some(Decision::Uncertain);

    fn small() -> Metrics {
        Metrics::of(&Sample::new(&[
            seen("", "a", 3.0, REAL),
            seen("", "b", 2.0, REAL),
            seen("", "c", 0.5, UNCERTAIN),
            seen("", "d", -2.0, SPOOF),
            seen("", "e", 0.0, None),
            seen("print", "a", 2.5, REAL),
            seen("print", "b", -3.0, SPOOF),
            seen("replay", "a", -1.0, SPOOF),
            seen("replay", "b", 0.0, UNCERTAIN),
            seen("replay", "c", 0.0, None),
            seen("replay", "d", -4.0, SPOOF),
        ]))
    }

    #[track_caller]
    fn counts(figure: &Figure, count: u64, of: u64) {
        assert_eq!((figure.count, figure.of), (Some(count), Some(of)));
    }

    #[test]
    fn decisions_are_counted_by_the_standard() {
        let decisions = small().decisions;
        counts(&decisions.bpcer, 1, 5);
        counts(&decisions.bpnrr, 2, 5);
        counts(&decisions.live_not_accepted, 3, 5);
        counts(&decisions.apcer_max, 1, 2);
        counts(&decisions.apcer_pooled, 1, 6);
        counts(&decisions.apnrr_pooled, 2, 6);
        assert!((decisions.acer.share.unwrap() - (0.5 + 0.2) / 2.0).abs() < 1e-12);
        assert_eq!(decisions.species[0].attack_type, "print");
        counts(&decisions.species[1].apnrr, 2, 4);
    }

    #[test]
    fn a_capture_without_a_score_is_never_accepted() {
        let thresholds = small().thresholds.unwrap();
        // No live capture may be refused, but one has no score: only accepting all gets there.
        assert_eq!(thresholds.at_bpcer_5.threshold, None);
        counts(&thresholds.at_bpcer_5.apcer_pooled, 6, 6);
        // At most 5 % of six attacks is none: from 3 on.
        counts(&thresholds.bpcer20, 4, 5);
        // Of 30 pairs: 3 beats 6, 2 beats 5, 0.5 beats 5, -2 beats 3, the missing ties with one.
        assert!((thresholds.auc.share.unwrap() - 19.5 / 30.0).abs() < 1e-12);
    }

    #[test]
    fn intervals_hold_the_figure_and_need_two_clusters() {
        let mut metrics = small();
        for figure in metrics.figures() {
            if let (Some(share), Some(low), Some(high)) = (figure.share, figure.low, figure.high) {
                assert!(
                    low <= high && (0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high),
                    "{figure:?}"
                );
                assert!(figure.count.is_none() || (low <= share && share <= high), "{figure:?}");
            }
        }
        let one = Metrics::of(&Sample::new(&[seen("", "a", 1.0, REAL), seen("print", "a", 0.0, REAL)]));
        assert_eq!((one.decisions.bpcer.share, one.decisions.bpcer.low), (Some(0.0), None));
        assert_eq!(one.decisions.bpcer.clusters, 1);
    }

    #[test]
    fn no_error_in_n_is_not_no_error() {
        let names: Vec<String> = (0..150).map(|at| at.to_string()).collect();
        let live: Vec<_> = names.iter().map(|name| seen("", name, 1.0, REAL)).collect();
        let bpcer = Metrics::of(&Sample::new(&live)).decisions.bpcer;
        assert_eq!((bpcer.share, bpcer.low), (Some(0.0), Some(0.0)));
        assert!((bpcer.high.unwrap() - 0.02).abs() < 5e-4, "the rule of three: {bpcer:?}");
    }

    #[test]
    fn captures_of_one_group_count_as_one() {
        let interval = |groups: usize| {
            let names: Vec<String> = (0..100).map(|at| (at % groups).to_string()).collect();
            // Half of the groups fail as one.
            let decided = |at: usize| if at % groups < groups / 2 { SPOOF } else { REAL };
            let live: Vec<_> =
                names.iter().enumerate().map(|(at, name)| seen("", name, 1.0, decided(at))).collect();
            let bpcer = Metrics::of(&Sample::new(&live)).decisions.bpcer;
            bpcer.high.unwrap() - bpcer.low.unwrap()
        };
        let (independent, clustered) = (interval(100), interval(4));
        assert!((0.15..0.25).contains(&independent), "about 2 * 1.96 * 0.05: {independent}");
        assert!(clustered > 2.0 * independent, "{clustered}");
    }
}
