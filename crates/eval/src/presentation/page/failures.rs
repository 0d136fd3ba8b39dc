//! The captures that were decided wrongly, by path and reason.

use std::collections::HashMap;
use std::fmt::Write as _;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, RgbImage, imageops};

use super::super::report::Failed;
use super::super::scores::decision_name;
use super::super::{Manifest, Report, first_frame};
use crate::svg::{escape, put};

/// Longest side of a thumbnail, pixels.
const THUMBNAIL_SIDE: u32 = 160;
/// JPEG quality of a thumbnail.
const THUMBNAIL_QUALITY: u8 = 75;

/// Small images of the failures, by capture. They show faces: a page with them is personal data.
#[derive(Debug, Clone, Default)]
pub struct Thumbnails(HashMap<String, String>);

impl Thumbnails {
    /// The first frame of every failure that the report lists; those that cannot be read are left out.
    pub fn of(report: &Report, manifest: &Manifest) -> Self {
        let failed = report.attacks_called_real.iter().chain(&report.live_not_accepted);
        let captures: HashMap<&str, _> =
            manifest.captures.iter().map(|capture| (capture.id.as_str(), capture)).collect();
        let thumbnail = |failed: &Failed| {
            let frame = first_frame(captures.get(failed.capture.as_str())?)?;
            Some((failed.capture.clone(), data_uri(frame.view())?))
        };
        Self(failed.filter_map(thumbnail).collect())
    }
}

fn data_uri(view: verilume_frame::RgbView<'_>) -> Option<String> {
    let pixels = (0..view.height()).flat_map(|y| view.row(y).iter().copied()).collect();
    let image = RgbImage::from_raw(view.width(), view.height(), pixels)?;
    let share = f64::from(THUMBNAIL_SIDE) / f64::from(view.width().max(view.height()).max(THUMBNAIL_SIDE));
    #[expect(clippy::cast_possible_truncation, reason = "a part of a side fits the side")]
    let side = |of: u32| ((f64::from(of) * share) as u32).max(1);
    let small = imageops::thumbnail(&image, side(view.width()), side(view.height()));
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, THUMBNAIL_QUALITY);
    encoder.encode(&small, small.width(), small.height(), ExtendedColorType::Rgb8).ok()?;
    Some(format!("data:image/jpeg;base64,{}", base64(&jpeg)))
}

/// Base64 of RFC 4648, as a data URI wants it.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let part = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let bits = part(0) << 16 | part(1) << 8 | part(2);
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

pub(super) fn table(failed: &[Failed], thumbnails: Option<&Thumbnails>) -> String {
    if failed.is_empty() {
        return "<p>None.</p>".to_owned();
    }
    let mut out = "<table><caption>The worst first; a long list is cut</caption><thead><tr>".to_owned();
    if thumbnails.is_some() {
        out.push_str("<th scope=\"col\">first frame</th>");
    }
    out.push_str(
        "<th scope=\"col\">path</th><th scope=\"col\">species</th><th scope=\"col\">decision</th>\
         <th scope=\"col\">score</th><th scope=\"col\">why</th></tr></thead><tbody>\n",
    );
    for one in failed {
        out.push_str("<tr>");
        if let Some(Thumbnails(images)) = thumbnails {
            let image =
                images.get(&one.capture).map(|uri| format!("<img src=\"{uri}\" alt=\"first frame\"/>"));
            put!(out, "<td>{}</td>", image.unwrap_or_default());
        }
        let score = one.score.map_or_else(|| "-".to_owned(), |score| format!("{score:.3}"));
        let reasons: String =
            one.reasons.iter().map(|reason| format!("<li>{}</li>", escape(&reason.message))).collect();
        put!(
            out,
            "<td class=\"path\">{}</td><td>{}</td><td>{}</td><td class=\"n\">{score}</td><td><ul>{reasons}</ul></td></tr>\n",
            escape(&one.path),
            escape(&one.attack_type),
            one.decision.map_or("not analysed", decision_name)
        );
    }
    out + "</tbody></table>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        let encoded = ["", "f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes()));
        assert_eq!(encoded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }
}
