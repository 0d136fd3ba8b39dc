//! The page around the drawings.

use std::fmt::Write as _;

use verilume_liveness::flash::{FlashCourse, FlashOutcome};

use super::{Explanation, challenge, course, environment, gain_map, lag, verdicts, words};
use crate::svg::{escape, put};

const STYLE: &str = "
:root{color-scheme:light dark;--paper:#ffffff;--ink:#1a1d21;--soft:#59626c;--rule:#c5ccd3;--supports:#cfe6f5;
--denies:#f9d9bf;--between:#eceff2;--good:#00568a;--bad:#a03c00;--screen:#e6e9ec;--mark:#1a1d21;
--c0:#b3261e;--c1:#1b7a3d;--c2:#1f4fd1}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e8eaed;--soft:#a3acb5;--rule:#454c54;--supports:#123f5c;
--denies:#5c2f0e;--between:#262b30;--good:#7cc4f2;--bad:#ffab70;--screen:#2a2f34;--mark:#ffffff;
--c0:#ff8a80;--c1:#7ddc9c;--c2:#9db8ff}}
body{background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif;max-width:1000px;margin:2rem auto;
padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2.2rem}svg{max-width:100%;height:auto;font-size:12px}
table{border-collapse:collapse;font-size:.85rem}caption{text-align:left;color:var(--soft);padding:.3rem 0}
th,td{border:1px solid var(--rule);padding:.3rem .5rem;text-align:left;vertical-align:top}th{font-weight:600}
th code{font-weight:400;color:var(--soft)}.scroll{overflow-x:auto}.key{color:var(--soft);font-size:.85rem}
.outcome{border-left:6px solid var(--soft);padding:.2rem 1rem;font-size:1.1rem}.outcome.real{border-color:var(--good)}
.outcome.spoof{border-color:var(--bad)}.simulated{border:1px dashed var(--soft);padding:.3rem .8rem}
.good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}.open{color:var(--soft)}
.ink{fill:var(--ink)}.soft{fill:var(--soft)}.frame{stroke:var(--rule);stroke-width:.6}
.rule{stroke:var(--rule);fill:none}.screen{fill:var(--screen)}.face{stroke:var(--ink);stroke-width:1.8;fill:none}
.c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}
.background{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:5 3;fill:none}
.dashed{stroke:var(--soft);stroke-dasharray:4 3;fill:none}.mark{stroke:var(--mark);stroke-width:2;fill:none}
.dot{fill:var(--mark)}.supports{fill:var(--supports)}.denies{fill:var(--denies)}.between{fill:var(--between)}
";

/// The whole page. Every tag is closed, so that it can be read as XML too.
pub(super) fn html(of: &Explanation<'_>) -> String {
    let sentence = words::sentence(&of.report.outcome);
    let class = match of.report.outcome {
        FlashOutcome::Real => "real",
        FlashOutcome::Spoof { .. } => "spoof",
        _ => "uncertain",
    };
    let mut out = String::with_capacity(96 << 10);
    put!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"/><title>{}</title><style>{STYLE}</style></head>\n<body><main>\
         <h1>One check before a flashing screen, explained</h1>\n",
        escape(&sentence)
    );
    if let Some(simulation) = of.simulation {
        put!(
            out,
            "<p class=\"simulated\"><strong>Simulated session</strong>: {}, seed {}. No person was before a camera.</p>\n",
            escape(&simulation.species),
            simulation.seed
        );
    }
    put!(out, "<p class=\"outcome {class}\"><strong>{}</strong></p>\n", escape(&sentence));
    advice(&mut out, &of.report.outcome);
    section(&mut out, "The tests", &verdicts::table(&of.report.signals));
    let measured = of.report.measurements.as_ref();
    let shown = challenge::draw(of.timeline, span(of)) + &challenge::table(of.timeline, measured);
    section(&mut out, "What the screen showed", &shown);
    if let Some(course) = of.course {
        section(&mut out, "How the face answered", &course::draw(course, of.timeline, span(of)));
    }
    if let Some(measured) = measured {
        section(&mut out, "When it answered", &lag::draw(measured, &of.config.thresholds));
        let map = gain_map::draw(&measured.cells) + &gain_map::table(&measured.cells);
        section(&mut out, "Where it answered", &map);
    }
    section(&mut out, "Light and capture", &environment::table(of));
    out.push_str(
        "<p class=\"key\">This page holds no picture of the face. Its maps are measurements of one all the same: keep it as \
         you keep the recording.</p>\n</main></body></html>\n",
    );
    out
}

/// What the drawings over time span, seconds: the frames around the challenge, and at least the challenge.
fn span(of: &Explanation<'_>) -> (f64, f64) {
    let (begin, end) = (of.timeline.change_at(0), of.timeline.change_at(of.timeline.slots().len()));
    let secs = of.course.map(FlashCourse::secs).unwrap_or_default();
    (secs.first().map_or(begin, |at| at.min(begin)), secs.last().map_or(end, |at| at.max(end)))
}

fn section(out: &mut String, title: &str, content: &str) {
    put!(out, "<section><h2>{title}</h2><div class=\"scroll\">{content}</div></section>\n");
}

fn advice(out: &mut String, outcome: &FlashOutcome) {
    out.push_str("<h2>What to do</h2><dl><dt>The person</dt>");
    for todo in words::for_the_person(outcome) {
        put!(out, "<dd>{}</dd>", escape(todo));
    }
    put!(out, "<dt>The operator</dt><dd>{}</dd></dl>\n", escape(words::for_the_operator(outcome)));
}
