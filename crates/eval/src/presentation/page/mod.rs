//! report.html: the report as one page without scripts, readable as XML too.

mod captures;
mod charts;
mod failures;
mod tables;

use super::{Manifest, Outcome, Report};
use crate::svg::{escape, put};
use std::fmt::Write as _;

pub use failures::Thumbnails;

const STYLE: &str = "
:root{color-scheme:light dark;--paper:#ffffff;--ink:#1a1d21;--soft:#59626c;--rule:#c5ccd3;--live:#00568a;--spoof:#a03c00}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e8eaed;--soft:#a3acb5;--rule:#454c54;--live:#7cc4f2;
--spoof:#ffab70}}
body{background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif;max-width:1000px;margin:2rem auto;
padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2.2rem}svg{max-width:100%;height:auto;font-size:12px}
table{border-collapse:collapse;font-size:.85rem;margin:.6rem 0}caption{text-align:left;color:var(--soft);padding:.3rem 0}
th,td{border:1px solid var(--rule);padding:.3rem .5rem;text-align:left;vertical-align:top}th{font-weight:600}
td.n{text-align:right;font-variant-numeric:tabular-nums}.scroll{overflow-x:auto}.soft{color:var(--soft)}
.interval{color:var(--soft);white-space:nowrap}td.path{overflow-wrap:anywhere}img{max-width:120px;height:auto}
.ink{fill:var(--ink)}.softly{fill:var(--soft)}.rule{stroke:var(--rule);fill:none}
.live{fill:var(--live)}.spoof{fill:var(--spoof)}.ours{stroke:var(--live);stroke-width:2;fill:none}
.theirs{stroke:var(--spoof);stroke-width:2;stroke-dasharray:6 3;fill:none}
.mark{stroke:var(--ink);stroke-dasharray:3 3;fill:none}
";

/// The whole page. It holds no image unless thumbnails are given.
pub fn html(
    report: &Report,
    manifest: &Manifest,
    outcomes: &[Outcome],
    thumbnails: Option<&Thumbnails>,
) -> String {
    let mut out = String::with_capacity(64 << 10);
    put!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"/><title>Evaluation of {0}</title><style>{STYLE}</style></head>\n\
         <body><main><h1>Presentation attack detection: evaluation of {0}</h1>\n",
        escape(&report.manifest)
    );
    out.push_str(&tables::summary(report));
    section(&mut out, "What the numbers do not show", &list(&report.caveats));
    section(&mut out, "Attacks, the worst species first", &tables::attacks(report));
    section(&mut out, "People", &tables::people(report));
    if let Some(thresholds) = &report.metrics.thresholds {
        section(&mut out, "By the scores alone", &tables::thresholds(thresholds));
        let theirs = report.baseline.as_ref().map(|baseline| (baseline.name.as_str(), &baseline.theirs));
        section(&mut out, "Detection error tradeoff", &charts::det(thresholds, theirs));
    }
    section(&mut out, "Scores", &charts::histograms(report, manifest, outcomes));
    if let Some(baseline) = &report.baseline {
        section(&mut out, "Beside another system", &tables::comparison(baseline));
    }
    if let Some(by) = &report.by {
        section(&mut out, "By column", &tables::by_column(by));
    }
    section(&mut out, "Attacks called real", &failures::table(&report.attacks_called_real, thumbnails));
    section(&mut out, "People not called real", &failures::table(&report.live_not_accepted, thumbnails));
    section(&mut out, "Captures", &captures::table(manifest, outcomes));
    section(&mut out, "Setting", &tables::setting(report));
    out.push_str("</main></body></html>\n");
    out
}

fn section(out: &mut String, title: &str, content: &str) {
    put!(out, "<section><h2>{title}</h2><div class=\"scroll\">{content}</div></section>\n");
}

fn list(items: &[String]) -> String {
    let items: String = items.iter().map(|item| format!("<li>{}</li>", escape(item))).collect();
    format!("<ul>{items}</ul>")
}
