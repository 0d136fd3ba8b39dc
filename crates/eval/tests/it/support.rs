//! Small writers for test inputs, and what the tests ask of a reader.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};
use tempfile::NamedTempFile;
use verilume_eval::media::{self, FrameReader, MediaError, MediaOptions};
use verilume_frame::Frame;

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

pub(crate) fn fixture_bytes(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).unwrap()
}

pub(crate) fn file_of(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// Options under which no other program is found.
pub(crate) fn without_ffmpeg() -> MediaOptions {
    let mut options = MediaOptions::default();
    options.ffmpeg = PathBuf::from("no-such-program-verilume");
    options
}

pub(crate) fn open_bytes(bytes: &[u8]) -> Result<FrameReader, MediaError> {
    media::open(file_of(bytes).path(), &without_ffmpeg())
}

pub(crate) fn stream(bytes: impl Into<Vec<u8>>) -> Result<FrameReader, MediaError> {
    media::from_reader(Cursor::new(bytes.into()), &MediaOptions::default())
}

pub(crate) fn frames(reader: &mut FrameReader) -> Vec<Frame> {
    std::iter::from_fn(|| reader.next_frame().unwrap()).collect()
}

pub(crate) fn micros(frames: &[Frame]) -> Vec<u64> {
    frames.iter().map(|frame| frame.captured_at.as_micros()).collect()
}

pub(crate) fn warning_codes(reader: &FrameReader) -> Vec<&'static str> {
    reader.warnings().iter().map(media::MediaWarning::code).collect()
}

/// The code of the error that opening, or else reading, ends with.
#[track_caller]
pub(crate) fn error_code(opened: Result<FrameReader, MediaError>) -> &'static str {
    let error = opened.and_then(|mut reader| {
        while reader.next_frame()?.is_some() {}
        Ok(())
    });
    let error = error.expect_err("an error");
    assert!(!error.hint().is_empty());
    assert!(!error.to_string().contains('\n'), "{error}");
    error.code()
}

/// 64-bit FNV-1a.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}

/// The left third red, the rest blue; the bottom third darker.
pub(crate) fn pattern(width: u32, height: u32) -> Vec<u8> {
    let pixel = |x, y| {
        let light = if y * 3 >= height * 2 { 120 } else { 250 };
        if x * 3 < width { [light, 0, 0] } else { [0, 0, light] }
    };
    (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect()
}

/// An EXIF block (little-endian TIFF) with nothing but an orientation.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    exif
}

pub(crate) fn jpeg(width: u32, height: u32, orientation: Option<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    if let Some(orientation) = orientation {
        encoder.set_exif_metadata(exif(orientation)).unwrap();
    }
    encoder.write_image(&pattern(width, height), width, height, ExtendedColorType::Rgb8).unwrap();
    bytes
}

pub(crate) fn png(
    samples: &[u8],
    width: u32,
    height: u32,
    colour: ExtendedColorType,
    orientation: Option<u8>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    if let Some(orientation) = orientation {
        encoder.set_exif_metadata(exif(orientation)).unwrap();
    }
    encoder.write_image(samples, width, height, colour).unwrap();
    bytes
}

/// A PNG that consists of a header only.
pub(crate) fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 2, 0, 0, 0]);
    let crc = !chunk.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| {
                if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }
            },
        )
    });
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    bytes.extend(chunk);
    bytes.extend(crc.to_be_bytes());
    bytes.extend(b"\0\0\x10\0IDAT\x78\x9c");
    bytes
}

pub(crate) fn y4m(header: &str, frames: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("YUV4MPEG2 {header}\n").into_bytes();
    for frame in frames {
        bytes.extend(b"FRAME\n");
        bytes.extend(*frame);
    }
    bytes
}

fn chunk(name: &[u8], body: &[u8]) -> Vec<u8> {
    let mut bytes = name.to_vec();
    bytes.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    bytes.extend(body);
    bytes.resize(bytes.len() + body.len() % 2, 0);
    bytes
}

/// An AVI with an audio stream before the video; an empty picture stands for a dropped frame.
pub(crate) fn avi(pictures: &[&[u8]], compression: &[u8; 4], scale: u32, rate: u32) -> Vec<u8> {
    let frames = u32::try_from(pictures.len()).unwrap();
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let video_header = [b"vidsMJPG".to_vec(), words(&[0, 0, 0, scale, rate, 0, frames])].concat();
    let format = [words(&[40, 16, 16, 0]), compression.to_vec()].concat();
    let audio = chunk(b"LIST", &[b"strl".to_vec(), chunk(b"strh", b"auds\0\0\0\0")].concat());
    let video =
        chunk(b"LIST", &[b"strl".to_vec(), chunk(b"strh", &video_header), chunk(b"strf", &format)].concat());
    let headers =
        chunk(b"LIST", &[b"hdrl".to_vec(), chunk(b"avih", &words(&[40_000])), audio, video].concat());
    let mut movie = b"movi".to_vec();
    for picture in pictures {
        movie.extend(chunk(b"00wb", b"sound"));
        movie.extend(chunk(b"01dc", picture));
    }
    let body =
        [b"AVI ".to_vec(), headers, chunk(b"JUNK", b"odd"), chunk(b"LIST", &movie), chunk(b"idx1", &[0; 16])];
    chunk(b"RIFF", &body.concat())
}
