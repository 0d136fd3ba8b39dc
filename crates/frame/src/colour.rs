//! sRGB and linear light (IEC 61966-2-1), and luma (ITU-R BT.709).

/// Linear light 0..=1 of an 8-bit sRGB value.
pub fn linear_from_srgb(value: u8) -> f32 {
    let unit = f32::from(value) / 255.0;
    if unit <= 0.040_45 { unit / 12.92 } else { ((unit + 0.055) / 1.055).powf(2.4) }
}

/// The 8-bit sRGB value of linear light; light outside 0..=1 is clipped.
pub fn srgb_from_linear(light: f32) -> u8 {
    let light = light.clamp(0.0, 1.0);
    let unit = if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=1 above")]
    let value = (unit * 255.0).round() as u8;
    value
}

/// Luminance of linear RGB, luma of gamma-encoded RGB (BT.709), in the unit of its argument.
pub fn luminance([r, g, b]: [f32; 3]) -> f32 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// BT.709 luma, 0..=255, of gamma-encoded RGB.
pub fn luma_from_rgb(rgb: [u8; 3]) -> f32 {
    luminance(rgb.map(f32::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_srgb_value_survives_the_round_trip() {
        for value in 0..=255 {
            assert_eq!(srgb_from_linear(linear_from_srgb(value)), value);
        }
    }

    #[test]
    fn white_is_full_luma() {
        assert!((luma_from_rgb([255; 3]) - 255.0).abs() < 1e-3);
    }
}
