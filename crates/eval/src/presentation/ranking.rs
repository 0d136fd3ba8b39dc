//! What scores alone say: both error rates at every threshold, and what follows from them.

use serde::Serialize;

use super::sample::Row;

/// The most points of a curve in a report: more are not seen.
const MAX_POINTS: usize = 256;

/// One point of the detection error tradeoff curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DetPoint {
    /// Captures are accepted from this value on; `None` where all or none are.
    pub threshold: Option<f64>,
    /// Share of the attacks that are accepted.
    pub apcer: f64,
    /// Share of the live captures that are not.
    pub bpcer: f64,
}

/// The errors if captures are accepted from a threshold on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    threshold: f64,
    live_below: u64,
    attacks_from: u64,
}

/// The errors at every threshold, ascending: at each value that occurs, and above all of them.
#[derive(Debug, Clone)]
pub(crate) struct Ranking {
    steps: Vec<Step>,
    live: u64,
    attacks: u64,
}

impl Ranking {
    /// Of the rows (ascending), each as often as its cluster is drawn; of the attacks only those of chosen species.
    /// `None` if one of both classes is missing.
    pub(crate) fn new(rows: &[Row], drawn: &[u32], is_chosen: impl Fn(usize) -> bool) -> Option<Self> {
        let mut steps: Vec<Step> = Vec::new();
        let (mut live, mut attacks) = (0, 0);
        for row in rows {
            let weight = u64::from(drawn[row.cluster]);
            let counts = weight > 0 && row.species.is_none_or(&is_chosen);
            if !counts {
                continue;
            }
            if steps.last().is_none_or(|step| step.threshold < row.value) {
                // For now the attacks below.
                steps.push(Step { threshold: row.value, live_below: live, attacks_from: attacks });
            }
            match row.species {
                None => live += weight,
                Some(_) => attacks += weight,
            }
        }
        if live == 0 || attacks == 0 {
            return None;
        }
        steps.iter_mut().for_each(|step| step.attacks_from = attacks - step.attacks_from);
        steps.push(Step { threshold: f64::INFINITY, live_below: live, attacks_from: 0 });
        Some(Self { steps, live, attacks })
    }

    /// The highest threshold at which at most this share of the live captures is not accepted.
    pub(crate) fn threshold_at_bpcer(&self, share: f64) -> f64 {
        let most = allowed(share, self.live);
        let above = self.steps.partition_point(|step| step.live_below <= most);
        self.steps[above.saturating_sub(1)].threshold
    }

    /// The lowest threshold at which at most this share of the attacks is accepted.
    pub(crate) fn threshold_at_apcer(&self, share: f64) -> f64 {
        self.step_at_apcer(share).threshold
    }

    /// The share of the live captures that is not accepted where at most this share of the attacks is.
    pub(crate) fn bpcer_at_apcer(&self, share: f64) -> f64 {
        self.bpcer(self.step_at_apcer(share))
    }

    /// The lowest step at which at most this share of the attacks is accepted; at the last one none is.
    fn step_at_apcer(&self, share: f64) -> &Step {
        let most = allowed(share, self.attacks);
        let at = self.steps.partition_point(|step| step.attacks_from > most);
        &self.steps[at]
    }

    /// The highest value below a threshold, if there is one.
    pub(crate) fn next_below(&self, threshold: f64) -> Option<f64> {
        let at = self.steps.partition_point(|step| step.threshold < threshold);
        Some(self.steps[at.checked_sub(1)?].threshold)
    }

    /// The area under the curve: how often a live capture scores higher than an attack (Mann and Whitney), ties half.
    pub(crate) fn auc(&self) -> f64 {
        let wins = self.steps.windows(2).map(|pair| {
            let live_here = (pair[1].live_below - pair[0].live_below) as f64;
            let attacks_below = (self.attacks - pair[0].attacks_from) as f64;
            let attacks_here = (pair[0].attacks_from - pair[1].attacks_from) as f64;
            live_here * (attacks_below + attacks_here / 2.0)
        });
        wins.sum::<f64>() / (self.live as f64 * self.attacks as f64)
    }

    /// The equal error rate: where the straight line between neighbouring thresholds has both rates equal.
    pub(crate) fn eer(&self) -> f64 {
        let at = self.steps.partition_point(|step| self.bpcer(step) < self.apcer(step));
        let after = &self.steps[at];
        let Some(before) = at.checked_sub(1).map(|at| &self.steps[at]) else { return self.apcer(after) };
        let gap_before = self.apcer(before) - self.bpcer(before);
        let gap_after = self.bpcer(after) - self.apcer(after);
        let share = gap_before / (gap_before + gap_after);
        self.apcer(before) + share * (self.apcer(after) - self.apcer(before))
    }

    /// The curve, thinned evenly where it has more points than are seen.
    pub(crate) fn det(&self) -> Vec<DetPoint> {
        let every = self.steps.len().div_ceil(MAX_POINTS);
        let last = self.steps.len() - 1;
        let kept = self.steps.iter().enumerate().filter(|(at, _)| at % every == 0 || *at == last);
        let point = |step: &Step| DetPoint {
            threshold: step.threshold.is_finite().then_some(step.threshold),
            apcer: self.apcer(step),
            bpcer: self.bpcer(step),
        };
        kept.map(|(_, step)| point(step)).collect()
    }

    fn apcer(&self, step: &Step) -> f64 {
        step.attacks_from as f64 / self.attacks as f64
    }

    fn bpcer(&self, step: &Step) -> f64 {
        step.live_below as f64 / self.live as f64
    }
}

/// How many of so many may be wrong; 5 % of 20 is 1 whatever the rounding of 0.05.
#[expect(clippy::cast_possible_truncation, reason = "a share of a count fits the count")]
fn allowed(share: f64, of: u64) -> u64 {
    (share * of as f64 + 1e-9) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranking(live: &[f64], attacks: &[f64]) -> Ranking {
        let row = |species| move |value: &f64| Row { value: *value, species, cluster: 0, decision: None };
        let mut rows: Vec<Row> = live.iter().map(row(None)).chain(attacks.iter().map(row(Some(0)))).collect();
        rows.sort_by(|a, b| a.value.total_cmp(&b.value));
        Ranking::new(&rows, &[1], |_| true).unwrap()
    }

    #[test]
    fn the_area_counts_ties_half() {
        // 3 x 2 pairs: 0.9 and 0.8 beat both, 0.4 ties with one and beats one.
        let auc = ranking(&[0.9, 0.8, 0.4], &[0.4, 0.1]).auc();
        assert!((auc - 5.5 / 6.0).abs() < 1e-12, "{auc}");
        assert!((ranking(&[1.0], &[0.0]).auc() - 1.0).abs() < 1e-12);
        assert!((ranking(&[0.5; 4], &[0.5; 3]).auc() - 0.5).abs() < 1e-12);
        assert!(ranking(&[f64::NEG_INFINITY], &[0.0]).auc() < 1e-12);
    }

    #[test]
    fn the_equal_error_rate_lies_between_thresholds() {
        assert!(ranking(&[2.0, 3.0], &[0.0, 1.0]).eer() < 1e-12);
        // At 2: an attack of two accepted, no live refused. At 3: one of two each.
        assert!((ranking(&[2.0, 4.0], &[1.0, 3.0]).eer() - 0.5).abs() < 1e-12);
        // Of 4 and 3: at 0.5 apcer 1/3, bpcer 1/4; above it apcer 0, bpcer 1/4.
        let eer = ranking(&[0.2, 0.6, 0.7, 0.8], &[0.1, 0.15, 0.5]).eer();
        assert!((eer - 0.25).abs() < 1e-12, "{eer}");
        // All alike: from (1, 0) to (0, 1).
        assert!((ranking(&[0.5; 3], &[0.5; 7]).eer() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn thresholds_keep_the_rate_they_are_asked_for() {
        let live: Vec<f64> = (0..20).map(f64::from).collect();
        let attacks: Vec<f64> = (0..100).map(|at| f64::from(at) / 20.0 - 3.0).collect();
        let ranking = ranking(&live, &attacks);
        // One of 20 may be refused: 0 is, 1 is not; the highest threshold that spares 1 is 1 itself.
        assert!((ranking.threshold_at_bpcer(0.05) - 1.0).abs() < 1e-12);
        // No live capture may be refused.
        assert!(ranking.threshold_at_bpcer(0.01).abs() < 1e-12);
        // 5 of 100 attacks: those from 1.75 on.
        assert!((ranking.threshold_at_apcer(0.05) - 1.75).abs() < 1e-9);
        // 0 and 1 of the 20 live captures are below it.
        assert!((ranking.bpcer_at_apcer(0.05) - 0.1).abs() < 1e-12);
        assert!((ranking.next_below(1.75).unwrap() - 1.7).abs() < 1e-9);
        assert_eq!(ranking.next_below(-3.0), None);
    }

    proptest! {
        #[test]
        fn one_rate_falls_while_the_other_rises(
            live in proptest::collection::vec(0_u8..20, 1..40), attacks in proptest::collection::vec(0_u8..20, 1..40)
        ) {
            let values = |of: &[u8]| of.iter().map(|value| f64::from(*value)).collect::<Vec<_>>();
            let ranking = ranking(&values(&live), &values(&attacks));
            let det = ranking.det();
            prop_assert!(det.windows(2).all(|pair| pair[0].apcer >= pair[1].apcer && pair[0].bpcer <= pair[1].bpcer));
            let (eer, auc) = (ranking.eer(), ranking.auc());
            prop_assert!((0.0..=1.0).contains(&eer) && (0.0..=1.0).contains(&auc));
            // The same by all pairs.
            let pairs = live.iter().flat_map(|l| attacks.iter().map(move |a| (l, a)));
            let wins: f64 = pairs.map(|(l, a)| if l > a { 1.0 } else if l == a { 0.5 } else { 0.0 }).sum();
            prop_assert!((auc - wins / (live.len() * attacks.len()) as f64).abs() < 1e-9);
            // A live capture and an attack that change places turn the curve around.
            let turned = self::ranking(
                &values(&attacks).iter().map(|v| -v).collect::<Vec<_>>(),
                &values(&live).iter().map(|v| -v).collect::<Vec<_>>(),
            );
            prop_assert!((turned.auc() - auc).abs() < 1e-9);
        }
    }
}
