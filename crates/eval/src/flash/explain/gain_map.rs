//! Where the face answered how strongly, beside what a head of this shape should do.

use std::fmt::Write as _;

use verilume_liveness::flash::{CellGain, GRID_COLUMNS, GRID_ROWS, gain_map_svg};

use crate::svg::{number, put};

/// Both maps and the legend.
pub(super) fn draw(cells: &[CellGain]) -> String {
    if cells.is_empty() {
        return "<p>No cell of the face could be measured.</p>".to_owned();
    }
    gain_map_svg(cells)
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
