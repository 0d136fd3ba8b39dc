use image::ExtendedColorType;
use image::ExtendedColorType::{L8, L16, La8, La16, Rgb8, Rgb16, Rgba8, Rgba16};
use verilume_eval::media::{self, MediaFormat, MediaLimits, MediaOptions, decode_image};
use verilume_frame::MAX_PIXELS;

use crate::support::{
    error_code, file_of, fixture, fixture_bytes, frames, jpeg, micros, open_bytes, pattern, png, png_header,
    stream, without_ffmpeg,
};

#[test]
fn a_still_is_one_frame_at_time_zero() {
    for (bytes, format) in
        [(jpeg(12, 9, None), MediaFormat::Jpeg), (png(&pattern(12, 9), 12, 9, Rgb8, None), MediaFormat::Png)]
    {
        for opened in [open_bytes(&bytes), stream(bytes)] {
            let mut reader = opened.unwrap();
            assert_eq!((reader.format(), reader.is_still()), (format, true));
            assert_eq!((reader.frame_count_hint(), reader.fps_hint()), (Some(1), None));
            let frames = frames(&mut reader);
            assert_eq!(micros(&frames), [0]);
            assert_eq!((frames[0].image.width(), frames[0].image.height()), (12, 9));
        }
    }
}

#[test]
fn the_other_still_formats_need_no_ffmpeg() {
    let picture = image::RgbImage::from_raw(12, 9, pattern(12, 9)).unwrap();
    for (written, format) in [
        (image::ImageFormat::Gif, MediaFormat::Gif),
        (image::ImageFormat::Bmp, MediaFormat::Bmp),
        (image::ImageFormat::WebP, MediaFormat::WebP),
    ] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::DynamicImage::from(picture.clone()).write_to(&mut bytes, written).unwrap();
        let bytes = bytes.into_inner();
        let file = file_of(&bytes);
        for opened in [media::open(file.path(), &without_ffmpeg()), stream(bytes.clone())] {
            let mut reader = opened.unwrap();
            assert_eq!((reader.format(), reader.is_still()), (format, true));
            let frame = reader.next_frame().unwrap().unwrap();
            assert_eq!(frame.image.width(), 12, "{format}");
            let difference = frame.image.pixels().iter().zip(picture.as_raw()).map(|(a, b)| a.abs_diff(*b));
            assert!(difference.max().unwrap() <= 40, "{format}: a palette rounds");
        }
        let cut = decode_image(&bytes[..bytes.len() / 2], &MediaLimits::default()).unwrap_err();
        assert!(matches!(cut.code(), "truncated" | "corrupt_image"), "{format}: {cut}");
    }
}

#[test]
fn png_is_exact() {
    let pixels = pattern(7, 5);
    let image = decode_image(&png(&pixels, 7, 5, Rgb8, None), &MediaLimits::default()).unwrap();
    assert_eq!(image.pixels(), pixels);
}

#[track_caller]
fn check_colour(colour: ExtendedColorType, samples: &[u8], expected: [u8; 3]) {
    let image = decode_image(&png(samples, 1, 1, colour, None), &MediaLimits::default()).unwrap();
    assert_eq!(image.pixels(), expected, "{colour:?}");
}

#[test]
fn every_png_colour_type_becomes_rgb() {
    let wide = |samples: &[u16]| samples.iter().flat_map(|sample| sample.to_ne_bytes()).collect::<Vec<u8>>();
    check_colour(L8, &[77], [77; 3]);
    check_colour(La8, &[77, 3], [77; 3]);
    check_colour(Rgb8, &[1, 2, 3], [1, 2, 3]);
    check_colour(Rgba8, &[1, 2, 3, 4], [1, 2, 3]);
    check_colour(L16, &wide(&[0xFFFF]), [255; 3]);
    check_colour(La16, &wide(&[0x8080, 9]), [0x80; 3]);
    check_colour(Rgb16, &wide(&[0, 0x0100, 0xFFFF]), [0, 1, 255]);
    check_colour(Rgba16, &wide(&[0, 0x0100, 0xFFFF, 7]), [0, 1, 255]);
}

#[test]
fn cmyk_jpeg_is_converted() {
    let image = decode_image(&fixture_bytes("cmyk.jpg"), &MediaLimits::default()).unwrap();
    let near =
        |pixel: [u8; 3], expected: [u8; 3]| pixel.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 3);
    assert!(near(image.view().pixel(2, 2), [255, 0, 0]), "{:?}", image.view().pixel(2, 2));
    assert!(near(image.view().pixel(12, 2), [0, 255, 255]), "{:?}", image.view().pixel(12, 2));
}

#[test]
fn exif_orientation_is_applied() {
    // Where the dark bottom third and the red left third of the stored picture end up.
    for (orientation, is_turned, red_and_bright) in
        [(1, false, (0, 0)), (2, false, (11, 0)), (3, false, (11, 8)), (6, true, (8, 0)), (8, true, (0, 11))]
    {
        for bytes in [jpeg(12, 9, Some(orientation)), png(&pattern(12, 9), 12, 9, Rgb8, Some(orientation))] {
            let image = decode_image(&bytes, &MediaLimits::default()).unwrap();
            let size = if is_turned { (9, 12) } else { (12, 9) };
            assert_eq!((image.width(), image.height()), size, "orientation {orientation}");
            let [red, _, blue] = image.view().pixel(red_and_bright.0, red_and_bright.1);
            assert!(red > 200 && blue < 60, "orientation {orientation}: {red} {blue}");
        }
    }
}

#[test]
fn a_multi_picture_jpeg_is_one_still() {
    // Phones append a gain map as a second JPEG and announce it in an APP2 segment.
    let mut bytes = jpeg(12, 9, None);
    bytes.splice(2..2, *b"\xff\xe2\x00\x08MPF\0II");
    bytes.extend(jpeg(4, 4, None));
    let mut reader = open_bytes(&bytes).unwrap();
    assert!(reader.is_still());
    assert_eq!(frames(&mut reader).len(), 1);
}

#[test]
fn bytes_behind_a_jpeg_do_not_matter() {
    let bytes = [jpeg(12, 9, None), b"appended video".to_vec()].concat();
    assert!(open_bytes(&bytes).unwrap().is_still());
}

#[test]
fn wrong_inputs_have_their_own_errors() {
    let whole = jpeg(64, 64, None);
    let cut = &whole[..whole.len() / 2];
    assert_eq!(error_code(open_bytes(cut)), "truncated");
    assert_eq!(error_code(stream(cut)), "truncated");
    assert_eq!(decode_image(cut, &MediaLimits::default()).unwrap_err().code(), "truncated");
    assert_eq!(decode_image(b"", &MediaLimits::default()).unwrap_err().code(), "empty_input");
    let png = png(&pattern(64, 64), 64, 64, Rgb8, None);
    assert!(matches!(error_code(open_bytes(&png[..png.len() / 2])), "truncated" | "corrupt_image"));
    let mut damaged = png.clone();
    damaged[50..90].fill(0xA5);
    assert_eq!(error_code(open_bytes(&damaged)), "corrupt_image");
    assert_eq!(error_code(open_bytes(b"")), "empty_input");
    assert_eq!(error_code(stream(b"".as_slice())), "empty_input");
    assert_eq!(error_code(open_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")), "unsupported_format");
    assert_eq!(error_code(media::open(fixture("no such file"), &MediaOptions::default())), "input_not_found");
}

#[test]
fn a_text_file_named_mp4_is_an_unsupported_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    std::fs::write(&path, "not a video").unwrap();
    let error = media::open(&path, &MediaOptions::default()).unwrap_err();
    assert_eq!(error.code(), "unsupported_format");
    assert!(error.to_string().ends_with("clip.mp4: is no video or image of a known format"), "{error}");
    assert!(error.hint().contains("H.264"));
}

#[test]
fn a_huge_image_is_refused_by_its_header() {
    assert_eq!(error_code(open_bytes(&png_header(60_000, 60_000))), "image_too_large");
    let mut bytes = jpeg(16, 16, None);
    let frame_header = bytes.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    bytes[frame_header + 5..frame_header + 9].fill(0xFF);
    assert_eq!(error_code(open_bytes(&bytes)), "image_too_large");
}

#[test]
fn limits_of_the_caller_hold() {
    let mut limits = MediaLimits::default();
    assert_eq!(limits.max_pixels, MAX_PIXELS);
    limits.max_pixels = 12 * 9 - 1;
    assert_eq!(decode_image(&jpeg(12, 9, None), &limits).unwrap_err().code(), "image_too_large");
    let mut options = MediaOptions::default();
    options.limits.max_bytes = 100;
    assert_eq!(error_code(media::open(file_of(&jpeg(12, 9, None)).path(), &options)), "input_too_large");
}
