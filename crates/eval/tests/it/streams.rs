use std::time::Duration;

use verilume_eval::media::{self, FrameReader, MediaFormat, MediaOptions};

use crate::support::{avi, error_code, frames, jpeg, micros, open_bytes, stream, warning_codes, y4m};

fn assert_send<T: Send>() {}

#[test]
fn a_reader_can_move_to_another_thread() {
    assert_send::<FrameReader>();
}

#[track_caller]
fn check_y4m(chroma: &str, frame: &[u8], expected: [u8; 3]) {
    let mut reader = stream(y4m(&format!("W2 H2 F30000:1001 Ip A1:1 {chroma}"), &[frame, frame])).unwrap();
    assert_eq!(reader.format(), MediaFormat::Y4m);
    let frames = frames(&mut reader);
    assert_eq!(micros(&frames), [0, 33_366]);
    assert_eq!(frames[0].view().pixel(1, 1), expected, "{chroma}");
    assert!(reader.warnings().is_empty());
}

#[test]
fn y4m_in_every_sampling_and_range() {
    check_y4m("C420jpeg", &[235, 235, 235, 235, 128, 128], [255; 3]);
    check_y4m("", &[16, 16, 16, 16, 128, 128], [0; 3]);
    check_y4m("C422", &[235, 235, 235, 235, 128, 128, 128, 128], [255; 3]);
    check_y4m("C444", &[235, 235, 235, 81, 128, 128, 128, 90, 128, 128, 128, 240], [254, 0, 0]);
    check_y4m("C411", &[235, 235, 235, 235, 128, 128, 128, 128], [255; 3]);
    check_y4m("Cmono", &[235; 4], [255; 3]);
    check_y4m("Cmono XCOLORRANGE=FULL", &[235; 4], [235; 3]);
    check_y4m("C420 XCOLORRANGE=LIMITED", &[235, 235, 235, 235, 128, 128], [255; 3]);
}

#[test]
fn interlaced_y4m_is_read_and_said() {
    let mut reader = stream(y4m("W2 H2 F25:1 It Cmono", &[&[16; 4]])).unwrap();
    assert_eq!(frames(&mut reader).len(), 1);
    assert_eq!(warning_codes(&reader), ["interlaced"]);
}

#[test]
fn y4m_without_a_rate_takes_the_one_given() {
    let mut options = MediaOptions::default();
    options.fps = Some(10.0);
    let bytes = y4m("W2 H2 F0:0 Cmono", &[&[16; 4], &[16; 4]]);
    let mut reader = media::from_reader(std::io::Cursor::new(bytes), &options).unwrap();
    assert_eq!(reader.fps_hint(), Some(10.0));
    assert_eq!(micros(&frames(&mut reader)), [0, 100_000]);
}

#[test]
fn a_cut_y4m_keeps_its_whole_frames() {
    let bytes = y4m("W2 H2 F25:1 Cmono", &[&[16; 4], &[16; 3]]);
    let mut reader = stream(bytes).unwrap();
    assert_eq!(frames(&mut reader).len(), 1);
    assert_eq!(warning_codes(&reader), ["truncated_input"]);
    assert_eq!(reader.next_frame().unwrap().map(|frame| frame.captured_at), None);
}

#[test]
fn wrong_y4m_has_its_own_errors() {
    for (bytes, expected) in [
        (y4m("W2 H2 C420p10", &[]), "unsupported_format"),
        (y4m("W2 Hx", &[]), "corrupt_video"),
        (y4m("W2", &[]), "corrupt_video"),
        (y4m("W60000 H60000", &[]), "image_too_large"),
        (y4m("W2 H2", &[]), "no_frames"),
        (b"YUV4MPEG2 W2 H2".to_vec(), "truncated"),
        (b"YUV4MPEG2 W2 H2 Cmono\nFRAMX\n1234".to_vec(), "corrupt_video"),
        ([b"YUV4MPEG2 ".as_slice(), &[b'X'; 2000]].concat(), "corrupt_video"),
    ] {
        assert_eq!(error_code(stream(bytes.clone())), expected, "{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn motion_jpeg_is_split_at_its_pictures() {
    let bytes = [jpeg(12, 9, None), jpeg(12, 9, Some(6)), jpeg(12, 9, None)].concat();
    for opened in [stream(bytes.clone()), open_bytes(&bytes)] {
        let mut reader = opened.unwrap();
        assert_eq!((reader.format(), reader.is_still()), (MediaFormat::MotionJpeg, false));
        assert_eq!(reader.fps_hint(), Some(30.0));
        let frames = frames(&mut reader);
        assert_eq!(micros(&frames), [0, 33_333, 66_666]);
        assert!(frames.iter().all(|frame| frame.image.width() == 12), "a video is not turned by EXIF");
        assert!(reader.warnings().is_empty());
    }
}

#[test]
fn a_damaged_picture_is_left_out_and_its_time_stays_empty() {
    let mut damaged = jpeg(12, 9, None);
    // An impossible length of the second segment.
    let segment = damaged.windows(2).position(|pair| pair == [0xFF, 0xDB]).unwrap();
    damaged[segment + 2..segment + 4].fill(0);
    let bytes = [jpeg(12, 9, None), damaged, jpeg(12, 9, None)].concat();
    let mut reader = stream(bytes).unwrap();
    assert_eq!(micros(&frames(&mut reader)), [0, 66_666]);
    assert_eq!(warning_codes(&reader), ["damaged_frames"]);
    assert_eq!(reader.warnings()[0].to_string(), "1 damaged frames were left out");
}

#[test]
fn cut_motion_jpeg_keeps_its_whole_pictures() {
    let mut bytes = jpeg(12, 9, None).repeat(3);
    bytes.truncate(bytes.len() - 20);
    let mut reader = stream(bytes).unwrap();
    assert_eq!(frames(&mut reader).len(), 2);
    assert_eq!(warning_codes(&reader), ["truncated_input"]);
}

#[test]
fn avi_with_motion_jpeg() {
    let picture = jpeg(16, 16, None);
    let bytes = avi(&[&picture, &picture, b"", &picture], b"MJPG", 1, 10);
    for opened in [stream(bytes.clone()), open_bytes(&bytes)] {
        let mut reader = opened.unwrap();
        assert_eq!((reader.format(), reader.frame_count_hint()), (MediaFormat::AviMotionJpeg, Some(4)));
        assert_eq!(reader.fps_hint(), Some(10.0));
        assert_eq!(micros(&frames(&mut reader)), [0, 100_000, 300_000]);
        assert!(reader.warnings().is_empty());
    }
}

#[test]
fn a_cut_avi_keeps_its_whole_pictures() {
    let picture = jpeg(16, 16, None);
    let bytes = avi(&[&picture, &picture], b"MJPG", 1, 10);
    let cut = bytes.len() - picture.len() / 2 - 40;
    let mut reader = stream(&bytes[..cut]).unwrap();
    assert_eq!(frames(&mut reader).len(), 1);
    assert_eq!(warning_codes(&reader), ["truncated_input"]);
}

#[test]
fn avi_of_another_codec_needs_ffmpeg() {
    let bytes = avi(&[b"xx"], b"H264", 1, 10);
    assert_eq!(error_code(open_bytes(&bytes)), "ffmpeg_missing");
    assert_eq!(error_code(stream(bytes)), "unsupported_format");
}

#[test]
fn what_cannot_stream_says_so() {
    let error = stream(b"\x1a\x45\xdf\xa3 webm".as_slice()).unwrap_err();
    assert_eq!(error.code(), "unsupported_format");
    assert!(error.hint().contains("file"), "{}", error.hint());
    assert_eq!(error_code(stream(b"\0\0\0\x18ftypmp42".as_slice())), "unsupported_format");
    assert_eq!(error_code(stream(b"hello".as_slice())), "unsupported_format");
}

#[test]
fn limits_of_frames_time_and_bytes_are_errors() {
    let bytes = y4m("W2 H2 F10:1 Cmono", &[[16; 4].as_slice(); 5]);
    let with = |change: fn(&mut MediaOptions)| {
        let mut options = MediaOptions::default();
        change(&mut options);
        media::from_reader(std::io::Cursor::new(bytes.clone()), &options)
    };
    assert_eq!(error_code(with(|options| options.limits.max_frames = 4)), "capture_too_long");
    let short = with(|options| options.limits.max_duration = Duration::from_millis(399));
    assert_eq!(error_code(short), "capture_too_long");
    assert_eq!(error_code(with(|options| options.limits.max_bytes = 60)), "input_too_large");
    assert_eq!(error_code(with(|options| options.fps = Some(f64::NAN))), "invalid_fps");
    let mut exact = with(|options| {
        options.limits.max_frames = 5;
        options.limits.max_duration = Duration::from_millis(400);
    });
    assert_eq!(frames(exact.as_mut().unwrap()).len(), 5);
}
