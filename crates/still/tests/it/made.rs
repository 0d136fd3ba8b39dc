//! Pictures to decode, made with the encoders of the library, and parts of files made by hand.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

pub(crate) const WIDTH: u32 = 24;
pub(crate) const HEIGHT: u32 = 16;

/// A picture whose quarters differ: red, green / blue, white.
pub(crate) fn quarters() -> RgbImage {
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| match (x < WIDTH / 2, y < HEIGHT / 2) {
        (true, true) => Rgb([200, 20, 20]),
        (false, true) => Rgb([20, 200, 20]),
        (true, false) => Rgb([20, 20, 200]),
        (false, false) => Rgb([240, 240, 240]),
    })
}

pub(crate) fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The quarters in a format.
pub(crate) fn file(format: ImageFormat) -> Vec<u8> {
    encoded(&DynamicImage::ImageRgb8(quarters()), format)
}

pub(crate) const FORMATS: [ImageFormat; 5] =
    [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::WebP];

/// EXIF with an orientation, as a JPEG's APP1 holds it.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0".to_vec();
    tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]);
    tiff
}

/// A JPEG with EXIF in it.
pub(crate) fn turned_jpeg(orientation: u8) -> Vec<u8> {
    let jpeg = file(ImageFormat::Jpeg);
    let mut body = b"Exif\0\0".to_vec();
    body.extend(exif(orientation));
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &body, &jpeg[2..]].concat()
}

/// An animated GIF: a red frame, then a blue one.
pub(crate) fn animated_gif() -> Vec<u8> {
    let frame = |colour: [u8; 4]| image::Frame::new(RgbaImage::from_pixel(WIDTH, HEIGHT, Rgba(colour)));
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    encoder.encode_frames([frame([200, 0, 0, 255]), frame([0, 0, 200, 255])]).unwrap();
    drop(encoder);
    bytes
}

/// An animated WebP of the same, put together from two still ones.
pub(crate) fn animated_webp() -> Vec<u8> {
    let chunk = |name: &[u8; 4], body: &[u8]| {
        let mut chunk = [&name[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), body].concat();
        chunk.extend(std::iter::repeat_n(0, body.len() % 2));
        chunk
    };
    let less_one = |size: u32| (size - 1).to_le_bytes()[..3].to_vec();
    let size = [less_one(WIDTH), less_one(HEIGHT)].concat();
    let frame = |colour: [u8; 3]| {
        let still = encoded(
            &DynamicImage::ImageRgb8(RgbImage::from_pixel(WIDTH, HEIGHT, Rgb(colour))),
            ImageFormat::WebP,
        );
        // Place, size, 100 ms, no blending; then the still's own chunk.
        chunk(b"ANMF", &[&[0; 6][..], &size, &[100, 0, 0, 2], &still[12..]].concat())
    };
    let chunks = [
        chunk(b"VP8X", &[&[2, 0, 0, 0][..], &size].concat()),
        chunk(b"ANIM", &[0; 6]),
        frame([200, 0, 0]),
        frame([0, 0, 200]),
    ]
    .concat();
    let length = u32::try_from(chunks.len() + 4).unwrap().to_le_bytes();
    [b"RIFF", &length[..], b"WEBP", &chunks].concat()
}

/// A JPEG of cyan ink alone.
pub(crate) fn cmyk_jpeg() -> Vec<u8> {
    let ink: Vec<u8> = (0..WIDTH * HEIGHT).flat_map(|_| [255, 0, 0, 0]).collect();
    let mut bytes = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut bytes, 95);
    let (width, height) = (u16::try_from(WIDTH).unwrap(), u16::try_from(HEIGHT).unwrap());
    encoder.encode(&ink, width, height, jpeg_encoder::ColorType::Cmyk).unwrap();
    bytes
}

/// One pixel of a WebP with losses, which the library does not write: the sample that browsers are commonly tested with.
pub(crate) const LOSSY_WEBP: &[u8] = b"RIFF\x22\0\0\0WEBPVP8 \x16\0\0\0\x30\x01\0\x9d\x01\x2a\x01\0\x01\0\
    \x0e\xc0\xfe\x25\xa4\0\x03\x70\0\0\0\0";

/// A picture with another file behind it.
pub(crate) fn polyglot(format: ImageFormat) -> Vec<u8> {
    let mut bytes = file(format);
    bytes.extend(b"PK\x03\x04 an archive, a script <script>alert(1)</script>");
    bytes
}

/// A file of a few bytes of each format but PNG that says it has 60 000 and more pixels a side.
pub(crate) fn bomb(format: ImageFormat) -> Vec<u8> {
    let mut bytes = file(format);
    match format {
        ImageFormat::Gif => {
            let screen = &b"GIF89a\xFF\xFF\xFF\xFF\0\0\0"[..];
            bytes = [screen, b",\0\0\0\0\xFF\xFF\xFF\xFF\0\x02\x02\x4C\x01\0;"].concat();
        }
        ImageFormat::Bmp => {
            bytes[18..22].copy_from_slice(&60_000_i32.to_le_bytes());
            bytes[22..26].copy_from_slice(&60_000_i32.to_le_bytes());
        }
        ImageFormat::WebP => {
            bytes = animated_webp();
            bytes[24..30].copy_from_slice(&[0xFF, 0xEA, 0, 0xFF, 0xEA, 0]);
        }
        _ => {
            let frame = bytes.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
            bytes[frame + 5..frame + 9].copy_from_slice(&[0xFF; 4]);
        }
    }
    bytes
}

/// A PNG that says it has this size, and holds next to nothing: `rows` bytes of zeros, deflated.
pub(crate) fn hollow_png(width: u32, height: u32, colour_type: u8, depth: u8, rows: usize) -> Vec<u8> {
    let chunk = |name: &[u8; 4], body: &[u8]| {
        let named = [&name[..], body].concat();
        [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], &named, &crc32(&named).to_be_bytes()].concat()
    };
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, colour_type, 0, 0, 0]].concat();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    png.extend(chunk(b"IHDR", &header));
    png.extend(chunk(b"IDAT", &deflated_zeros(rows)));
    png.extend(chunk(b"IEND", &[]));
    png
}

/// A zlib stream of so many zeros, 65535 to a stored block.
fn deflated_zeros(mut count: usize) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let adler = adler32_of_zeros(count);
    while count > 0 {
        let block = count.min(65_535);
        count -= block;
        let length = u16::try_from(block).unwrap();
        stream.push(u8::from(count == 0));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(std::iter::repeat_n(0, block));
    }
    stream.extend(adler.to_be_bytes());
    stream
}

fn adler32_of_zeros(count: usize) -> u32 {
    // The first sum stays 1; the second counts.
    let second = u32::try_from(count % 65_521).unwrap();
    second << 16 | 1
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}
