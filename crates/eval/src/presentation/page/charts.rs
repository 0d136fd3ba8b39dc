//! The curve and the histograms.

use std::fmt::Write as _;

use super::super::{DetPoint, Label, Manifest, Outcome, Report, Thresholds};
use crate::svg::{Scale, escape, line, picture, put};

/// Rates that the axes of the curve span and name.
const TICKS: [f64; 9] = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6];
/// Bars of a histogram.
const BINS: usize = 25;

/// The detection error tradeoff curve on normal deviate axes: normal scores lie on straight lines.
pub(super) fn det(ours: &Thresholds, theirs: Option<(&str, &Thresholds)>) -> String {
    let description = format!(
        "BPCER against APCER for every threshold, attacks pooled, both axes from 0.1 to 60 percent on a normal deviate \
         scale. Equal error rate {}.",
        ours.eer.share.map_or_else(|| "not known".to_owned(), |eer| format!("{:.1} percent", 100.0 * eer))
    );
    let mut out = picture("det", "Detection error tradeoff", &description, 520.0, 480.0);
    let ends = (deviate(TICKS[0]), deviate(TICKS[TICKS.len() - 1]));
    let (x, y) = (Scale::new(ends, (70.0, 500.0)), Scale::new(ends, (420.0, 20.0)));
    for rate in TICKS {
        let (across, up) = (x.at(deviate(rate)), y.at(deviate(rate)));
        put!(
            out,
            "<path class=\"rule\" d=\"M{across:.1} 20V420M70 {up:.1}H500\"/>\
             <text class=\"softly\" x=\"{across:.1}\" y=\"438\" text-anchor=\"middle\">{0}</text>\
             <text class=\"softly\" x=\"64\" y=\"{1:.1}\" text-anchor=\"end\">{0}</text>",
            100.0 * rate,
            up + 4.0
        );
    }
    let path = |points: &[DetPoint]| {
        let (first, last) = (TICKS[0], TICKS[TICKS.len() - 1]);
        let inside = |rate: f64| deviate(rate.clamp(first, last));
        line(points.iter().map(|point| (x.at(inside(point.apcer)), y.at(inside(point.bpcer)))))
    };
    if let Some((_, theirs)) = theirs {
        put!(out, "<path class=\"theirs\" d=\"{}\"/>", path(&theirs.det));
    }
    put!(
        out,
        "<path class=\"ours\" d=\"{}\"/><text class=\"ink\" x=\"285\" y=\"462\" text-anchor=\"middle\">APCER, all attacks \
         pooled, %</text><text class=\"ink\" x=\"18\" y=\"220\" text-anchor=\"middle\" transform=\"rotate(-90 18 \
         220)\">BPCER, %</text></svg>",
        path(&ours.det)
    );
    let legend = theirs.map_or_else(String::new, |(name, _)| {
        format!(" Solid: Verilume on all captures. Dashed: {} on the captures in both.", escape(name))
    });
    put!(out, "<p class=\"soft\">Towards the lower left is better.{legend}</p>\n");
    out
}

/// How many captures have which score, people and attacks.
pub(super) fn histograms(report: &Report, manifest: &Manifest, outcomes: &[Outcome]) -> String {
    let of = |label| {
        let mut bins = [0_u64; BINS];
        let mut missing = 0_u64;
        for (capture, outcome) in manifest.captures.iter().zip(outcomes) {
            match outcome.score {
                _ if capture.truth.label != label => {}
                Some(score) => bins[bin(score)] += 1,
                None => missing += 1,
            }
        }
        (bins, missing)
    };
    let ((live, live_missing), (spoof, spoof_missing)) = (of(Label::Live), of(Label::Spoof));
    let description = format!(
        "Captures by score from 0 to 1 in {BINS} bars. Above: people. Below: attacks. The dashed lines are the bounds of \
         the operating point."
    );
    let mut out = picture("scores", "Scores of people and of attacks", &description, 520.0, 330.0);
    bars(&mut out, &live, 140.0, "live", "people");
    bars(&mut out, &spoof, 290.0, "spoof", "attacks");
    let x = Scale::new((0.0, 1.0), (40.0, 500.0));
    for bound in [report.operating_point.real_at_least, report.operating_point.spoof_at_most] {
        let at = x.at(1.0 / (1.0 + (-bound).exp()));
        put!(out, "<path class=\"mark\" d=\"M{at:.1} 10V290\"/>");
    }
    for score in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let at = x.at(score);
        put!(out, "<text class=\"softly\" x=\"{at:.1}\" y=\"308\" text-anchor=\"middle\">{score}</text>");
    }
    out.push_str(
        "<text class=\"ink\" x=\"270\" y=\"326\" text-anchor=\"middle\">score, 1 = live</text></svg>",
    );
    if live_missing + spoof_missing > 0 {
        put!(
            out,
            "<p class=\"soft\">Without a score: {live_missing} of people, {spoof_missing} of attacks.</p>\n"
        );
    }
    out
}

fn bars(out: &mut String, bins: &[u64; BINS], base: f64, class: &str, name: &str) {
    let most = bins.iter().copied().max().unwrap_or_default().max(1);
    let width = 460.0 / BINS as f64;
    for (at, count) in bins.iter().enumerate() {
        let height = 115.0 * *count as f64 / most as f64;
        let left = 40.0 + at as f64 * width;
        put!(
            out,
            "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"/>",
            base - height,
            width - 1.0
        );
    }
    put!(
        out,
        "<path class=\"rule\" d=\"M40 {base}H500\"/><text class=\"softly\" x=\"34\" y=\"{:.1}\" \
         text-anchor=\"end\">{most}</text><text class=\"ink\" x=\"270\" y=\"{:.1}\" text-anchor=\"middle\">{name}</text>",
        base - 105.0,
        base - 120.0
    );
}

#[expect(clippy::cast_possible_truncation, reason = "a score lies in 0..=1")]
fn bin(score: f64) -> usize {
    ((score * BINS as f64) as usize).min(BINS - 1)
}

/// The normal deviate of a rate between 0 and 1, by bisection: a page has some hundred points.
fn deviate(rate: f64) -> f64 {
    let (mut low, mut high) = (-6.0, 6.0);
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        if normal_cdf(middle) < rate { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// The normal distribution by its power series, which converges quickly within six standard deviations.
fn normal_cdf(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    for k in 1..120 {
        term *= x * x / f64::from(2 * k + 1);
        sum += term;
    }
    0.5 + sum * (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviates_are_those_of_the_tables() {
        for (rate, expected) in [(0.001, -3.0902), (0.025, -1.95996), (0.5, 0.0), (0.6, 0.25335)] {
            assert!((deviate(rate) - expected).abs() < 1e-4, "{rate}: {}", deviate(rate));
        }
    }

    #[test]
    fn a_score_of_one_is_in_the_last_bar() {
        assert_eq!([bin(0.0), bin(0.039), bin(0.5), bin(1.0)], [0, 0, 12, 24]);
    }
}
