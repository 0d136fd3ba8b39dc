//! The fuzzer's corpus of what a device reads, whole and damaged. `VERILUME_WRITE_CORPUS=1 cargo test -p verilume-protocol
//! corpus` writes it anew.

use std::path::PathBuf;

use proptest::prelude::*;
use proptest::sample::Index;
use verilume_protocol::stream::{DecodeLimits, Outcome, ServerMessage};

use crate::fixtures::server_messages;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/server_message")
}

/// Each file; what begins with `refused` is no message.
fn files() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for (name, message) in server_messages() {
        let bytes = message.encode().into_vec();
        files.push((format!("{name}-cut"), bytes[..bytes.len() / 2].to_vec()));
        // What a later version could add: a field of number 200.
        files.push((format!("{name}-of-a-later-version"), [&bytes, &b"\xc2\x0c\x03new"[..]].concat()));
        if let ServerMessage::AttemptResult(mut result) = message {
            result.outcome = Outcome::Finished;
            files.push((
                "attempt_result-finished".to_owned(),
                ServerMessage::AttemptResult(result).encode().into_vec(),
            ));
        }
        files.push((name.to_owned(), bytes));
    }
    files.push(("unknown".to_owned(), b"\xc2\x0c\x03new".to_vec()));
    // A plan that says it has more bytes than there are, by a length of ten bytes.
    files.push(("refused-length".to_owned(), [&[0x0a], &[0xff; 9][..], &[1]].concat()));
    files
}

/// As the fuzzer drives it: what was understood can be said again, and is understood as the same.
fn read(bytes: &[u8]) -> Option<ServerMessage> {
    let limits = DecodeLimits::default();
    let message = ServerMessage::decode(bytes, &limits).ok()?;
    let again = message.encode();
    assert_eq!(ServerMessage::decode(again.as_bytes(), &limits).ok().as_ref(), Some(&message));
    Some(message)
}

#[test]
fn the_corpus_has_the_messages_of_today() {
    for (name, bytes) in files() {
        let path = folder().join(&name);
        if std::env::var_os("VERILUME_WRITE_CORPUS").is_some() {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        assert!(std::fs::read(&path).is_ok_and(|kept| kept == bytes), "{name} is out of date");
        let is_refused = name.starts_with("refused") || name.ends_with("-cut");
        assert_eq!(read(&bytes).is_none(), is_refused, "{name}");
    }
}

/// Also those that a fuzzer found.
#[test]
fn every_file_of_the_corpus_is_read() {
    for file in std::fs::read_dir(folder()).unwrap() {
        drop(read(&std::fs::read(file.unwrap().path()).unwrap()));
    }
}

proptest! {
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
        drop(read(&bytes));
    }
}
