//! The fuzzers' corpora, whole and damaged. `VERILUME_WRITE_CORPUS=1 cargo test -p verilume-server corpus` writes them anew.

use std::path::PathBuf;

use jpeg_encoder::{ColorType, Encoder};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target)
}

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = folder(target);
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    assert!(files.len() >= 4, "the corpus of {} is there", folder.display());
    files
}

#[test]
fn every_file_of_the_corpus_does_what_its_name_says() {
    for (path, bytes) in corpus("stream") {
        let outcome = stream(&bytes);
        let name = path.file_name().unwrap().to_str().unwrap();
        match name.split('-').next() {
            Some("decided") => {
                assert!(outcome.decided >= 1 && outcome.refused == 0, "{name}: {outcome:?}")
            }
            Some("refused") => {
                assert!(outcome.decided == 0 && outcome.refused == 1, "{name}: {outcome:?}")
            }
            _ => {}
        }
    }
}

/// A crop of this size, as its frame says, and the picture in it.
fn frame(width: u16, height: u16, jpeg: &[u8]) -> Vec<u8> {
    [&width.to_be_bytes()[..], &height.to_be_bytes(), jpeg].concat()
}

/// A slope of colours, 48 x 32.
fn jpeg(colours: ColorType, channels: usize, is_progressive: bool) -> Vec<u8> {
    let samples: Vec<u8> = (0..48 * 32 * channels).map(|at| (at / channels).to_le_bytes()[0]).collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.set_progressive(is_progressive);
    encoder.encode(&samples, 48, 32, colours).unwrap();
    bytes
}

fn frames() -> Vec<(&'static str, Vec<u8>)> {
    let plain = jpeg(ColorType::Rgb, 3, false);
    let mut bomb = plain.clone();
    let size = bomb.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap() + 5;
    bomb[size..size + 4].fill(0xFF);
    let cut = [&plain[..plain.len() / 2], &[0xFF, 0xD9]].concat();
    let polyglot = [&plain[..], b"PK\x03\x04", &[0xFF, 0xD9]].concat();
    vec![
        ("frame", frame(48, 32, &plain)),
        ("frame-reduced", frame(96, 64, &plain)),
        ("frame-grey", frame(48, 32, &jpeg(ColorType::Luma, 1, false))),
        ("frame-progressive", frame(48, 32, &jpeg(ColorType::Rgb, 3, true))),
        ("frame-cmyk", frame(48, 32, &jpeg(ColorType::Cmyk, 4, false))),
        ("refused-shape", frame(48, 48, &plain)),
        ("refused-bomb", frame(0xFFFF, 0xFFFF, &bomb)),
        ("refused-end", frame(48, 32, &plain[..plain.len() - 1])),
        ("refused-empty", frame(48, 32, &[])),
        ("some-cut", frame(48, 32, &cut)),
        ("some-polyglot", frame(48, 32, &polyglot)),
    ]
}

/// A message after its length.
fn part(message: &[u8]) -> Vec<u8> {
    let mut length = message.len();
    let mut bytes = Vec::new();
    while length > 0x7f {
        bytes.push(length.to_le_bytes()[0] | 0x80);
        length >>= 7;
    }
    bytes.push(length.to_le_bytes()[0]);
    [&bytes, message].concat()
}

fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let resume = ClientMessage::Resume.encode().into_vec();
    let prefer = ClientMessage::Prefer("none".into()).encode().into_vec();
    let long = ClientMessage::Prefer("x".repeat(200)).encode().into_vec();
    vec![
        ("body", [part(&resume), part(&prefer), part(&long)].concat()),
        ("body-empty", Vec::new()),
        ("body-of-nothing", part(&[])),
        ("body-of-400", part(&resume).repeat(400)),
        ("refused-too-many", part(&resume).repeat(401)),
        ("refused-cut", part(&long)[..50].to_vec()),
        ("refused-length", vec![0xff; 9]),
        ("refused-too-long", [&[0xff, 0xff, 0xff, 0x7f][..], &[0; 9]].concat()),
    ]
}

/// Compares files with those of a corpus, or writes them.
#[track_caller]
fn check_files(target: &str, files: Vec<(&'static str, Vec<u8>)>, is_taken: impl Fn(&[u8]) -> bool) {
    for (name, bytes) in files {
        let path = folder(target).join(name);
        if std::env::var_os("VERILUME_WRITE_CORPUS").is_some() {
            std::fs::create_dir_all(folder(target)).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        assert!(std::fs::read(&path).is_ok_and(|kept| kept == bytes), "{name} is out of date");
        match name.split('-').next() {
            Some("refused") => assert!(!is_taken(&bytes), "{name}"),
            Some("some") => _ = is_taken(&bytes),
            _ => assert!(is_taken(&bytes), "{name}"),
        }
    }
}

#[test]
fn the_corpus_of_frames_is_read_as_its_names_say() {
    check_files("frame_jpeg", frames(), frame_jpeg);
}

#[test]
fn the_corpus_of_bodies_is_split_as_its_names_say() {
    check_files("http_body", bodies(), |bytes| http_body(bytes).is_some());
    assert_eq!(http_body(&bodies()[0].1), Some(3));
}

/// Also those that a fuzzer found.
#[test]
fn every_file_of_these_corpora_is_read() {
    for (_, bytes) in corpus("frame_jpeg") {
        frame_jpeg(&bytes);
    }
    for (_, bytes) in corpus("http_body") {
        http_body(&bytes);
    }
}

/// How a file is damaged: which one, bytes overwritten, the end cut off.
#[derive(Debug, Clone)]
struct Damage {
    file: Index,
    flips: Vec<(Index, u8)>,
    end: Index,
}

fn damage() -> impl Strategy<Value = Damage> {
    let flips = prop::collection::vec((any::<Index>(), any::<u8>()), 1..6);
    (any::<Index>(), flips, any::<Index>()).prop_map(|(file, flips, end)| Damage { file, flips, end })
}

impl Damage {
    fn of(&self, corpus: &[(PathBuf, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = self.file.get(corpus).1.clone();
        if bytes.is_empty() {
            return bytes;
        }
        for (at, value) in &self.flips {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        bytes.truncate(self.end.index(bytes.len()) + 1);
        bytes
    }
}

proptest! {
    #[test]
    fn damaged_streams_keep_the_promises(damage in damage()) {
        stream(&damage.of(&corpus("stream")));
    }

    #[test]
    fn damaged_frames_and_bodies_never_panic(damage in damage()) {
        frame_jpeg(&damage.of(&corpus("frame_jpeg")));
        http_body(&damage.of(&corpus("http_body")));
    }
}
