//! Every test against its bounds.

use std::fmt::Write as _;

use verilume_liveness::{Signal, Verdict};

use super::words::title;
use crate::svg::{Scale, escape, number, picture, put};

const WIDTH: f64 = 260.0;

/// The tests as a table with a bar each.
pub(super) fn table(signals: &[Signal]) -> String {
    if signals.is_empty() {
        return "<p>Nothing could be measured, so no test was made.</p>".to_owned();
    }
    let mut out = String::from(
        "<table><caption>Higher is more live. A test supports at or above its upper bound, denies at or below its lower one \
         and says nothing in between.</caption><thead><tr><th scope=\"col\">test</th><th scope=\"col\">value and bounds</th>\
         <th scope=\"col\">value</th><th scope=\"col\">denies at</th><th scope=\"col\">supports at</th>\
         <th scope=\"col\">verdict</th><th scope=\"col\">reason</th></tr></thead><tbody>",
    );
    for signal in signals {
        let (word, mark, class) = verdict(signal.verdict);
        let bound = |bound: Option<f64>| bound.map_or_else(|| "\u{2013}".to_owned(), number);
        put!(
            out,
            "<tr id=\"{name}\"><th scope=\"row\">{}<br/><code>{name}</code></th><td>{}</td><td>{}</td><td>{}</td>\
             <td>{}</td><td class=\"{class}\"><span aria-hidden=\"true\">{mark} </span>{word}</td><td>{}</td></tr>",
            escape(title(signal.name)),
            bar(signal),
            signal.value.map_or_else(
                || "\u{2013}".to_owned(),
                |value| {
                    let unit = if signal.unit == "1" { "" } else { signal.unit };
                    format!("{} {}", number(value), escape(unit)).trim_end().to_owned()
                }
            ),
            bound(signal.threshold.and_then(|threshold| threshold.denies_at_most)),
            bound(signal.threshold.and_then(|threshold| threshold.supports_at_least)),
            escape(&signal.reason),
            name = escape(signal.name),
        );
    }
    out.push_str("</tbody></table>");
    out
}

/// Word, mark and class of a verdict.
fn verdict(verdict: Verdict) -> (&'static str, &'static str, &'static str) {
    match verdict {
        Verdict::Supports => ("supports", "\u{2713}", "good"),
        Verdict::Denies => ("denies", "\u{2715}", "bad"),
        Verdict::Inconclusive => ("says nothing", "~", "open"),
        _ => ("not measured", "\u{2013}", "open"),
    }
}

/// The value as a mark between the zones. The scale is the test's own: it holds the bounds and the value.
fn bar(signal: &Signal) -> String {
    let (Some(value), Some(threshold)) = (signal.value, signal.threshold) else {
        return String::new();
    };
    let bounds = [threshold.denies_at_most, threshold.supports_at_least];
    let all = || bounds.iter().flatten().copied().chain([value]);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let pad = ((high - low) * 0.15).max(1e-3);
    let x = Scale::new((low - pad, high + pad), (0.0, WIDTH));
    let description = format!("{}; value {}", verdict(signal.verdict).0, number(value));
    let mut out = picture(&format!("bar-{}", signal.name), title(signal.name), &description, WIDTH, 40.0);
    put!(out, "<rect class=\"between\" x=\"0\" y=\"6\" width=\"{WIDTH}\" height=\"16\"/>");
    if let Some(bound) = threshold.denies_at_most {
        let at = x.at(bound);
        put!(
            out,
            "<rect class=\"denies\" x=\"0\" y=\"6\" width=\"{at:.1}\" height=\"16\"/><text class=\"soft\" x=\"0\" y=\"36\">\
             denies</text>"
        );
    }
    if let Some(bound) = threshold.supports_at_least {
        let at = x.at(bound);
        put!(
            out,
            "<rect class=\"supports\" x=\"{at:.1}\" y=\"6\" width=\"{:.1}\" height=\"16\"/><text class=\"soft\" \
             x=\"{WIDTH}\" y=\"36\" text-anchor=\"end\">supports</text>",
            WIDTH - at
        );
    }
    let at = x.at(value);
    put!(
        out,
        "<path class=\"mark\" d=\"M{at:.1} 2V26\"/><circle class=\"dot\" cx=\"{at:.1}\" cy=\"14\" r=\"4\"/></svg>"
    );
    out
}
