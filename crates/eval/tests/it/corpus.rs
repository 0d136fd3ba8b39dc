//! The fuzzer's corpus of recorded captures, whole and damaged. `VERILUME_WRITE_CORPUS=1 cargo test -p verilume-eval
//! corpus` writes it anew. Nothing in it shows a face.

use std::io::Cursor;
use std::path::PathBuf;

use image::ExtendedColorType::Rgb8;
use proptest::prelude::*;
use proptest::sample::Index;
use verilume_eval::media::{MediaOptions, from_reader};

use crate::support::{avi, jpeg, pattern, png, png_header, y4m};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/media")
}

/// As the fuzzer drives it: how many frames there are.
fn read(bytes: &[u8]) -> usize {
    let mut options = MediaOptions::default();
    options.limits.max_pixels = 1 << 20;
    options.limits.max_frames = 8;
    let Ok(mut reader) = from_reader(Cursor::new(bytes.to_vec()), &options) else { return 0 };
    let mut frames = 0;
    while let Ok(Some(frame)) = reader.next_frame() {
        let pixels = u64::from(frame.view().width()) * u64::from(frame.view().height());
        assert!(pixels <= options.limits.max_pixels);
        frames += 1;
    }
    frames
}

/// Each file, and how many frames are in it.
fn files() -> Vec<(&'static str, Vec<u8>, usize)> {
    let picture = jpeg(24, 16, None);
    let whole_avi = avi(&[&picture, b"", &picture], b"MJPG", 1, 25);
    let cut = |whole: &[u8]| whole[..whole.len() - 40].to_vec();
    let mut damaged = picture.clone();
    let segment = damaged.windows(2).position(|pair| pair == [0xFF, 0xDB]).unwrap();
    damaged[segment + 2..segment + 4].fill(0);
    vec![
        ("still-jpeg", jpeg(24, 16, Some(6)), 1),
        ("still-png", png(&pattern(24, 16), 24, 16, Rgb8, Some(3)), 1),
        ("still-png-bomb", png_header(60_000, 60_000), 0),
        ("motion-jpeg", picture.repeat(3), 3),
        ("motion-jpeg-cut", cut(&picture.repeat(3)), 2),
        ("motion-jpeg-damaged", [&picture[..], &damaged, &picture].concat(), 2),
        ("motion-jpeg-too-long", picture.repeat(9), 8),
        ("avi", whole_avi.clone(), 2),
        ("avi-cut", cut(&whole_avi), 1),
        ("avi-of-another-codec", avi(&[b"xx"], b"H264", 1, 10), 0),
        ("avi-of-no-time", avi(&[&picture], b"MJPG", 0, 0), 1),
        ("y4m-420", y4m("W4 H4 F25:1 C420", &[&[60; 24], &[70; 24]]), 2),
        ("y4m-422", y4m("W2 H2 F25:1 It C422", &[&[60; 8]]), 1),
        ("y4m-444", y4m("W2 H2 F30000:1001 Ip A1:1 C444", &[&[60; 12]]), 1),
        ("y4m-411", y4m("W2 H2 F25:1 C411", &[&[60; 8]]), 1),
        ("y4m-grey", y4m("W2 H2 F0:0 Cmono XCOLORRANGE=FULL", &[&[60; 4]]), 1),
        ("y4m-cut", y4m("W2 H2 F25:1 Cmono", &[&[16; 4], &[16; 3]]), 1),
        ("y4m-bomb", y4m("W60000 H60000", &[&[16; 4]]), 0),
        ("matroska", b"\x1a\x45\xdf\xa3 webm".to_vec(), 0),
        ("mp4", b"\0\0\0\x18ftypmp42".to_vec(), 0),
    ]
}

#[test]
fn the_corpus_is_read_as_it_should_be() {
    for (name, bytes, frames) in files() {
        let path = folder().join(name);
        if std::env::var_os("VERILUME_WRITE_CORPUS").is_some() {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let kept = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(read(&kept), frames, "{name}");
    }
}

/// Also those that a fuzzer found.
#[test]
fn every_file_of_the_corpus_is_read_within_the_limits() {
    for file in std::fs::read_dir(folder()).unwrap() {
        read(&std::fs::read(file.unwrap().path()).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn damaged_files_never_panic(
        file: Index, flips in prop::collection::vec((any::<Index>(), any::<u8>()), 1..8), end: Index,
    ) {
        let mut bytes = file.get(&files()).1.clone();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(end.index(bytes.len()) + 1);
        read(&bytes);
    }
}
