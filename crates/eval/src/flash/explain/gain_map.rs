//! Where the face answered how strongly, beside what a head of this shape should do.

use std::fmt::Write as _;

use verilume_liveness::flash::{CellGain, GRID_COLUMNS, GRID_ROWS};

use crate::svg::{Scale, number, picture, put};

const CELL_WIDTH: f64 = 38.0;
const CELL_HEIGHT: f64 = 26.0;
const TOP: f64 = 26.0;
/// Between the two maps.
const GAP: f64 = 34.0;
/// From dark to light, ten even steps of cividis (Nunez et al. 2018): made to look alike with and without colour
/// blindness.
const CIVIDIS: [[f64; 3]; 10] = [
    [0.0, 34.0, 78.0],
    [18.0, 53.0, 112.0],
    [59.0, 73.0, 108.0],
    [87.0, 93.0, 109.0],
    [112.0, 113.0, 115.0],
    [138.0, 134.0, 120.0],
    [165.0, 156.0, 116.0],
    [195.0, 179.0, 105.0],
    [225.0, 204.0, 85.0],
    [254.0, 232.0, 56.0],
];

/// Both maps and the legend.
pub(super) fn draw(cells: &[CellGain]) -> String {
    if cells.is_empty() {
        return "<p>No cell of the face could be measured.</p>".to_owned();
    }
    let map_width = GRID_COLUMNS as f64 * CELL_WIDTH;
    let height = TOP + GRID_ROWS as f64 * CELL_HEIGHT + 6.0;
    let width = 2.0 * (map_width + GAP) + 76.0;
    let mut out = picture(
        "gain-map",
        "The answer over the face",
        "Two maps of the face, forehead above: measured on the left, predicted for a head of this shape on the right. Each \
         number is the answer of that cell over the median cell's. On a head the middle of the face answers more than its \
         sides; on a flat picture all cells answer alike. The table below holds the numbers.",
        width,
        height,
    );
    let (low, high) = range(cells);
    let shade = Scale::new((low, high), (0.0, 1.0));
    let has_prediction = cells.iter().any(|cell| cell.predicted > 0.0);
    put!(out, "<text class=\"ink\" x=\"0\" y=\"16\">measured</text>");
    map(&mut out, 0.0, &shade, |cell| cells.iter().find(|one| one.cell == cell).map(|one| one.gain));
    let right = map_width + GAP;
    let predicted = if has_prediction { "predicted for this head" } else { "no prediction" };
    put!(out, "<text class=\"ink\" x=\"{right}\" y=\"16\">{predicted}</text>");
    map(&mut out, right, &shade, |cell| {
        cells.iter().find(|one| one.cell == cell && has_prediction).map(|one| one.predicted)
    });
    legend(&mut out, 2.0 * right, (low, high));
    out.push_str("</svg>");
    out
}

/// The numbers as a table.
pub(super) fn table(cells: &[CellGain]) -> String {
    let mut out = String::from(
        "<details><summary>The numbers of the map</summary><table><caption>Gain of each cell over the median cell\u{2019}s, \
         its standard error, and the prediction; rows from the forehead down, columns from the left of the picture\
         </caption><thead><tr><th scope=\"col\">row</th>",
    );
    for column in 1..=GRID_COLUMNS {
        put!(out, "<th scope=\"col\">{column}</th>");
    }
    out.push_str("</tr></thead><tbody>");
    for row in 0..GRID_ROWS {
        put!(out, "<tr><th scope=\"row\">{}</th>", row + 1);
        for column in 0..GRID_COLUMNS {
            match cells.iter().find(|one| one.cell == row * GRID_COLUMNS + column) {
                Some(CellGain { gain, error, predicted, .. }) => put!(
                    out,
                    "<td>{} \u{b1} {}<br/>({})</td>",
                    number(*gain),
                    number(*error),
                    number(*predicted)
                ),
                None => out.push_str("<td>\u{2013}</td>"),
            }
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></details>");
    out
}

/// What the colours span: all but the outermost measured gains, and the whole prediction; within 0..=3.
fn range(cells: &[CellGain]) -> (f64, f64) {
    let mut gains: Vec<f64> = cells.iter().map(|cell| cell.gain).filter(|gain| gain.is_finite()).collect();
    gains.sort_by(f64::total_cmp);
    let outer = gains.len() / 20;
    let inner = gains.get(outer..gains.len() - outer).unwrap_or_default();
    let predicted = cells.iter().map(|cell| cell.predicted).filter(|gain| *gain > 0.0);
    let all = || inner.iter().copied().chain(predicted.clone());
    let (low, high) = (all().fold(0.9, f64::min), all().fold(1.1, f64::max));
    (low.max(0.0), high.min(3.0))
}

fn map(out: &mut String, left: f64, shade: &Scale, value: impl Fn(usize) -> Option<f64>) {
    for cell in 0..GRID_COLUMNS * GRID_ROWS {
        let x = left + (cell % GRID_COLUMNS) as f64 * CELL_WIDTH;
        let y = TOP + (cell / GRID_COLUMNS) as f64 * CELL_HEIGHT;
        let Some(value) = value(cell) else {
            put!(
                out,
                "<rect class=\"frame\" x=\"{x}\" y=\"{y}\" width=\"{CELL_WIDTH}\" height=\"{CELL_HEIGHT}\" fill=\"none\"/>"
            );
            continue;
        };
        let (colour, ink) = colour(shade.at(value));
        put!(
            out,
            "<rect class=\"frame\" x=\"{x}\" y=\"{y}\" width=\"{CELL_WIDTH}\" height=\"{CELL_HEIGHT}\" fill=\"{colour}\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-size=\"11\" fill=\"{ink}\">{value:.2}</text>",
            x + CELL_WIDTH / 2.0,
            y + CELL_HEIGHT / 2.0 + 4.0
        );
    }
}

fn legend(out: &mut String, left: f64, (low, high): (f64, f64)) {
    const STEPS: u32 = 20;
    let step = GRID_ROWS as f64 * CELL_HEIGHT / f64::from(STEPS);
    for at in 0..STEPS {
        let (colour, _) = colour((f64::from(at) + 0.5) / f64::from(STEPS));
        let y = TOP + f64::from(STEPS - 1 - at) * step;
        put!(
            out,
            "<rect x=\"{left}\" y=\"{y:.1}\" width=\"18\" height=\"{:.1}\" fill=\"{colour}\"/>",
            step + 0.3
        );
    }
    let y = Scale::new((low, high), (TOP + f64::from(STEPS) * step, TOP + 10.0));
    for value in [low, (low + high) / 2.0, high] {
        put!(out, "<text class=\"soft\" x=\"{}\" y=\"{:.1}\">{value:.2}</text>", left + 24.0, y.at(value));
    }
}

/// The colour of a share, 0..=1, and the ink that can be read on it.
fn colour(share: f64) -> (String, &'static str) {
    let last = CIVIDIS.len() - 1;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let below = (0..last).rev().find(|at| *at as f64 <= place).unwrap_or(0);
    let part = place - below as f64;
    let [red, green, blue]: [f64; 3] =
        std::array::from_fn(|c| CIVIDIS[below][c] + (CIVIDIS[below + 1][c] - CIVIDIS[below][c]) * part);
    let luma = 0.3 * red + 0.59 * green + 0.11 * blue;
    (format!("rgb({red:.0},{green:.0},{blue:.0})"), if luma > 125.0 { "#000" } else { "#fff" })
}
