//! What is read, and as what.

use image::{DynamicImage, ImageFormat};
use verilume_frame::RgbImage;
use verilume_still::{StillFormat, StillLimits, decode};

use crate::made::*;

fn read(bytes: &[u8]) -> (StillFormat, RgbImage) {
    let still = decode(bytes, &StillLimits::default()).unwrap();
    (still.format, still.image)
}

/// The colours in the middle of the quarters, upper left first.
fn colours(image: &RgbImage) -> [[u8; 3]; 4] {
    let (width, height) = (image.width(), image.height());
    let at = |x, y| image.view().pixel(x * width / 4, y * height / 4);
    [at(1, 1), at(3, 1), at(1, 3), at(3, 3)]
}

#[track_caller]
fn check_quarters(image: &RgbImage, tolerance: u8) {
    let expected = [[200, 20, 20], [20, 200, 20], [20, 20, 200], [240, 240, 240]];
    assert_eq!((image.width(), image.height()), (WIDTH, HEIGHT));
    for (found, expected) in colours(image).iter().flatten().zip(expected.iter().flatten()) {
        assert!(found.abs_diff(*expected) <= tolerance, "{:?}", colours(image));
    }
}

#[test]
fn every_format_is_told_by_its_content() {
    let expected =
        [StillFormat::Jpeg, StillFormat::Png, StillFormat::Gif, StillFormat::Bmp, StillFormat::WebP];
    for (format, expected) in FORMATS.into_iter().zip(expected) {
        let (found, image) = read(&file(format));
        assert_eq!(found, expected);
        check_quarters(&image, if format == ImageFormat::Jpeg { 12 } else { 1 });
    }
}

#[test]
fn grey_sixteen_bits_and_alpha_become_rgb() {
    let quarters = DynamicImage::ImageRgb8(quarters());
    for image in [quarters.to_rgb16().into(), quarters.to_rgba8().into(), quarters.to_rgba16().into()] {
        check_quarters(&read(&encoded(&image, ImageFormat::Png)).1, 1);
    }
    for image in [quarters.to_luma8().into(), quarters.to_luma16().into(), quarters.to_luma_alpha8().into()] {
        let (_, read) = read(&encoded(&image, ImageFormat::Png));
        let [red, _, _, white] = colours(&read);
        assert_eq!((red[0], white), (red[2], [240; 3]));
    }
}

#[test]
fn a_cmyk_jpeg_becomes_rgb() {
    let [red, green, blue] = read(&cmyk_jpeg()).1.view().pixel(4, 4);
    assert!(red < 60 && green > 200 && blue > 200, "{:?}", [red, green, blue]);
}

#[test]
fn every_exif_orientation_is_made_upright() {
    let stored = colours(&read(&file(ImageFormat::Jpeg)).1);
    let [a, b, c, d] = stored;
    let upright = [
        [a, b, c, d],
        [b, a, d, c],
        [d, c, b, a],
        [c, d, a, b],
        [a, c, b, d],
        [c, a, d, b],
        [d, b, c, a],
        [b, d, a, c],
    ];
    for (orientation, expected) in (1..).zip(upright) {
        let (_, image) = read(&turned_jpeg(orientation));
        let is_turned = orientation >= 5;
        assert_eq!(image.width() == HEIGHT, is_turned, "orientation {orientation}");
        assert_eq!(colours(&image), expected, "orientation {orientation}");
    }
    assert_eq!(colours(&read(&turned_jpeg(0)).1), stored, "none of the eight");
}

#[test]
fn of_an_animation_the_first_frame_is_taken() {
    for (bytes, format) in [(animated_gif(), StillFormat::Gif), (animated_webp(), StillFormat::WebP)] {
        let (found, image) = read(&bytes);
        assert_eq!(found, format);
        let [red, _, blue] = image.view().pixel(5, 5);
        assert!(red > 150 && blue < 50, "{found:?}: {red} {blue}");
    }
}

#[test]
fn what_follows_the_picture_is_passed_over() {
    for format in FORMATS {
        check_quarters(&read(&polyglot(format)).1, 12);
    }
}
