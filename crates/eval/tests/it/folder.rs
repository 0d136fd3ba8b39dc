use std::fs;
use std::path::Path;

use image::ExtendedColorType::Rgb8;
use verilume_eval::media::{self, MediaFormat, MediaOptions};

use crate::support::{error_code, frames, jpeg, micros, pattern, png, warning_codes};

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    fs::write(folder.join(name), bytes).unwrap();
}

#[test]
fn frames_come_by_the_times_in_their_names() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "slot2_1240ms.png", &png(&pattern(6, 3), 6, 3, Rgb8, None));
    write(folder.path(), "slot1_990ms.jpg", &jpeg(12, 9, None));
    write(folder.path(), "notes.txt", b"who and when");
    write(folder.path(), ".hidden.jpg", &jpeg(12, 9, None));
    let mut reader = media::open(folder.path(), &MediaOptions::default()).unwrap();
    assert_eq!((reader.format(), reader.frame_count_hint()), (MediaFormat::ImageFolder, Some(2)));
    assert_eq!((reader.fps_hint(), reader.is_still()), (None, false));
    let frames = frames(&mut reader);
    assert_eq!(micros(&frames), [0, 250_000]);
    assert_eq!([frames[0].image.width(), frames[1].image.width()], [12, 6], "sizes may differ");
    assert_eq!(warning_codes(&reader), ["ignored_files"]);
}

#[test]
fn numbered_frames_come_in_natural_order_at_the_rate_given() {
    let folder = tempfile::tempdir().unwrap();
    for (number, width) in [(9, 6), (10, 12), (11, 18)] {
        write(folder.path(), &format!("frame_{number}.jpg"), &jpeg(width, 9, None));
    }
    let mut options = MediaOptions::default();
    options.fps = Some(50.0);
    let mut reader = media::open(folder.path(), &options).unwrap();
    assert_eq!(reader.fps_hint(), Some(50.0));
    let frames = frames(&mut reader);
    assert_eq!(micros(&frames), [0, 20_000, 40_000]);
    assert_eq!(frames.iter().map(|frame| frame.image.width()).collect::<Vec<_>>(), [6, 12, 18]);
}

#[test]
fn a_damaged_image_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "1.jpg", &jpeg(12, 9, None)[..200]);
    let mut reader = media::open(folder.path(), &MediaOptions::default()).unwrap();
    let error = reader.next_frame().unwrap_err();
    assert_eq!(error.code(), "truncated");
    assert!(error.to_string().contains("1.jpg: "), "{error}");
}

#[test]
fn folders_without_frames_and_with_too_many_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(error_code(media::open(folder.path(), &MediaOptions::default())), "no_frames");
    write(folder.path(), "a.txt", b"text");
    assert_eq!(error_code(media::open(folder.path(), &MediaOptions::default())), "no_frames");
    write(folder.path(), "1.jpg", &jpeg(12, 9, None));
    write(folder.path(), "2.jpg", &jpeg(12, 9, None));
    let mut options = MediaOptions::default();
    options.limits.max_frames = 1;
    assert_eq!(error_code(media::open(folder.path(), &options)), "capture_too_long");
}
