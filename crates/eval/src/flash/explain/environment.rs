//! The light and the capture in numbers.

use std::fmt::Write as _;

use verilume_liveness::flash::{FlashMeasurements, GainMode};

use super::Explanation;
use crate::svg::{escape, number, put};

/// The estimate of the environment and the strength of the answer, as a table.
pub(super) fn table(of: &Explanation<'_>) -> String {
    let mut out = String::from(
        "<table><caption>Estimates from this capture alone; the screen\u{2019}s brightness is the device\u{2019}s nominal one\
         </caption><tbody>",
    );
    let profile = of.timeline.profile();
    let mut rows = vec![
        ("device", of.device_name.to_owned()),
        ("profile", format!("{}, {} slots", profile.name(), of.timeline.slots().len())),
        ("frames", of.frame_count.to_string()),
    ];
    rows.extend(of.report.measurements.iter().flat_map(|measured| measured_rows(measured, of)));
    for (name, value) in rows {
        put!(out, "<tr><th scope=\"row\">{name}</th><td>{}</td></tr>", escape(&value));
    }
    out.push_str("</tbody></table>");
    out
}

fn measured_rows(measured: &FlashMeasurements, of: &Explanation<'_>) -> [(&'static str, String); 7] {
    let light = &measured.environment;
    let ambient = match light.ambient_lux {
        Some(lux) if light.ambient_is_at_least => format!("at least {lux:.0} lx"),
        Some(lux) => format!("about {lux:.0} lx"),
        None => "could not be told".to_owned(),
    };
    let gain = match measured.mode {
        GainMode::Level => {
            format!("the camera\u{2019}s gain is taken from {} background blocks", measured.blocks)
        }
        _ => format!(
            "only steps between colours are used: {} background blocks are too few for the camera\u{2019}s gain",
            measured.blocks
        ),
    };
    let bounds = &of.config.thresholds;
    let strength = measured.face_z.iter().sum::<f64>() / 3.0;
    [
        ("light of the room on the face", ambient),
        ("light of the white screen on the face", format!("about {:.0} lx", light.screen_lux)),
        ("distance of the eyes", format!("about {:.0} cm", light.distance_mm / 10.0)),
        ("frames used around the challenge", measured.frames.to_string()),
        ("gain", gain),
        (
            "strength of the answer",
            format!(
                "{} standard errors, {:.1} % of the light; at least {} and {:.1} % are needed to accept, {} to believe a \
                 denial",
                number(strength),
                100.0 * measured.contrast,
                number(bounds.response_min_z),
                100.0 * bounds.contrast_min,
                number(bounds.response_strong_z)
            ),
        ),
        (
            "answer to whatever flickers with the slots",
            format!(
                "{} times its noise; from {} on, a face that does not answer this challenge answers another",
                number(measured.slot_energy),
                number(bounds.other_answer_energy)
            ),
        ),
    ]
}
