//! How the face answered over time, colour by colour, with the background and the screen beside it.

use std::fmt::Write as _;

use verilume_liveness::flash::FlashCourse;
use verilume_protocol::challenge::{Half, ScreenTimeline};

use crate::svg::{Scale, line, picture, put};

const WIDTH: f64 = 900.0;
const LEFT: f64 = 76.0;
const LANE: f64 = 104.0;
const GAP: f64 = 14.0;
/// Points of the screen's line.
const SCREEN_POINTS: u32 = 600;
/// The least that a lane's scale shows, natural logarithm.
const LEAST_RANGE: f64 = 0.02;

/// The three lanes, over a span of time in seconds.
pub(super) fn draw(course: &FlashCourse, timeline: &ScreenTimeline, span: (f64, f64)) -> String {
    if course.secs().is_empty() {
        return "<p>No frame was captured while the colours were shown.</p>".to_owned();
    }
    let x = Scale::new(span, (LEFT, WIDTH));
    let range = range(course);
    let height = 3.0 * (LANE + GAP) + 26.0;
    let mut out = picture(
        "course",
        "The answer of the face over time",
        "One lane for each of red, green and blue. The shaded area is what the screen gave in that colour, mean of both \
         halves. The full line is the median cell of the face, the dashed line the median background block. A live face \
         follows the screen with a short delay; a background hardly does.",
        WIDTH,
        height,
    );
    for (channel, name) in ["red", "green", "blue"].into_iter().enumerate() {
        let top = channel as f64 * (LANE + GAP) + 4.0;
        let y = Scale::new((-range, range), (top + LANE, top));
        put!(
            out,
            "<path class=\"screen\" d=\"{}\"/><rect class=\"frame\" x=\"{LEFT}\" y=\"{top}\" width=\"{}\" \
             height=\"{LANE}\" fill=\"none\"/><path class=\"rule\" d=\"M{LEFT} {:.1}H{WIDTH}\"/>",
            screen(timeline, channel, span, &x, top),
            WIDTH - LEFT,
            y.at(0.0)
        );
        put!(
            out,
            "<text class=\"ink\" x=\"0\" y=\"{:.1}\">{name}</text><text class=\"soft\" x=\"{}\" y=\"{:.1}\" \
             text-anchor=\"end\">+{range:.2}</text><text class=\"soft\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">\
             \u{2212}{range:.2}</text>",
            top + LANE / 2.0 + 4.0,
            LEFT - 6.0,
            top + 11.0,
            LEFT - 6.0,
            top + LANE
        );
        if let Some(background) = course.background() {
            let path = line(points(course.secs(), &background[channel], &x, &y));
            put!(out, "<path class=\"background\" d=\"{path}\"/>");
        }
        let path = line(points(course.secs(), &course.face()[channel], &x, &y));
        put!(out, "<path class=\"face c{channel}\" d=\"{path}\"/>");
    }
    for at in timeline.changes_at().iter().step_by(2) {
        let x = x.at(*at);
        put!(
            out,
            "<text class=\"soft\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{at:.2} s</text>",
            height - 8.0
        );
    }
    out.push_str("</svg>");
    out.push_str(
        "<p class=\"key\">Shaded: the screen. Full line: the face, the camera\u{2019}s own gain taken out where a background \
         allows it. Dashed: the background. Scale: natural logarithm of linear light, 0.10 is about a tenth brighter than \
         the mean.</p>",
    );
    out
}

/// The largest deviation of any line, natural logarithm.
fn range(course: &FlashCourse) -> f64 {
    let series = course.face().iter().chain(course.background().into_iter().flatten()).flatten();
    let largest =
        series.filter(|value| value.is_finite()).fold(0.0, |largest: f64, value| largest.max(value.abs()));
    largest.clamp(LEAST_RANGE, 10.0) * 1.05
}

fn points(secs: &[f64], values: &[f64], x: &Scale, y: &Scale) -> Vec<(f64, f64)> {
    secs.iter().zip(values).map(|(at, value)| (x.at(*at), y.at(*value))).collect()
}

/// The area under what the screen gave in a colour.
fn screen(timeline: &ScreenTimeline, channel: usize, span: (f64, f64), x: &Scale, top: f64) -> String {
    let y = Scale::new((0.0, 1.0), (top + LANE, top + 4.0));
    let at = |point: u32| span.0 + (span.1 - span.0) * f64::from(point) / f64::from(SCREEN_POINTS);
    let level = |secs: f64| {
        let [top, bottom] = Half::ALL.map(|half| timeline.drive(half, secs)[channel]);
        (top + bottom) / 2.0
    };
    let path = line((0..=SCREEN_POINTS).map(|point| (x.at(at(point)), y.at(level(at(point))))));
    format!("{path}V{:.1}H{:.1}Z", top + LANE, x.at(span.0))
}
