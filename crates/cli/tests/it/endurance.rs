//! What must not be lost, and what must never be found: killed services, rotated keys, scanned disks.
//!
//! `VERILUME_TEST_SESSIONS=100` makes the runs as long as those that the project reports; by default a few sessions show
//! that they work.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cluster::{Server, programs};
use crate::configuration::ask;
use crate::service::{Process, key, serve, serve_as};
use crate::support::{Ran, alone, at_once, command, verilume};

const SESSIONS: &str = "/face/v1.2/detectLiveness-sessions";
/// How a JPEG begins.
const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF];

fn sessions() -> usize {
    std::env::var("VERILUME_TEST_SESSIONS").map_or(3, |count| count.parse().unwrap())
}

/// An address that stays the same when the service starts again.
fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn start(store: &[&str], address: &str) -> Process {
    serve(&[store, &["--listen", address]].concat()).0
}

/// The same with a folder of its own for temporary files.
fn start_in(temporary: &Path, store: &[&str], address: &str) -> Process {
    let mut serve = command(&[&["serve"], store, &["--listen", address]].concat());
    serve.env("TMPDIR", temporary).stderr(Stdio::null());
    serve_as(serve, ["listening at "]).0
}

/// A result that the device was told.
pub(crate) struct Acknowledged {
    pub(crate) session: String,
    pub(crate) digest: String,
}

/// A session with a picture that a simulated person answers; `None` if the device was told no result.
pub(crate) fn check(url: &str, key: &str, seed: usize) -> Option<Acknowledged> {
    check_by(verilume, url, key, seed)
}

/// The same by a device that is run in this way.
fn check_by(run: fn(&[&str]) -> Ran, url: &str, key: &str, seed: usize) -> Option<Acknowledged> {
    let body = json!({
        "livenessOperationMode": "Passive", "deviceCorrelationId": format!("device {seed}"), "enableSessionImage": true,
    });
    let create = || -> Option<Value> {
        let request = ureq::post(format!("{url}{SESSIONS}")).header("Ocp-Apim-Subscription-Key", key);
        request.send_json(&body).ok()?.body_mut().read_json().ok()
    };
    // A service that was killed is back within a second or two.
    let created = (0..200).find_map(|_| {
        let created = create();
        if created.is_none() {
            std::thread::park_timeout(Duration::from_millis(100));
        }
        created
    })?;
    let (token, camera) = (created["authToken"].as_str()?, format!("sim:{seed},lux=200"));
    let ran = run(&["capture", "--server", url, "--token", token, "--camera", &camera, "--json"]);
    let told: Value = serde_json::from_str(&ran.stdout).ok()?;
    let digest = told["digest"].as_str()?.to_owned();
    Some(Acknowledged { session: created["sessionId"].as_str()?.to_owned(), digest })
}

/// The attempt with this digest.
pub(crate) fn attempt(url: &str, key: &str, acknowledged: &Acknowledged) -> Option<Value> {
    let answer = ask(url, "GET", &format!("{SESSIONS}/{}", acknowledged.session), key, "");
    let session: Value = serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()?;
    let attempts = session["results"]["attempts"].as_array()?.clone();
    attempts.into_iter().find(|attempt| attempt["result"]["digest"] == acknowledged.digest.as_str())
}

/// The picture of a session, as the app server reads it.
pub(crate) fn picture(url: &str, key: &str, attempt: &Value) -> Option<Vec<u8>> {
    let id = attempt["result"]["sessionImageId"].as_str()?;
    let answer = ureq::get(format!("{url}/face/v1.2/sessionImages/{id}"));
    answer.header("Ocp-Apim-Subscription-Key", key).call().ok()?.body_mut().read_to_vec().ok()
}

/// Sessions beyond those asked for, until one was acknowledged and one kill came in between.
const MORE_SESSIONS: usize = 20;

/// A wait that follows no rule which a session could keep step with: SplitMix64. From a second to half a minute, as a
/// session takes eight seconds; the first comes before the fewest sessions can be over.
fn before_kill(kill: u64) -> Duration {
    let mixed = kill.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let longest = if kill == 1 { 7_000 } else { 29_000 };
    Duration::from_millis(1000 + (mixed ^ (mixed >> 31)) % longest)
}

/// Kills and restarts the service at moments that nobody knows while sessions run, and returns what was acknowledged.
#[expect(clippy::print_stderr, reason = "the figures of a long run")]
fn through_kills(temporary: &Path, store: &[&str], address: &str, key: &str) -> Vec<Acknowledged> {
    let _alone = alone();
    let url = format!("http://{address}");
    let (next, acknowledged) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let mut service = start_in(temporary, store, address);
    let kills = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (running, all_done) = std::sync::mpsc::sync_channel::<()>(1);
        for running in [running.clone(), running] {
            let (next, acknowledged, kills, url) = (&next, &acknowledged, &kills, &url);
            let has_seen_enough =
                move || kills.load(Ordering::Relaxed) > 0 && !acknowledged.lock().unwrap().is_empty();
            scope.spawn(move || {
                while let Some(number) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| match has_seen_enough() {
                        true => *number < sessions(),
                        false => *number < sessions() + MORE_SESSIONS,
                    })
                {
                    let told = check_by(at_once, url, key, 710_000 + number);
                    acknowledged.lock().unwrap().extend(told);
                }
                drop(running);
            });
        }
        for kill in 1u64.. {
            if all_done.recv_timeout(before_kill(kill)) != Err(RecvTimeoutError::Timeout) {
                break;
            }
            service.0.kill().unwrap();
            service.0.wait().unwrap();
            kills.fetch_add(1, Ordering::Relaxed);
            service = start_in(temporary, store, address);
        }
    });
    let (acknowledged, kills) = (acknowledged.into_inner().unwrap(), kills.into_inner());
    assert!(kills > 0 && !acknowledged.is_empty(), "{kills} kills, {} acknowledged", acknowledged.len());
    eprintln!("{} sessions, {kills} kills, {} acknowledged", sessions(), acknowledged.len());
    acknowledged
}

/// A session that is decided and whose picture is kept, just before the service is killed.
fn before_a_kill(temporary: &Path, store: &[&str], address: &str, key: &str) -> Acknowledged {
    let (_killed, url) = (start_in(temporary, store, address), format!("http://{address}"));
    let with_picture = |seed| {
        let acknowledged = check(&url, key, seed)?;
        let attempt = attempt(&url, key, &acknowledged)?;
        picture(&url, key, &attempt).map(|_| acknowledged)
    };
    (715_000..715_006).find_map(with_picture).expect("a session that is decided")
}

/// Reads back what was acknowledged; the pictures.
fn all_there(store: &[&str], address: &str, key: &str, acknowledged: &[Acknowledged]) -> Vec<Vec<u8>> {
    let (service, url) = (start(store, address), format!("http://{address}"));
    let attempts =
        acknowledged.iter().map(|one| attempt(&url, key, one).expect("an acknowledged result is there"));
    let pictures: Vec<_> = attempts.filter_map(|attempt| picture(&url, key, &attempt)).collect();
    assert!(pictures.iter().all(|picture| picture.starts_with(JPEG)));
    drop(service);
    let verified = verilume(&[&["audit", "verify"], store].concat());
    assert!(verified.stdout.contains("unbroken"), "{verified:?}");
    pictures
}

/// Whether a piece of any of the pictures, or the beginning of any JPEG, PNG or WebP, as it is or in base64, is in these
/// bytes.
fn shows_a_picture(bytes: &[u8], pictures: &[Vec<u8>]) -> bool {
    let beginnings: [&[u8]; 4] =
        [&[0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10], b"/9j/4AAQ", b"\x89PNG\r\n", b"WEBPVP8"];
    pictures.iter().map(|picture| middle(picture)).chain(beginnings).any(|piece| contains(bytes, piece))
}

/// A piece of a picture that is no header which all pictures share.
fn middle(picture: &[u8]) -> &[u8] {
    &picture[picture.len() / 2..picture.len() / 2 + 16]
}

fn contains(bytes: &[u8], piece: &[u8]) -> bool {
    bytes.windows(piece.len()).any(|window| window == piece)
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn killed_at_any_moment_it_keeps_what_it_acknowledged_and_no_picture_in_the_clear() {
    let data = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let store = ["--data", data.path().to_str().unwrap()];
    let (key, address) = (key("sessions", &store), free_address());
    let mut acknowledged = through_kills(temporary.path(), &store, &address, &key);
    acknowledged.push(before_a_kill(temporary.path(), &store, &address, &key));
    let pictures = all_there(&store, &address, &key, &acknowledged);
    assert!(!pictures.is_empty(), "there are pictures to look for");
    let mut scanned = 0;
    for file in files(data.path()).into_iter().chain(files(temporary.path())) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!shows_a_picture(&bytes, &pictures), "{}", file.display());
        scanned += bytes.len();
    }
    // Sealed pictures are as long as the pictures.
    assert!(scanned > pictures.iter().map(Vec::len).sum(), "{scanned} bytes");
}

#[test]
fn a_dump_of_postgres_shows_no_picture() {
    let server = Server::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = runtime.block_on(server.create("verilume_dump"));
    let folder = tempfile::tempdir().unwrap();
    let master_key = folder.path().join("master.key");
    std::fs::write(&master_key, "5a".repeat(32)).unwrap();
    let store = ["--database-url", url.as_str()];
    let serves = [&store[..], &["--master-key", master_key.to_str().unwrap()]].concat();
    let (key, address) = (key("sessions", &store), free_address());
    let service = start(&serves, &address);
    let address = format!("http://{address}");
    // A machine that is busy with other tests may drop the light of a session.
    let (decided, picture) = (720_000..720_006)
        .find_map(|seed| {
            let acknowledged = check(&address, &key, seed)?;
            let attempt = attempt(&address, &key, &acknowledged)?;
            Some((attempt.clone(), picture(&address, &key, &attempt)?))
        })
        .expect("a session that is decided");
    drop(service);
    let program = programs().map_or_else(|| "pg_dump".into(), |folder| folder.join("pg_dump"));
    let dumped = Command::new(program).args(["--dbname", &url]).output().unwrap();
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    let digest = decided["result"]["digest"].as_str().unwrap();
    let dump = String::from_utf8(dumped.stdout).unwrap();
    assert!(dump.contains(digest), "the dump holds the result");
    let hex: String = middle(&picture).iter().map(|byte| format!("{byte:02x}")).collect();
    // Bytes are dumped as hexadecimal digits.
    assert!(!dump.contains(&hex) && !dump.contains("\\xffd8ff"), "a picture in the clear");
    assert!(!shows_a_picture(dump.as_bytes(), &[picture]), "a picture in the clear");
}

#[test]
fn keys_are_rotated_under_load_and_every_picture_stays_readable() {
    let data = tempfile::tempdir().unwrap();
    let store = ["--data", data.path().to_str().unwrap()];
    let (key, address) = (key("sessions", &store), free_address());
    let _service = start(&store, &address);
    let url = format!("http://{address}");
    let kept = |seed: usize| {
        let acknowledged = check(&url, &key, seed)?;
        let attempt = attempt(&url, &key, &acknowledged)?;
        Some((picture(&url, &key, &attempt)?, attempt))
    };
    let (first, attempt) = (730_000..730_006).find_map(kept).expect("a session that is decided");
    let (enough, read) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _reader in 0..2 {
            scope.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    assert_eq!(picture(&url, &key, &attempt).as_deref(), Some(first.as_slice()));
                    read.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let capturing = scope.spawn(|| (730_010..730_016).find_map(kept));
        let mut rotations = 0;
        while !capturing.is_finished() {
            let rotated = verilume(&[&["keys", "rotate"], &store[..]].concat());
            assert_eq!(rotated.code, Some(0), "{rotated:?}");
            rotations += 1;
        }
        enough.store(true, Ordering::Relaxed);
        let (second, attempt) = capturing.join().unwrap().expect("a session that is decided");
        let rotated = verilume(&[&["keys", "rotate"], &store[..]].concat());
        assert_eq!(rotated.code, Some(0), "{rotated:?}");
        assert_eq!(picture(&url, &key, &attempt), Some(second), "kept while keys changed");
        assert!(rotations > 3, "{rotations} rotations");
    });
    assert!(read.into_inner() > 10);
}
