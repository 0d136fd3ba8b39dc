//! Real processes on one SQLite folder: they start together, write together and are killed in the middle of it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use verilume_store::*;

use crate::suite::{START, id, new_session, number, people, real_face, secs_later, start_at};

/// Names the folder to a child, which is this program running [`in_a_child_process`] alone.
const FOLDER: &str = "VERILUME_STORE_TEST_FOLDER";
/// Tells the children apart.
const CHILD: &str = "VERILUME_STORE_TEST_CHILD";
/// Results that a child acknowledges before it is killed.
const RESULTS: usize = 40;

fn spawn(folder: &Path, child: u8) -> Child {
    spawn_test(folder, "killed::in_a_child_process", child)
}

fn spawn_test(folder: &Path, test: &str, child: u8) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(FOLDER, folder)
        .env(CHILD, child.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The child: writes whole sessions until it is killed, and says which are acknowledged. Does nothing without a parent.
#[tokio::test]
async fn in_a_child_process() {
    let (Ok(folder), Ok(child)) = (std::env::var(FOLDER), std::env::var(CHILD)) else { return };
    let child: u8 = child.parse().unwrap();
    let store = SqlStore::open_folder(Path::new(&folder)).await.unwrap();
    let candidate = SecretBytes::new(vec![child; 32]).unwrap();
    let purpose = SecretPurpose::SessionTokenSigning;
    let secret = store.secret_or_insert(purpose, &candidate, START).await.unwrap();
    println!("\nsecret {}", secret.expose()[0]);
    for i in 1.. {
        let session = (u128::from(child) << 32) + i;
        store.create_session(&new_session(session)).await.unwrap();
        store.begin_attempt(&id(session), &start_at(START)).await.unwrap();
        store.finish_attempt(&id(session), number(1), &real_face(secs_later(1))).await.unwrap();
        println!("acknowledged {session}");
    }
}

/// The child of the erasures: enrols people and erases them, and says who is next. Does nothing without a parent.
#[tokio::test]
async fn in_a_child_that_erases() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let store = SqlStore::open_folder(Path::new(&folder)).await.unwrap();
    let group = people::new_group(0, GroupKind::LargePersonGroup, "staff");
    store.create_group(&group).await.unwrap();
    let limits = FaceLimits { in_group: 100_000, of_person: 100_000 };
    for person in 1.. {
        store.create_person(&group.uid, &people::new_person(person << 64), 100_000).await.unwrap();
        let faces: Vec<NewFace> = (1..=40).map(|face| face_of(person, face)).collect();
        store.enrol_faces(&group.uid, &faces, limits).await.unwrap();
        println!("\nerasing {person}");
        store.erase_person(&group.uid, &people::person_id(person << 64)).await.unwrap();
    }
}

fn face_of(person: u128, face: u128) -> NewFace {
    let mut new = people::new_face((person << 64) | face, Some(person << 64));
    new.template.bytes = format!("{} {}", mark_of(person), "x".repeat(500)).into_bytes();
    new
}

/// In each template of a person.
fn mark_of(person: u128) -> String {
    format!("planted-of-{person}-")
}

/// Waits until a child begins its third erasure, lets so much time go by and kills it.
async fn kill_while_it_erases(mut child: Child, after: Duration) -> u128 {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let third = lines.find(|line| line.as_ref().unwrap() == "erasing 3");
    third.expect("the child died by itself").unwrap();
    tokio::time::sleep(after).await;
    child.kill().unwrap();
    let rest = lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("erasing ")?.parse().ok());
    let last = rest.last().unwrap_or(3);
    child.wait().unwrap();
    last
}

#[tokio::test]
async fn nothing_is_left_of_who_was_being_erased_when_the_process_was_killed() {
    for after_ms in [0, 1, 2, 4, 8, 16] {
        let folder = TempDir::new().unwrap();
        let child = spawn_test(folder.path(), "killed::in_a_child_that_erases", 1);
        let last = kill_while_it_erases(child, Duration::from_millis(after_ms)).await;
        let store = SqlStore::open_folder(folder.path()).await.unwrap();
        let files = std::fs::read_dir(folder.path()).unwrap();
        let left: Vec<u8> = files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
        let group = people::new_group(0, GroupKind::LargePersonGroup, "staff").uid;
        for person in 1..=last + 1 {
            let is_there = store.person(&group, &people::person_id(person << 64)).await.is_ok();
            let mark = mark_of(person);
            let is_left = left.windows(mark.len()).any(|window| window == mark.as_bytes());
            assert!(is_there || !is_left, "killed after {after_ms} ms: person {person} is gone, and left");
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_outlives_a_killed_process() {
    let folder = TempDir::new().unwrap();
    let children = [spawn(folder.path(), 1), spawn(folder.path(), 2)];
    let mut secrets = Vec::new();
    let mut acknowledged: Vec<u128> = Vec::new();
    for mut child in children {
        let mut results = 0;
        // After the kill the pipe still holds what was said before it.
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(secret) = line.strip_prefix("secret ") {
                secrets.push(secret.to_owned());
            } else if let Some(session) = line.strip_prefix("acknowledged ") {
                // A short line is written in one piece: the kill cannot cut it.
                acknowledged.push(session.parse().unwrap());
                results += 1;
                if results == RESULTS {
                    child.kill().unwrap();
                }
            }
        }
        child.wait().unwrap();
        assert!(results >= RESULTS, "the child died by itself after {results} results");
    }
    assert_eq!(secrets.len(), 2);
    assert_eq!(secrets[0], secrets[1], "both processes started on an empty folder and share one secret");
    let store = SqlStore::open_folder(folder.path()).await.unwrap();
    for session in acknowledged {
        let kept = store.session(&id(session), START).await.unwrap();
        assert_eq!(kept.session.status, SessionStatus::Succeeded, "{session}");
        assert_eq!(kept.attempts[0].decision, Some(Decision::RealFace), "{session}");
    }
    store.check_ready().await.unwrap();
}
