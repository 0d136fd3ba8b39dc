//! Parts of a cross-validation that share no group.

use std::collections::BTreeMap;

use super::super::{Label, ScoreRow};

/// The part of each row, and how many parts there are. Each part gets about the same share of people and of attacks; there
/// are never more parts than groups with people, or groups with attacks.
pub(super) fn by_group(rows: &[&ScoreRow], folds: usize) -> (usize, Vec<usize>) {
    let mut groups: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    for row in rows {
        groups.entry(row.cluster()).or_default()[class(row)] += 1.0;
    }
    let total = |class: usize| groups.values().map(|counts| counts[class]).sum::<f64>().max(1.0);
    let totals = [total(0), total(1)];
    let with = |class: usize| groups.values().filter(|counts| counts[class] > 0.0).count();
    let folds = folds.min(with(0)).min(with(1)).max(2);

    let share = |counts: &[f64; 2]| counts[0] / totals[0] + counts[1] / totals[1];
    let mut by_size: Vec<(&str, [f64; 2])> = groups.into_iter().collect();
    by_size.sort_by(|(_, a), (_, b)| share(b).total_cmp(&share(a)));
    let mut loads = vec![[0.0; 2]; folds];
    let mut part_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (group, counts) in by_size {
        // The load of those classes that the group has.
        let load = |part: usize| -> f64 {
            (0..2).filter(|class| counts[*class] > 0.0).map(|class| loads[part][class] / totals[class]).sum()
        };
        let emptiest = (0..folds).min_by(|a, b| load(*a).total_cmp(&load(*b))).unwrap_or_default();
        (0..2).for_each(|class| loads[emptiest][class] += counts[class]);
        part_of.insert(group, emptiest);
    }
    (folds, rows.iter().map(|row| part_of[row.cluster()]).collect())
}

fn class(row: &ScoreRow) -> usize {
    match row.truth.label {
        Label::Live => 0,
        Label::Spoof => 1,
    }
}
