//! Half-precision constants.

/// The value of an IEEE 754 half-precision number, exactly.
pub(super) fn f32_from_f16_bits(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let exponent = u32::from(bits >> 10 & 0x1f);
    let fraction = u32::from(bits & 0x03ff);
    let magnitude = match exponent {
        // Subnormal numbers are multiples of 2^-24.
        0 => return f32::from_bits(sign | 0x3f80_0000) * (f32::from(bits & 0x03ff) / 16_777_216.0),
        31 => 0x7f80_0000 | fraction << 13,
        // The bias is 15 in half and 127 in single precision.
        _ => (exponent + 112) << 23 | fraction << 13,
    };
    f32::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bits: u16, expected: f32) {
        assert_eq!(f32_from_f16_bits(bits).to_bits(), expected.to_bits(), "{bits:#06x}");
    }

    #[test]
    fn known_values() {
        check(0x0000, 0.0);
        check(0x8000, -0.0);
        check(0x3c00, 1.0);
        check(0xc000, -2.0);
        check(0x7bff, 65_504.0);
        check(0x0400, 2.0_f32.powi(-14));
        check(0x0001, 2.0_f32.powi(-24));
        check(0x83ff, -1023.0 * 2.0_f32.powi(-24));
        check(0x7c00, f32::INFINITY);
        check(0xfc00, f32::NEG_INFINITY);
        assert!(f32_from_f16_bits(0x7e00).is_nan());
    }
}
