//! Makes a file that Chromium takes for a camera: `camera_file VIDEO OUT.mjpeg SCALE`. Motion JPEG, each picture SCALE times as
//! large as the video's.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, resize};
use image::{ExtendedColorType, ImageBuffer, Rgb};
use verilume_eval::media::{self, MediaOptions};

/// Nothing of the face may be lost to the encoder.
const QUALITY: u8 = 92;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [video, out, scale] = args.as_slice() else { return Err("say VIDEO OUT.mjpeg SCALE".into()) };
    let scale: u32 = scale.parse()?;
    let mut reader = media::open(Path::new(video), &MediaOptions::default())?;
    let mut out = BufWriter::new(File::create(out)?);
    while let Some(frame) = reader.next_frame()? {
        let view = frame.view();
        let pixels: Vec<u8> =
            (0..view.height()).flat_map(|y| (0..view.width()).flat_map(move |x| view.pixel(x, y))).collect();
        let picture: ImageBuffer<Rgb<u8>, _> =
            ImageBuffer::from_raw(view.width(), view.height(), pixels).ok_or("a frame of another size")?;
        let picture = resize(&picture, view.width() * scale, view.height() * scale, FilterType::Triangle);
        let mut jpeg = Vec::new();
        let (width, height) = picture.dimensions();
        JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode(
            &picture,
            width,
            height,
            ExtendedColorType::Rgb8,
        )?;
        out.write_all(&jpeg)?;
    }
    out.flush()?;
    Ok(())
}
