//! Every capture with what was decided and why, right or wrong.

use std::fmt::Write as _;

use super::super::scores::decision_name;
use super::super::{Manifest, Outcome};
use crate::svg::{escape, put};

/// Captures that the page lists, in the manifest's order; scores.csv has all. Origin: a page that a person reads.
const LISTED: usize = 200;
/// Reasons of each, the most important.
const REASONS: usize = 3;

pub(super) fn table(manifest: &Manifest, outcomes: &[Outcome]) -> String {
    let all = manifest.captures.len();
    let caption = match all > LISTED {
        true => format!("The first {LISTED} of {all}; scores.csv has all"),
        false => "In the order of the manifest".to_owned(),
    };
    let mut out = format!(
        "<table><caption>{caption}</caption><thead><tr><th scope=\"col\">path</th><th scope=\"col\">label</th>\
         <th scope=\"col\">decision</th><th scope=\"col\">score</th><th scope=\"col\">why</th></tr></thead><tbody>\n"
    );
    for (capture, outcome) in manifest.captures.iter().zip(outcomes).take(LISTED) {
        let reasons = outcome.reasons.iter().take(REASONS);
        let reasons: String = reasons.map(|reason| format!("<li>{}</li>", escape(&reason.message))).collect();
        let why = if reasons.is_empty() { String::new() } else { format!("<ul>{reasons}</ul>") };
        put!(
            out,
            "<tr><td class=\"path\">{}</td><td>{}</td><td>{}</td><td class=\"n\">{}</td><td>{why}</td></tr>\n",
            escape(&capture.path),
            label(capture.truth.label.name(), &capture.truth.attack_type),
            outcome.decision.map_or("not analysed", decision_name),
            outcome.score.map_or_else(|| "-".to_owned(), |score| format!("{score:.3}"))
        );
    }
    out + "</tbody></table>\n"
}

fn label(name: &str, attack_type: &str) -> String {
    if attack_type.is_empty() { name.to_owned() } else { format!("{name}: {}", escape(attack_type)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presentation::{Capture, Label, Truth};

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let truth = Truth {
            label: Label::Spoof,
            attack_type: "<print>".to_owned(),
            subject: String::new(),
            group: String::new(),
            split: String::new(),
        };
        let capture = |at: usize| Capture {
            id: at.to_string(),
            path: format!("c{at}.png"),
            files: Vec::new(),
            truth: truth.clone(),
            by: String::new(),
        };
        let manifest = Manifest { captures: (0..201).map(capture).collect() };
        let outcomes = vec![Outcome::not_analysed("truncated", "cut & short"); 201];
        let table = table(&manifest, &outcomes);
        assert!(table.contains("The first 200 of 201") && table.contains("c199.png"), "{table}");
        assert!(!table.contains("c200.png"));
        assert!(
            table.contains("spoof: &lt;print&gt;") && table.contains("<li>cut &amp; short</li>"),
            "{table}"
        );
    }
}
