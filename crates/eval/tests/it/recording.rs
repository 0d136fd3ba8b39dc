//! Sessions on disk: what is written is read back, and what was changed is refused with the next step.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use verilume_eval::flash::recording::{
    self, EncodedFrame, RecordingErrorKind, SessionRecord, SessionWriter, Simulation,
};
use verilume_frame::{RgbImage, Timestamp};
use verilume_liveness::flash::DeviceGeometry;
use verilume_protocol::challenge::{FlashChallenge, FlashProfile, ScreenTimeline};

use crate::support;

/// When the frames were captured, microseconds; the first is not at zero.
const TIMES: [u64; 4] = [12_345, 45_678, 79_999, 5_000_001];

fn record(simulation: Option<Simulation>) -> SessionRecord {
    let codes = [0b0101_0110_1001, 0b1010_1001_0110, 0x333, 0xccc, 0b1001_0110_1001, 0x555];
    let challenge = FlashChallenge::from_codes(FlashProfile::calm(), codes).unwrap();
    SessionRecord {
        timeline: ScreenTimeline::nominal(&challenge, 0.512_345),
        device: DeviceGeometry::tablet(),
        device_name: "tablet".to_owned(),
        simulation,
    }
}

fn write(folder: &Path, record: &SessionRecord) {
    let image = RgbImage::new(6, 4, support::pattern(6, 4)).unwrap();
    let mut writer = SessionWriter::create(folder).unwrap();
    for at in TIMES {
        writer.push(Timestamp::from_micros(at), EncodedFrame::Pixels(&image)).unwrap();
    }
    writer.finish(record).unwrap();
}

fn written() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let simulation = Simulation { species: "flat-print".to_owned(), seed: u64::MAX };
    write(folder.path(), &record(Some(simulation)));
    folder
}

#[test]
fn a_session_is_read_back_on_the_clock_of_its_first_frame() {
    let folder = written();
    let mut session = recording::open(folder.path()).unwrap();
    assert_eq!(session.frame_count(), 4);
    let read = session.record().clone();
    let expected = record(Some(Simulation { species: "flat-print".to_owned(), seed: u64::MAX }));
    assert_eq!((&read.device, &read.device_name), (&expected.device, &expected.device_name));
    assert_eq!(read.simulation, expected.simulation);
    assert_eq!(read.timeline.slots(), expected.timeline.slots());
    assert_eq!(read.timeline.profile(), expected.timeline.profile());
    for (read, expected) in read.timeline.changes_at().iter().zip(expected.timeline.changes_at()) {
        assert!((read - (expected - 0.012_345)).abs() < 1e-6, "{read} {expected}");
    }
    let mut times = Vec::new();
    while let Some(frame) = session.next_frame().unwrap() {
        assert_eq!(frame.image.pixels(), support::pattern(6, 4));
        times.push(frame.captured_at.as_micros());
    }
    assert_eq!(times, TIMES.map(|at| at - TIMES[0]));
}

#[test]
fn a_real_session_needs_nothing_that_only_a_simulator_knows() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &record(None));
    let text = fs::read_to_string(folder.path().join("session.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((file.get("simulation"), &file["simulated"]), (None, &json!(false)));
    assert_eq!(recording::open(folder.path()).unwrap().record().simulation, None);
}

/// Opens and reads a session to its end, and checks how that fails.
#[track_caller]
fn fails(folder: &Path, kind: RecordingErrorKind, message: &str) {
    let read = recording::open(folder).and_then(|mut session| {
        while session.next_frame()?.is_some() {}
        Ok(())
    });
    let error = read.expect_err("an error");
    let text = error.to_string();
    assert!(error.kind() == kind && text.contains(message), "{:?} {text}", error.kind());
    assert!(!text.contains('\n') && !error.hint().is_empty() && !error.code().is_empty());
}

#[track_caller]
fn refuses(change: impl FnOnce(&mut Value), kind: RecordingErrorKind, message: &str) {
    let folder = written();
    let path = folder.path().join("session.json");
    let mut file: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut file);
    fs::write(&path, file.to_string()).unwrap();
    fails(folder.path(), kind, message);
}

#[test]
fn what_was_changed_is_refused() {
    use RecordingErrorKind::{FramesUnusable, Inconsistent, Malformed, UnknownVersion};
    refuses(|file| file["codes"]["bottom"]["blue"] = json!("0101"), Inconsistent, "the code of bottom blue");
    refuses(|file| file["codes"]["top"]["red"] = json!("01010101010x"), Inconsistent, "0 or 1");
    refuses(|file| file["codes"]["top"]["red"] = json!("01010101010\u{e9}"), Inconsistent, "0 or 1");
    refuses(|file| file["codes"]["top"]["red"] = json!(5), Malformed, "expected a string");
    refuses(|file| file["codes"]["top"] = json!({}), Malformed, "missing field");
    refuses(|file| file["shown_at_secs"][3] = json!(0.1), Inconsistent, "ascending");
    refuses(|file| file["shown_at_secs"][3] = json!(1e300), Inconsistent, "no time of a session");
    refuses(|file| drop(file["shown_at_secs"].as_array_mut().unwrap().pop()), Inconsistent, "12 slots");
    refuses(|file| file["ended_at_secs"] = json!(-1.0), Inconsistent, "ascending");
    refuses(|file| file["profile"] = json!("strobe"), Inconsistent, "no profile \"strobe\"");
    refuses(|file| file["profile"] = json!("x".repeat(9999)), Inconsistent, "no profile");
    refuses(|file| file["format_version"] = json!(2), UnknownVersion, "version 2");
    refuses(|file| drop(file.as_object_mut().unwrap().remove("format_version")), Malformed, "format_version");
    refuses(|file| file["comment"] = json!("hi"), Malformed, "unknown field");
    refuses(|file| file["device"]["white_nits"] = json!(-1), Inconsistent, "device.white_nits");
    refuses(|file| file["device"]["diagonal_view_deg"] = json!(180), Inconsistent, "diagonal_view_deg");
    refuses(|file| file["device_name"] = json!("a\u{7}"), Inconsistent, "device_name");
    refuses(|file| file["simulated"] = json!(false), Inconsistent, "contradict");
    refuses(|file| file["simulation"]["species"] = json!("s".repeat(65)), Inconsistent, "species");
    refuses(|file| file["frames"] = json!(0), Inconsistent, "1 to");
    refuses(|file| file["frames"] = json!(5), FramesUnusable, "4 frames were found, 5 were recorded");
    refuses(|file| *file = json!([]), Malformed, "no session of this format");
}

#[test]
fn what_is_missing_or_damaged_is_said() {
    use RecordingErrorKind::{FramesUnusable, Malformed, NotASession};
    let folder = tempfile::tempdir().unwrap();
    fails(folder.path(), NotASession, "no session.json");
    fails(&folder.path().join("none"), NotASession, "no session.json");

    let folder = written();
    let path = folder.path().join("session.json");
    let whole = fs::read(&path).unwrap();
    for length in [0, 1, whole.len() / 2, whole.len() - 3] {
        fs::write(&path, &whole[..length]).unwrap();
        fails(folder.path(), Malformed, "no session of this format");
    }
    fs::write(&path, vec![b' '; 70_000]).unwrap();
    fails(folder.path(), Malformed, "more than 65536 bytes");
    fs::write(&path, [0xff, 0x00]).unwrap();
    fails(folder.path(), Malformed, "no session of this format");

    let frame = |at: u64| format!("frames/frame_{at:012}us.png");
    let folder = written();
    let third = folder.path().join(frame(TIMES[2] - TIMES[0]));
    let bytes = fs::read(&third).unwrap();
    fs::write(&third, &bytes[..bytes.len() / 2]).unwrap();
    fails(folder.path(), FramesUnusable, "the frames cannot be read");
    fs::remove_file(&third).unwrap();
    fails(folder.path(), FramesUnusable, "3 frames were found, 4 were recorded");
    fs::write(folder.path().join("frames/holiday.png"), &bytes).unwrap();
    fails(folder.path(), FramesUnusable, "when it was captured");
    fs::remove_dir_all(folder.path().join("frames")).unwrap();
    fails(folder.path(), FramesUnusable, "missing");
}

#[test]
fn nothing_is_written_over_and_nothing_that_cannot_be_read() {
    let folder = written();
    let error = SessionWriter::create(folder.path()).unwrap_err();
    assert_eq!(error.kind(), RecordingErrorKind::AlreadyThere);

    let image = RgbImage::filled(2, 2, [1; 3]).unwrap();
    let frame = EncodedFrame::Pixels(&image);
    let fresh = tempfile::tempdir().unwrap();
    let mut writer = SessionWriter::create(fresh.path()).unwrap();
    writer.push(Timestamp::from_millis(5), frame).unwrap();
    assert!(writer.push(Timestamp::from_millis(5), frame).is_err(), "two frames at one time");
    assert!(writer.push(Timestamp::from_millis(200_000), frame).is_err(), "too long");
    let name = SessionRecord { device_name: "x".repeat(65), ..record(None) };
    assert_eq!(writer.finish(&name).unwrap_err().kind(), RecordingErrorKind::Inconsistent);
    assert!(!fresh.path().join("session.json").exists());

    let empty = tempfile::tempdir().unwrap();
    let writer = SessionWriter::create(empty.path()).unwrap();
    assert!(writer.finish(&record(None)).is_err(), "no frame");
}
