//! What is refused, with which reason, and at what cost.

use image::ImageFormat;
use verilume_still::{StillErrorKind, StillLimits, decode};

use crate::made::*;

#[track_caller]
fn check(bytes: &[u8], expected: StillErrorKind) {
    let error = decode(bytes, &StillLimits::default()).unwrap_err();
    assert_eq!(error.kind(), expected, "{error}");
}

#[test]
fn other_bytes_are_no_picture() {
    for bytes in [
        &b""[..],
        b"\xFF\xD8",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"RIFF\0\0\0\0WAVE",
    ] {
        check(bytes, StillErrorKind::Unsupported);
    }
}

#[test]
fn a_picture_that_was_cut_short_is_an_error_and_not_half_grey() {
    for format in FORMATS {
        let whole = file(format);
        for keep in [whole.len() / 2, whole.len() * 3 / 4, whole.len() - 12] {
            let error = decode(&whole[..keep], &StillLimits::default());
            let kind = error.map(|still| still.format).unwrap_err().kind();
            let expected = [StillErrorKind::Truncated, StillErrorKind::Damaged];
            assert!(expected.contains(&kind), "{format:?} of {keep} bytes: {kind:?}");
        }
    }
}

#[test]
fn one_format_in_anothers_clothes_is_damaged() {
    let png = file(ImageFormat::Png);
    let mut dressed = file(ImageFormat::Jpeg)[..3].to_vec();
    dressed.extend(&png[3..]);
    assert!(decode(&dressed, &StillLimits::default()).is_err());
}

#[test]
fn sizes_are_refused_before_anything_of_that_size_is_there() {
    check(&hollow_png(60_000, 60_000, 2, 8, 100), StillErrorKind::TooLarge);
    check(&hollow_png(5_000, 4_999, 6, 16, 100), StillErrorKind::TooLarge);
    for format in [ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::WebP, ImageFormat::Jpeg] {
        check(&bomb(format), StillErrorKind::TooLarge);
    }
}

#[test]
fn limits_are_the_callers() {
    let limits = StillLimits::pixels(u64::from(WIDTH * HEIGHT) - 1);
    for format in FORMATS {
        assert_eq!(
            decode(&file(format), &limits).unwrap_err().kind(),
            StillErrorKind::TooLarge,
            "{format:?}"
        );
    }
}
