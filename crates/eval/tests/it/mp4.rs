use verilume_eval::media::{self, MediaFormat, MediaOptions};
use verilume_frame::Frame;

use crate::support::{
    error_code, fixture, fixture_bytes, frames, hash, micros, open_bytes, warning_codes, without_ffmpeg,
};

/// Time and hash of each frame, as ffmpeg decodes it.
fn expected(name: &str) -> Vec<(u64, u64)> {
    let text = String::from_utf8(fixture_bytes(&format!("{name}.frames"))).unwrap();
    let line = |line: &str| {
        let (micros, hash) = line.split_once(' ').unwrap();
        (micros.parse().unwrap(), u64::from_str_radix(hash, 16).unwrap())
    };
    text.lines().map(line).collect()
}

fn timed_hashes(frames: &[Frame]) -> Vec<(u64, u64)> {
    frames.iter().map(|frame| (frame.captured_at.as_micros(), hash(frame.image.pixels()))).collect()
}

#[track_caller]
fn check(name: &str, size: (u32, u32), fps: f64) {
    let mut reader = media::open(fixture(&format!("{name}.mp4")), &without_ffmpeg()).unwrap();
    assert_eq!((reader.format(), reader.is_still()), (MediaFormat::Mp4H264, false));
    let expected = expected(name);
    assert_eq!(reader.frame_count_hint(), Some(expected.len() as u64));
    assert!((reader.fps_hint().unwrap() - fps).abs() < 0.01, "{:?}", reader.fps_hint());
    let frames = frames(&mut reader);
    assert_eq!((frames[0].image.width(), frames[0].image.height()), size);
    assert_eq!(timed_hashes(&frames), expected);
    assert!(reader.warnings().is_empty());
}

#[test]
fn baseline_beside_an_audio_track() {
    check("baseline_audio", (96, 64), 15.0);
}

#[test]
fn b_frames_come_in_order_and_a_turned_video_is_upright() {
    check("main_rotated", (64, 96), 15.0);
}

#[test]
fn fragments_cropping_and_a_variable_rate() {
    check("fragmented_vfr", (90, 62), 7.22);
}

/// Where the body of the `nth` box of this name begins.
fn body_at(bytes: &[u8], name: &[u8; 4], nth: usize) -> usize {
    let mut found = (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(name));
    found.nth(nth).unwrap() + 4
}

#[test]
fn an_edit_list_trims() {
    let mut bytes = fixture_bytes("main_rotated.mp4");
    let entry = body_at(&bytes, b"elst", 0) + 8;
    let media_time = i32::from_be_bytes(bytes[entry + 4..entry + 8].try_into().unwrap());
    // Five frames later, and 400 ms long.
    let ticks_per_frame = 15_360 / 15;
    bytes[entry..entry + 4].copy_from_slice(&399_u32.to_be_bytes());
    bytes[entry + 4..entry + 8].copy_from_slice(&(media_time + 5 * ticks_per_frame).to_be_bytes());
    let mut reader = open_bytes(&bytes).unwrap();
    let frames = frames(&mut reader);
    assert_eq!(micros(&frames), [0, 66_666, 133_333, 200_000, 266_666, 333_333]);
    let hashes = |timed: &[(u64, u64)]| timed.iter().map(|(_, hash)| *hash).collect::<Vec<_>>();
    assert_eq!(hashes(&timed_hashes(&frames)), hashes(&expected("main_rotated")[5..11]));
}

#[test]
fn an_impossible_edit_list_is_ignored_and_said() {
    let mut bytes = fixture_bytes("main_rotated.mp4");
    let entry = body_at(&bytes, b"elst", 0) + 8;
    bytes[entry + 4..entry + 8].copy_from_slice(&i32::MAX.to_be_bytes());
    let mut reader = open_bytes(&bytes).unwrap();
    assert_eq!(frames(&mut reader).len(), 15);
    assert_eq!(warning_codes(&reader), ["edit_list_ignored"]);
}

#[test]
fn every_right_angle_and_no_other() {
    const ONE: i32 = 0x1_0000;
    for (matrix, size, warnings) in [
        ([ONE, 0, 0, 0, ONE, 0], (96, 64), [].as_slice()),
        ([0, ONE, 0, -ONE, 0, 0], (64, 96), &[]),
        ([-ONE, 0, 0, 0, -ONE, 0], (96, 64), &[]),
        ([0, -ONE, 0, ONE, 0, 0], (64, 96), &[]),
        ([ONE, ONE, 0, -ONE, ONE, 0], (96, 64), &["rotation_ignored"]),
    ] {
        let mut bytes = fixture_bytes("main_rotated.mp4");
        let at = body_at(&bytes, b"tkhd", 0) + 40;
        let matrix: Vec<u8> = matrix.iter().flat_map(|field: &i32| field.to_be_bytes()).collect();
        bytes[at..at + matrix.len()].copy_from_slice(&matrix);
        let mut reader = open_bytes(&bytes).unwrap();
        let frames = frames(&mut reader);
        assert_eq!((frames[0].image.width(), frames[0].image.height()), size);
        assert_eq!(warning_codes(&reader), warnings);
    }
}

#[test]
fn an_unfinished_recording_is_truncated() {
    let bytes = fixture_bytes("baseline_audio.mp4");
    let index = body_at(&bytes, b"moov", 0) - 8;
    assert_eq!(error_code(open_bytes(&bytes[..index])), "truncated");
    assert_eq!(error_code(open_bytes(&bytes[..index + 100])), "truncated");
}

#[test]
fn a_cut_file_keeps_its_whole_frames() {
    // Fragments carry their own index, so a cut inside the second leaves the frames of the first and some more.
    let bytes = fixture_bytes("fragmented_vfr.mp4");
    let second = body_at(&bytes, b"mdat", 1);
    let mut reader = open_bytes(&bytes[..second + 700]).unwrap();
    let frames = frames(&mut reader);
    assert!((6..12).contains(&frames.len()), "{}", frames.len());
    assert_eq!(timed_hashes(&frames)[..6], expected("fragmented_vfr")[..6]);
    assert_eq!(warning_codes(&reader), ["truncated_input"]);
}

#[test]
fn damage_costs_the_frames_up_to_the_next_key_frame() {
    let mut bytes = fixture_bytes("fragmented_vfr.mp4");
    let second = body_at(&bytes, b"mdat", 1);
    bytes[second..second + 4].fill(0xFF);
    let mut reader = open_bytes(&bytes).unwrap();
    let frames = frames(&mut reader);
    let all = expected("fragmented_vfr");
    assert_eq!(timed_hashes(&frames), [&all[..6], &all[12..]].concat());
    assert_eq!(reader.warnings()[0].to_string(), "6 damaged frames were left out");
}

#[test]
fn other_codecs_need_ffmpeg() {
    let mut bytes = fixture_bytes("baseline_audio.mp4");
    let at = body_at(&bytes, b"avc1", 1) - 4;
    bytes[at..at + 4].copy_from_slice(b"hvc1");
    let error = open_bytes(&bytes).unwrap_err();
    assert_eq!(error.code(), "ffmpeg_missing");
    assert!(
        error
            .to_string()
            .ends_with("is HEVC, which needs ffmpeg, and `no-such-program-verilume` was not found")
    );
    assert!(error.hint().contains("install ffmpeg"), "{}", error.hint());
}

#[test]
fn limits_are_noticed_before_decoding() {
    let mut options = MediaOptions::default();
    options.limits.max_frames = 14;
    assert_eq!(error_code(media::open(fixture("main_rotated.mp4"), &options)), "capture_too_long");
    options.limits = media::MediaLimits::default();
    options.limits.max_pixels = 96 * 64 - 1;
    assert_eq!(error_code(media::open(fixture("main_rotated.mp4"), &options)), "image_too_large");
}
