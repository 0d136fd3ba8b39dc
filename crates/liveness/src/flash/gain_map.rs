//! Where the face answered how strongly, coarse enough to keep, and drawn.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::judge::CellGain;
use super::traces::{CELL_COUNT, GRID_COLUMNS, GRID_ROWS};

/// Gains are kept in steps of this. Origin: reasoning; twice the error of a cell at 200 lux, and a fifth of what the middle
/// of a head answers more than its sides.
const STEP: f64 = 0.1;
/// The highest gain that is kept, in steps.
const MOST_STEPS: u32 = 35;
/// The radix of a step's digit.
const RADIX: u32 = MOST_STEPS + 1;
/// A cell without a value.
const NONE: char = '.';

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

/// The gain of each cell over the median cell's, as measured and as predicted for a head of this shape: a row of the grid
/// is a text, a cell a digit of base 36 that counts tenths, or a dot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GainMap {
    /// Rows from the forehead down, columns from the left of the picture.
    pub measured: Vec<String>,
    /// Likewise; dots alone if there is no prediction.
    pub predicted: Vec<String>,
}

impl GainMap {
    /// The map of these cells, rounded to tenths.
    pub fn of(cells: &[CellGain]) -> Self {
        let digit = |gain: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "saturates, and is bounded"
            )]
            let steps = ((gain / STEP).round() as u32).min(MOST_STEPS);
            char::from_digit(steps, RADIX).unwrap_or(NONE)
        };
        let rows = |values: &[Option<f64>]| {
            let row = |row: &[Option<f64>]| row.iter().map(|gain| gain.map_or(NONE, digit)).collect();
            values.chunks(GRID_COLUMNS).map(row).collect()
        };
        let (measured, predicted) = fields(cells);
        Self { measured: rows(&measured), predicted: rows(&predicted) }
    }

    /// As a picture in SVG.
    pub fn to_svg(&self) -> String {
        let value = |cell: char| cell.to_digit(RADIX).map(|steps| f64::from(steps) * STEP);
        let values = |rows: &[String]| -> Vec<Option<f64>> {
            let row = |row: &String| {
                row.chars().chain(std::iter::repeat(NONE)).take(GRID_COLUMNS).collect::<Vec<_>>()
            };
            let cells = rows.iter().flat_map(row).map(value).chain(std::iter::repeat(None));
            cells.take(CELL_COUNT).collect()
        };
        let drawn = draw(&values(&self.measured), &values(&self.predicted));
        // A file of its own needs its namespace; within a page it would be the page's only address.
        drawn.replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1)
    }
}

/// Draws the gains of cells as they were measured, for a page.
pub fn gain_map_svg(cells: &[CellGain]) -> String {
    let (measured, predicted) = fields(cells);
    draw(&measured, &predicted)
}

/// Measured and predicted gains by the number of their cell.
fn fields(cells: &[CellGain]) -> (Vec<Option<f64>>, Vec<Option<f64>>) {
    let mut fields = (vec![None; CELL_COUNT], vec![None; CELL_COUNT]);
    let has_prediction = cells.iter().any(|cell| cell.predicted > 0.0);
    for one in cells.iter().filter(|one| one.cell < CELL_COUNT) {
        fields.0[one.cell] = Some(one.gain).filter(|gain| gain.is_finite());
        fields.1[one.cell] = Some(one.predicted).filter(|gain| has_prediction && gain.is_finite());
    }
    fields
}

type Field = [Option<f64>];

/// Both maps and the legend.
fn draw(measured: &Field, predicted: &Field) -> String {
    let map_width = GRID_COLUMNS as f64 * CELL_WIDTH;
    let (width, height) = (2.0 * (map_width + GAP) + 76.0, TOP + GRID_ROWS as f64 * CELL_HEIGHT + 6.0);
    let mut out = format!(
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" role=\"img\" aria-labelledby=\"gain-map-title gain-map-desc\">\
         <title id=\"gain-map-title\">The answer over the face</title><desc id=\"gain-map-desc\">Two maps of the face, \
         forehead above: measured on the left, predicted for a head of this shape on the right. Each number is the answer \
         of that cell over the median cell's. On a head the middle of the face answers more than its sides; on a flat \
         picture all cells answer alike.</desc>"
    );
    let range = range(measured, predicted);
    let right = map_width + GAP;
    let is_predicted = predicted.iter().any(Option::is_some);
    heading(&mut out, 0.0, "measured");
    map(&mut out, 0.0, range, measured);
    heading(&mut out, right, if is_predicted { "predicted for this head" } else { "no prediction" });
    map(&mut out, right, range, predicted);
    legend(&mut out, 2.0 * right, range);
    out.push_str("</svg>");
    out
}

/// Writes into a string, which cannot fail.
macro_rules! put {
    ($out:expr, $($text:tt)*) => {{ let _ = write!($out, $($text)*); }};
}

fn heading(out: &mut String, x: f64, text: &str) {
    put!(out, "<text class=\"ink\" x=\"{x}\" y=\"16\">{text}</text>");
}

/// What the colours span: all but the outermost measured gains, and the whole prediction; within 0..=3.
fn range(measured: &Field, predicted: &Field) -> (f64, f64) {
    let mut gains: Vec<f64> = measured.iter().flatten().copied().collect();
    gains.sort_by(f64::total_cmp);
    let outer = gains.len() / 20;
    let inner = gains.get(outer..gains.len() - outer).unwrap_or_default();
    let all = || inner.iter().chain(predicted.iter().flatten()).copied();
    let (low, high) = (all().fold(0.9, f64::min), all().fold(1.1, f64::max));
    (low.max(0.0), high.min(3.0))
}

fn share((low, high): (f64, f64), value: f64) -> f64 {
    (value - low) / (high - low)
}

fn map(out: &mut String, left: f64, range: (f64, f64), values: &Field) {
    for (cell, value) in values.iter().enumerate() {
        let x = left + (cell % GRID_COLUMNS) as f64 * CELL_WIDTH;
        let y = TOP + (cell / GRID_COLUMNS) as f64 * CELL_HEIGHT;
        let (fill, ink) = value.map_or(("none".to_owned(), ""), |value| colour(share(range, value)));
        put!(
            out,
            "<rect class=\"frame\" x=\"{x}\" y=\"{y}\" width=\"{CELL_WIDTH}\" height=\"{CELL_HEIGHT}\" fill=\"{fill}\"/>"
        );
        if let Some(value) = value {
            let (x, y) = (x + CELL_WIDTH / 2.0, y + CELL_HEIGHT / 2.0 + 4.0);
            put!(
                out,
                "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" font-size=\"11\" fill=\"{ink}\">{value:.2}</text>"
            );
        }
    }
}

fn legend(out: &mut String, left: f64, range: (f64, f64)) {
    const STEPS: u32 = 20;
    let height = GRID_ROWS as f64 * CELL_HEIGHT;
    let step = height / f64::from(STEPS);
    for at in 0..STEPS {
        let (fill, _) = colour((f64::from(at) + 0.5) / f64::from(STEPS));
        let y = TOP + f64::from(STEPS - 1 - at) * step;
        put!(
            out,
            "<rect x=\"{left}\" y=\"{y:.1}\" width=\"18\" height=\"{:.1}\" fill=\"{fill}\"/>",
            step + 0.3
        );
    }
    for value in [range.0, f64::midpoint(range.0, range.1), range.1] {
        let y = TOP + height - share(range, value) * (height - 10.0);
        put!(out, "<text class=\"soft\" x=\"{}\" y=\"{y:.1}\">{value:.2}</text>", left + 24.0);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(gain: impl Fn(usize) -> f64) -> Vec<CellGain> {
        let cell = |cell: usize| CellGain {
            cell,
            gain: gain(cell),
            error: 0.1,
            predicted: 1.0,
            predicted_share: 0.0,
        };
        (0..CELL_COUNT - 1).map(cell).collect()
    }

    #[test]
    fn a_map_is_kept_in_tenths() {
        let map = GainMap::of(&cells(|cell| if cell < 2 { [1.24, 9.0][cell] } else { 0.96 }));
        assert_eq!(map.measured.len(), GRID_ROWS);
        assert_eq!((map.measured[0].as_str(), map.measured[11].as_str()), ("czaaaaaaa", "aaaaaaaa."));
        assert_eq!(map.predicted[0], "aaaaaaaaa");
        assert!(GainMap::of(&[]).measured.iter().all(|row| row == "........."));
    }

    #[test]
    fn whatever_is_kept_can_be_drawn() {
        let whole = GainMap::of(&cells(|cell| cell as f64 / 50.0));
        let odd = GainMap { measured: vec!["\u{e9}<g>".into(); 99], predicted: vec!["z".repeat(999)] };
        for map in
            [whole, odd, GainMap::of(&cells(|_| f64::NAN)), GainMap { measured: vec![], predicted: vec![] }]
        {
            let svg = map.to_svg();
            assert_eq!(svg.matches("class=\"frame\"").count(), 2 * CELL_COUNT);
            assert!(!svg.contains("<g>") && !svg.contains("NaN"));
        }
    }
}
