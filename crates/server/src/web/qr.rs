//! A link as a picture, for the camera of a phone.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Light modules around the code. Origin: ISO/IEC 18004 asks for four.
const QUIET: usize = 4;

/// The code as SVG: one path, dark on white. `None` for more text than a code can hold.
pub(crate) fn svg(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let (side, modules) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (at, _) in modules.iter().enumerate().filter(|(_, module)| **module == Color::Dark) {
        _ = write!(path, "M{} {}h1v1h-1z", at % side + QUIET, at / side + QUIET);
    }
    let size = side + 2 * QUIET;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" role=\"img\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/><path d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_becomes_dark_modules_within_a_quiet_zone() {
        let svg = svg("https://face.example/?s=abc").unwrap();
        // Version 3 has 29 modules a side; the finder pattern begins in its corner.
        assert!(svg.contains("viewBox=\"0 0 37 37\""), "{svg}");
        assert!(svg.contains("M4 4h1v1h-1z") && !svg.contains("M3 "), "{svg}");
        assert!(super::svg(&"x".repeat(3000)).is_none());
    }
}
