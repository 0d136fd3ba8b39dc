//! What needs ffmpeg. Where it is not on PATH the tests say that they were left out.

use std::path::Path;
use std::process::{Command, Stdio};

use verilume_eval::media::{self, MediaFormat, MediaOptions};

use crate::support::{error_code, file_of, fixture, frames, hash, micros, stream, without_ffmpeg};

/// A screen of one pixel and two colours, and a picture on it.
const GIF_SCREEN: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff";
const GIF_PICTURE: &[u8] = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";

#[expect(clippy::print_stdout, reason = "says that a test was left out")]
fn has_ffmpeg() -> bool {
    let found = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).status().is_ok();
    if !found {
        println!("left out: no ffmpeg on PATH");
    }
    found
}

fn ffmpeg(arguments: &[&str], output: &Path) {
    let status = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-y"])
        .args(arguments)
        .arg(output)
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn a_missing_program_is_its_own_error() {
    let webm = file_of(b"\x1a\x45\xdf\xa3 and so on");
    let error = media::open(webm.path(), &without_ffmpeg()).unwrap_err();
    assert_eq!(error.code(), "ffmpeg_missing");
    assert!(error.to_string().contains("is WebM or Matroska, which needs ffmpeg"), "{error}");
    let film = [GIF_SCREEN, GIF_PICTURE, GIF_PICTURE, b";"].concat();
    assert_eq!(error_code(media::open(file_of(&film).path(), &without_ffmpeg())), "ffmpeg_missing");
    assert_eq!(error_code(stream(film)), "unsupported_format");
    let picture = file_of(&[GIF_SCREEN, GIF_PICTURE, b";"].concat());
    assert_eq!(media::open(picture.path(), &without_ffmpeg()).unwrap().format(), MediaFormat::Gif);
}

#[test]
fn an_input_that_ffmpeg_cannot_read_is_an_error() {
    if has_ffmpeg() {
        let webm = file_of(b"\x1a\x45\xdf\xa3 and so on");
        assert_eq!(error_code(media::open(webm.path(), &MediaOptions::default())), "ffmpeg_failed");
    }
}

#[test]
fn other_formats_come_with_their_times() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = fixture("fragmented_vfr.mp4");
    let mkv = folder.path().join("copy.bin");
    ffmpeg(&["-i", source.to_str().unwrap(), "-c", "copy", "-f", "matroska"], &mkv);
    let mut through_ffmpeg = media::open(&mkv, &MediaOptions::default()).unwrap();
    assert_eq!(through_ffmpeg.format(), MediaFormat::Ffmpeg("WebM or Matroska"));
    assert_eq!(through_ffmpeg.format().to_string(), "WebM or Matroska (through ffmpeg)");
    let through_ffmpeg = frames(&mut through_ffmpeg);
    let here = frames(&mut media::open(&source, &MediaOptions::default()).unwrap());
    assert_eq!(through_ffmpeg.len(), here.len());
    for (a, b) in through_ffmpeg.iter().zip(&here) {
        assert_eq!(a.image, b.image);
        assert!(
            a.captured_at.as_micros().abs_diff(b.captured_at.as_micros()) <= 1000,
            "Matroska counts milliseconds"
        );
    }
}

#[test]
fn a_reader_may_be_dropped_in_the_middle() {
    if has_ffmpeg() {
        let folder = tempfile::tempdir().unwrap();
        let gif = folder.path().join("long.gif");
        ffmpeg(&["-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=4"], &gif);
        let mut reader = media::open(&gif, &MediaOptions::default()).unwrap();
        assert!(reader.next_frame().unwrap().is_some());
    }
}

#[test]
fn decoded_frames_equal_those_of_ffmpeg() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["baseline_audio", "main_rotated", "fragmented_vfr"] {
        let source = fixture(&format!("{name}.mp4"));
        let y4m = folder.path().join("frames.y4m");
        ffmpeg(&["-i", source.to_str().unwrap(), "-vsync", "passthrough"], &y4m);
        let reference = frames(&mut stream(std::fs::read(&y4m).unwrap()).unwrap());
        let here = frames(&mut media::open(&source, &MediaOptions::default()).unwrap());
        let lines: Vec<_> = (reference.iter().zip(micros(&here)))
            .map(|(frame, micros)| format!("{micros} {:016x}\n", hash(frame.image.pixels())))
            .collect();
        let recorded = std::fs::read_to_string(fixture(&format!("{name}.frames"))).unwrap();
        assert_eq!(lines.concat(), recorded, "{name}");
    }
}
