//! When the answer came: the lag search and the window of a reflection.

use std::fmt::Write as _;

use verilume_liveness::flash::{FlashMeasurements, FlashThresholds};

use crate::svg::{Scale, line, number, picture, put};

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 230.0;
const LEFT: f64 = 52.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 186.0;
/// Between two labels of the delay, seconds.
const TICK_SECS: f64 = 0.05;

/// The curve with the chosen lag and the window.
pub(super) fn draw(measured: &FlashMeasurements, bounds: &FlashThresholds) -> String {
    let ms = |secs: f64| secs * 1e3;
    let longest = measured.lag_curve.iter().map(|(lag, _)| *lag).fold(bounds.lag_max_secs, f64::max);
    let x = Scale::new((0.0, longest), (LEFT, WIDTH - 12.0));
    let y = Scale::new((0.0, 1.0), (BOTTOM, TOP));
    let description = format!(
        "The share of the face's changes that the screen leaves unexplained, for each delay that was tried. It is least at \
         {:.0} ms. A reflection comes between {:.0} and {:.0} ms.",
        ms(measured.lag_secs),
        ms(bounds.lag_min_secs),
        ms(bounds.lag_max_secs)
    );
    let mut out = picture("lag", "The delay of the answer", &description, WIDTH, HEIGHT);
    let (from, to) = (x.at(bounds.lag_min_secs), x.at(bounds.lag_max_secs));
    put!(
        out,
        "<rect class=\"supports\" x=\"{from:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{}\"/><text class=\"soft\" \
         x=\"{:.1}\" y=\"14\" text-anchor=\"middle\">window of a reflection</text><path class=\"rule\" \
         d=\"M{LEFT} {TOP}V{BOTTOM}H{}\"/>",
        to - from,
        BOTTOM - TOP,
        (from + to) / 2.0,
        WIDTH - 12.0
    );
    let curve = line(measured.lag_curve.iter().map(|(lag, share)| (x.at(*lag), y.at(*share))));
    let (chosen, blind) = (x.at(measured.lag_secs), x.at(measured.blind_lag_secs));
    put!(
        out,
        "<path class=\"face\" d=\"{curve}\"/><path class=\"dashed\" d=\"M{blind:.1} {TOP}V{BOTTOM}\"/>\
         <path class=\"mark\" d=\"M{chosen:.1} {TOP}V{BOTTOM}\"/><text class=\"ink\" x=\"{:.1}\" y=\"{}\">{:.0} ms</text>",
        chosen + 5.0,
        TOP + 14.0,
        ms(measured.lag_secs)
    );
    for share in [0.0, 0.5, 1.0] {
        put!(
            out,
            "<text class=\"soft\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{share:.1}</text>",
            LEFT - 6.0,
            y.at(share) + 4.0
        );
    }
    for tick in
        (0u32..).map(|tick| TICK_SECS * f64::from(tick)).take_while(|tick| *tick <= longest.min(2.0) + 1e-6)
    {
        put!(
            out,
            "<text class=\"soft\" x=\"{:.1}\" y=\"204\" text-anchor=\"middle\">{:.0}</text>",
            x.at(tick),
            ms(tick)
        );
    }
    put!(
        out,
        "<text class=\"soft\" x=\"{:.1}\" y=\"222\" text-anchor=\"middle\">delay tried, ms</text></svg>\
         <p class=\"key\">Height: share of the variance left unexplained, 0 to 1; least is best. Full line: the delay \
         chosen. Dashed: {} ms, found without the codes.</p>",
        (LEFT + WIDTH) / 2.0,
        number(ms(measured.blind_lag_secs))
    );
    out
}
