//! No input panics, hangs or goes back in time.

use image::ExtendedColorType::Rgb8;
use proptest::prelude::*;
use verilume_eval::media::{FrameReader, MediaError};
use verilume_frame::Timestamp;

use crate::support::{avi, fixture_bytes, jpeg, open_bytes, pattern, png, stream, y4m};

/// Reads to the end; an error is fine.
fn drain(opened: Result<FrameReader, MediaError>) {
    let Ok(mut reader) = opened else {
        return;
    };
    let mut last = Timestamp::default();
    while let Ok(Some(frame)) = reader.next_frame() {
        assert!(frame.captured_at >= last);
        last = frame.captured_at;
    }
    assert!(reader.next_frame().unwrap().is_none());
}

fn valid_files() -> Vec<Vec<u8>> {
    let picture = jpeg(24, 16, Some(6));
    vec![
        picture.clone(),
        png(&pattern(24, 16), 24, 16, Rgb8, Some(3)),
        picture.repeat(3),
        avi(&[&picture, &picture], b"MJPG", 1, 25),
        y4m("W4 H4 F25:1 C420", &[&[60; 24], &[70; 24]]),
    ]
}

/// How a file is damaged: bytes overwritten, a stretch removed, the end cut.
#[derive(Debug, Clone)]
enum Damage {
    Overwrite(Vec<(prop::sample::Index, u8)>),
    Remove(prop::sample::Index, usize),
    Cut(prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..8).prop_map(Damage::Overwrite),
        1 => (any::<prop::sample::Index>(), 1..64_usize).prop_map(|(at, len)| Damage::Remove(at, len)),
        1 => any::<prop::sample::Index>().prop_map(Damage::Cut),
    ]
}

fn apply(damage: &Damage, bytes: &mut Vec<u8>) {
    match damage {
        Damage::Overwrite(places) => {
            for (at, value) in places {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
        }
        Damage::Remove(at, len) => {
            let at = at.index(bytes.len());
            bytes.drain(at..(at + len).min(bytes.len()));
        }
        Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes(signature in 0..8_usize, mut bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let signatures: [&[u8]; 8] = [
            b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"YUV4MPEG2 W4 H4\n", b"RIFF\0\0\0\0AVI ",
            b"\0\0\0\x08ftyp", b"\0\0\x01\0moov", b"GIF89a",
        ];
        bytes.splice(0..0, signatures[signature].iter().copied());
        drain(stream(bytes.clone()));
        drain(open_bytes(&bytes));
    }

    #[test]
    fn damaged_streams(file in 0..5_usize, damage in damage()) {
        let mut bytes = valid_files().swap_remove(file);
        apply(&damage, &mut bytes);
        drain(stream(bytes));
    }

    #[test]
    fn damaged_mp4(
        name in prop::sample::select(vec!["baseline_audio.mp4", "main_rotated.mp4", "fragmented_vfr.mp4"]),
        damage in damage(),
    ) {
        let mut bytes = fixture_bytes(name);
        apply(&damage, &mut bytes);
        drain(open_bytes(&bytes));
    }

    #[test]
    fn damaged_mp4_index(
        name in prop::sample::select(vec!["baseline_audio.mp4", "main_rotated.mp4", "fragmented_vfr.mp4"]),
        places in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..4),
    ) {
        let mut bytes = fixture_bytes(name);
        let index = bytes.windows(4).position(|name| name == b"moov").unwrap();
        let len = u32::from_be_bytes(bytes[index - 4..index].try_into().unwrap()) as usize;
        for (at, value) in places {
            bytes[index + 4 + at.index(len - 8)] = value;
        }
        drain(open_bytes(&bytes));
    }
}
