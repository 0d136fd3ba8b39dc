//! The figures in tables.

use std::fmt::Write as _;

use verilume_liveness::fusion::ExpectedRate;

use super::super::report::ByColumn;
use super::super::{Comparison, Figure, Report, ThresholdFigures, Thresholds};
use crate::svg::{escape, put};

/// The most important figures in sentences.
pub(super) fn summary(report: &Report) -> String {
    let (counts, decisions, point) = (report.captures, &report.metrics.decisions, &report.operating_point);
    let split =
        report.split.as_ref().map(|split| format!(", split \u{201c}{split}\u{201d}")).unwrap_or_default();
    let mut out = format!(
        "<p>{} captures of people and {} of attacks{}, decided at the operating point <strong>{}</strong>: real from \
         {:.2} nats, spoof up to {:.2}, uncertain between.</p>\n",
        counts.live,
        counts.spoof,
        escape(&split),
        report.setting.operating_mode.name(),
        point.real_at_least,
        point.spoof_at_most
    );
    out.push_str("<table><caption>The main figures at this operating point</caption><thead><tr><th scope=\"col\">figure</th><th scope=\"col\">here</th><th scope=\"col\">expected by the calibration</th></tr></thead><tbody>\n");
    let worst = decisions.species.first();
    let worst = worst.map(|s| format!(": {}", escape(&s.attack_type))).unwrap_or_default();
    put!(
        out,
        "<tr><th scope=\"row\">attacks called real, worst species{worst}</th>{}{}</tr>\n",
        cell(&decisions.apcer_max),
        expected(point.expected_apcer)
    );
    put!(
        out,
        "<tr><th scope=\"row\">people not called real</th>{}{}</tr>\n</tbody></table>\n",
        cell(&decisions.live_not_accepted),
        expected(point.expected_bpcer)
    );
    out
}

pub(super) fn attacks(report: &Report) -> String {
    let (decisions, thresholds) = (&report.metrics.decisions, &report.metrics.thresholds);
    let mut out = "<table><caption>Each figure: share (count of captures), 95 % interval. APCER: called real. APNRR: no \
                   response, that is uncertain or not to be analysed.</caption><thead><tr><th scope=\"col\">species</th>\
                   <th scope=\"col\">groups</th><th scope=\"col\">APCER, as decided</th><th scope=\"col\">APNRR</th>\
                   <th scope=\"col\">APCER at BPCER 5 %</th><th scope=\"col\">APCER at BPCER 1 %</th></tr></thead><tbody>\n"
        .to_owned();
    let at = |figures: Option<&ThresholdFigures>, species: &str| {
        let found = figures.and_then(|at| at.species.iter().find(|found| found.attack_type == species));
        found.map_or_else(|| "<td>-</td>".to_owned(), |found| cell(&found.apcer))
    };
    let thresholds = thresholds.as_ref();
    for species in &decisions.species {
        put!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td>{}{}{}{}</tr>\n",
            escape(&species.attack_type),
            species.apcer.clusters,
            cell(&species.apcer),
            cell(&species.apnrr),
            at(thresholds.map(|t| &t.at_bpcer_5), &species.attack_type),
            at(thresholds.map(|t| &t.at_bpcer_1), &species.attack_type)
        );
    }
    let pooled = |figures: Option<&ThresholdFigures>| {
        figures.map_or_else(|| "<td>-</td>".to_owned(), |at| cell(&at.apcer_pooled))
    };
    put!(
        out,
        "<tr><th scope=\"row\">all pooled</th><td class=\"n\">{}</td>{}{}{}{}</tr>\n</tbody></table>\n",
        decisions.apcer_pooled.clusters,
        cell(&decisions.apcer_pooled),
        cell(&decisions.apnrr_pooled),
        pooled(thresholds.map(|t| &t.at_bpcer_5)),
        pooled(thresholds.map(|t| &t.at_bpcer_1))
    );
    out
}

pub(super) fn people(report: &Report) -> String {
    let decisions = &report.metrics.decisions;
    rows(
        "As decided",
        &[
            ("BPCER: called spoof", &decisions.bpcer),
            ("BPNRR: no response, that is uncertain or not to be analysed", &decisions.bpnrr),
            ("not called real: both of the above", &decisions.live_not_accepted),
            ("ACER: mean of the worst species' APCER and the BPCER", &decisions.acer),
        ],
    )
}

pub(super) fn thresholds(of: &Thresholds) -> String {
    let mut out = rows(
        "Thresholds are set on the scores of these captures",
        &[
            ("AUC: a person scores higher than an attack", &of.auc),
            ("EER: APCER and BPCER are equal", &of.eer),
            ("BPCER20: APCER 5 %, attacks pooled", &of.bpcer20),
            ("BPCER20, every species at most 5 %", &of.bpcer20_every_species),
            ("BPCER100: APCER 1 %, attacks pooled", &of.bpcer100),
            ("BPCER100, every species at most 1 %", &of.bpcer100_every_species),
        ],
    );
    for (rate, at) in [("5 %", &of.at_bpcer_5), ("1 %", &of.at_bpcer_1)] {
        let threshold = match at.threshold {
            Some(threshold) => format!("accepted from {threshold:.2} nats on"),
            None => "reached only by accepting everything".to_owned(),
        };
        put!(
            out,
            "<p>BPCER at most {rate}: {threshold}; the BPCER is then {}, the APCER of the worst species {}, of all \
             pooled {}.</p>\n",
            percent(at.bpcer.share),
            percent(at.apcer_max.share),
            percent(at.apcer_pooled.share)
        );
    }
    out
}

pub(super) fn comparison(of: &Comparison) -> String {
    let mut out = format!(
        "<p>{} captures are in both; {} of the manifest have no score in {name}, {} lines of {name} are not in the \
         manifest. Both columns are of the captures in both.</p>\n\
         <table><caption>Each figure with its 95 % interval</caption><thead><tr><th scope=\"col\">figure</th>\
         <th scope=\"col\">Verilume</th><th scope=\"col\">{name}</th></tr></thead><tbody>\n",
        of.matched,
        of.missing,
        of.unknown,
        name = escape(&of.name)
    );
    let mut row = |name: &str, ours: &Figure, theirs: &Figure| {
        put!(out, "<tr><th scope=\"row\">{}</th>{}{}</tr>\n", escape(name), cell(ours), cell(theirs));
    };
    row("AUC", &of.ours.auc, &of.theirs.auc);
    row("EER", &of.ours.eer, &of.theirs.eer);
    row("BPCER20", &of.ours.bpcer20, &of.theirs.bpcer20);
    row("BPCER100", &of.ours.bpcer100, &of.theirs.bpcer100);
    for (rate, ours, theirs) in [
        ("5 %", &of.ours.at_bpcer_5, &of.theirs.at_bpcer_5),
        ("1 %", &of.ours.at_bpcer_1, &of.theirs.at_bpcer_1),
    ] {
        row(&format!("APCER at BPCER {rate}, pooled"), &ours.apcer_pooled, &theirs.apcer_pooled);
        for species in &ours.species {
            let other = theirs.species.iter().find(|other| other.attack_type == species.attack_type);
            if let Some(other) = other {
                let name = format!("APCER at BPCER {rate}, {}", species.attack_type);
                row(&name, &species.apcer, &other.apcer);
            }
        }
    }
    let difference = &of.apcer_at_bpcer_5_difference;
    put!(
        out,
        "</tbody></table>\n<p>APCER at BPCER 5 %, pooled, Verilume less {}: {}{}. Negative is better for Verilume; if the \
         interval holds zero, these captures do not tell the two apart.</p>\n",
        escape(&of.name),
        percent(difference.share),
        interval(difference)
    );
    out
}

pub(super) fn by_column(by: &ByColumn) -> String {
    let column = escape(&by.column);
    let mut out = format!(
        "<table><caption>As decided, by value of the column {column}</caption><thead><tr><th scope=\"col\">{column}</th>\
         <th scope=\"col\">people called spoof</th><th scope=\"col\">people not called real</th>\
         <th scope=\"col\">attacks called real</th></tr></thead><tbody>\n"
    );
    for value in &by.values {
        let name = if value.value.is_empty() { "(none)".to_owned() } else { escape(&value.value) };
        let decisions = &value.decisions;
        put!(
            out,
            "<tr><th scope=\"row\">{name}</th>{}{}{}</tr>\n",
            cell(&decisions.bpcer),
            cell(&decisions.live_not_accepted),
            cell(&decisions.apcer_pooled)
        );
    }
    out + "</tbody></table>\n"
}

pub(super) fn setting(report: &Report) -> String {
    let (setting, point) = (&report.setting, &report.operating_point);
    let mut out = "<table><caption>What decided</caption><tbody>\n".to_owned();
    let mut row = |name: &str, value: &str| {
        put!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"path\">{}</td></tr>\n",
            escape(name),
            escape(value)
        );
    };
    row("Verilume", &setting.version);
    row("calibration", &point.calibration_source);
    row("made on", &point.calibration_date);
    row("SHA-256 of the calibration", &setting.calibration_sha256);
    setting.models.iter().for_each(|(name, sha256)| row(name, sha256));
    let intervals = &report.intervals;
    row(
        "intervals",
        &format!(
            "bootstrap of {} {}s, {} resamples, 2.5th to 97.5th percentile; where no or every capture counts, the rule \
             of three",
            intervals.clusters, intervals.clustered_on, intervals.resamples
        ),
    );
    out + "</tbody></table>\n"
}

fn rows(caption: &str, figures: &[(&str, &Figure)]) -> String {
    let mut out = format!(
        "<table><caption>{}</caption><thead><tr><th scope=\"col\">figure</th><th scope=\"col\">share (count), 95 % \
         interval</th></tr></thead><tbody>\n",
        escape(caption)
    );
    for (name, figure) in figures {
        put!(out, "<tr><th scope=\"row\">{}</th>{}</tr>\n", escape(name), cell(figure));
    }
    out + "</tbody></table>\n"
}

/// A figure as a cell of a table.
fn cell(figure: &Figure) -> String {
    let counts = match (figure.count, figure.of) {
        (Some(count), Some(of)) => format!(" ({count} of {of})"),
        _ => String::new(),
    };
    format!("<td class=\"n\">{}{counts}{}</td>", percent(figure.share), interval(figure))
}

fn interval(figure: &Figure) -> String {
    match (figure.low, figure.high) {
        (Some(low), Some(high)) => {
            format!(" <span class=\"interval\">{:.1} to {:.1} %</span>", 100.0 * low, 100.0 * high)
        }
        _ => String::new(),
    }
}

fn expected(rate: Option<ExpectedRate>) -> String {
    match rate {
        Some(rate) => format!(
            "<td class=\"n\">{} <span class=\"interval\">{:.1} to {:.1} %</span> of {}</td>",
            percent(Some(rate.share)),
            100.0 * rate.low,
            100.0 * rate.high,
            rate.captures
        ),
        None => "<td>not known</td>".to_owned(),
    }
}

/// A share for a person.
fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", 100.0 * share))
}
