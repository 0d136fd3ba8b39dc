//! Real processes on one SQLite folder: they start together, write together and are killed in the middle of it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use verilume_store::*;

use crate::suite::{START, id, new_session, number, real_face, secs_later, start_at};

/// Names the folder to a child, which is this program running [`in_a_child_process`] alone.
const FOLDER: &str = "VERILUME_STORE_TEST_FOLDER";
/// Tells the children apart.
const CHILD: &str = "VERILUME_STORE_TEST_CHILD";
/// Results that a child acknowledges before it is killed.
const RESULTS: usize = 40;

fn spawn(folder: &Path, child: u8) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::in_a_child_process", "--nocapture"])
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
