//! What was shown: a strip for each half of the screen, and how the face answered slot by slot.

use std::fmt::Write as _;

use verilume_liveness::flash::FlashMeasurements;
use verilume_protocol::challenge::{Channel, Half, ScreenTimeline};

use crate::svg::{Scale, number, picture, put};

const WIDTH: f64 = 900.0;
const LEFT: f64 = 76.0;
const STRIP: f64 = 44.0;

/// The strips, from `begin` to `end` seconds.
pub(super) fn draw(timeline: &ScreenTimeline, (begin, end): (f64, f64)) -> String {
    let slots = timeline.slots().len();
    let x = Scale::new((begin, end), (LEFT, WIDTH));
    let description = format!(
        "Both halves of the screen over time: {slots} slots between grey. The letters say which of red, green and blue \
         are lit; the table below lists them."
    );
    let mut out = picture("challenge", "The colours that were shown", &description, WIDTH, 132.0);
    for (half, name, top) in [(Half::Top, "top half", 4.0), (Half::Bottom, "bottom half", 52.0)] {
        put!(out, "<text class=\"ink\" x=\"0\" y=\"{}\">{name}</text>", top + 27.0);
        let edges = [begin].into_iter().chain(timeline.changes_at().iter().copied());
        let ends = timeline.changes_at().iter().copied().chain([end]);
        for (at, (from, to)) in edges.zip(ends).enumerate() {
            // Just before the next change a cross-fade is over.
            let [red, green, blue] = timeline.srgb(half, to - 1e-6);
            let letters = at.checked_sub(1).and_then(|slot| timeline.slots().get(slot));
            let letters = letters.map_or_else(String::new, |_| lit(timeline, at - 1, half));
            let luma = 0.3 * f64::from(red) + 0.59 * f64::from(green) + 0.11 * f64::from(blue);
            put!(
                out,
                "<rect class=\"frame\" x=\"{:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{STRIP}\" \
                 fill=\"rgb({red},{green},{blue})\"/><text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"{}\">\
                 {letters}</text>",
                x.at(from),
                x.at(to) - x.at(from),
                (x.at(from) + x.at(to)) / 2.0,
                top + 27.0,
                if luma > 120.0 { "#000" } else { "#fff" }
            );
        }
    }
    for at in timeline.changes_at().iter().take(slots).step_by(2) {
        let x = x.at(*at);
        put!(
            out,
            "<path class=\"rule\" d=\"M{x:.1} 98v6\"/><text class=\"soft\" x=\"{x:.1}\" y=\"118\" \
             text-anchor=\"middle\">{at:.2} s</text>"
        );
    }
    out.push_str("</svg>");
    out
}

/// The slots as a table, with the level of the face in each.
pub(super) fn table(timeline: &ScreenTimeline, measured: Option<&FlashMeasurements>) -> String {
    let mut out = String::from(
        "<details><summary>Slot by slot</summary><table><caption>What each slot showed, and the light on the median cell \
         of the face in it (natural logarithm, without regard to the codes)</caption><thead><tr><th scope=\"col\">slot</th>\
         <th scope=\"col\">from, s</th><th scope=\"col\">for, ms</th><th scope=\"col\">top</th><th scope=\"col\">bottom</th>\
         <th scope=\"col\">face red</th><th scope=\"col\">face green</th><th scope=\"col\">face blue</th></tr></thead><tbody>",
    );
    for slot in 0..timeline.slots().len() {
        let (from, to) = (timeline.change_at(slot), timeline.change_at(slot + 1));
        put!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{from:.3}</td><td>{:.0}</td><td>{}</td><td>{}</td>",
            slot + 1,
            (to - from) * 1e3,
            lit(timeline, slot, Half::Top),
            lit(timeline, slot, Half::Bottom)
        );
        for channel in 0..3 {
            let level = measured.and_then(|measured| measured.slot_levels[channel].get(slot));
            put!(out, "<td>{}</td>", level.map_or_else(|| "\u{2013}".to_owned(), |level| number(*level)));
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></details>");
    out
}

/// The letters of the lit channels; `off` if none is.
fn lit(timeline: &ScreenTimeline, slot: usize, half: Half) -> String {
    let letters = [(Channel::Red, 'R'), (Channel::Green, 'G'), (Channel::Blue, 'B')];
    let code = timeline.slots()[slot];
    let lit: String =
        letters.iter().filter(|(channel, _)| code.is_lit(half, *channel)).map(|(_, letter)| letter).collect();
    if lit.is_empty() { "off".to_owned() } else { lit }
}
