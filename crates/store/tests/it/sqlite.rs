//! SQLite: the suite on real files, and what concerns the files.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use verilume_store::*;

use crate::suite::{
    self, Database, START, assert_kind, for_each_case, id, new_session, number, real_face, start_at,
};

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }
}

impl Database for Folder {
    async fn node(&self) -> Result<SqlStore, StoreError> {
        SqlStore::open_folder(self.0.path()).await
    }
}

macro_rules! tests {
    ($($module:ident: $case:ident,)+) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            suite::$module::$case(Folder::new()).await;
        }
    )+};
}
for_each_case!(tests);

/// Every byte of every file in the folder.
fn bytes_on_disk(folder: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap();
    files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

fn holds(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

#[tokio::test]
async fn what_is_erased_is_gone_from_every_file() {
    let folder = Folder::new();
    let store = folder.node().await.unwrap();
    let marked = |mark: &str| JsonDocument::parse(format!(r#"{{"mark":"{mark}"}}"#)).unwrap();
    let device = Some(CorrelationId::new("planted-device").unwrap());
    let session = NewSession {
        parameters: marked("planted-parameters"),
        device_correlation_id: device,
        ..new_session(1)
    };
    store.create_session(&session).await.unwrap();
    let start = AttemptStart { client: Some(marked("planted-client")), ..start_at(START) };
    store.begin_attempt(&id(1), &start).await.unwrap();
    let long = "x".repeat(20_000);
    let document = marked(&format!("planted-result{long}planted-end"));
    let outcome = AttemptOutcome { document, ..real_face(START) };
    store.finish_attempt(&id(1), number(1), &outcome).await.unwrap();
    let marks = ["planted-parameters", "planted-device", "planted-client", "planted-result", "planted-end"];
    let before = bytes_on_disk(folder.0.path());
    assert!(marks.iter().all(|mark| holds(&before, mark)), "the search finds what is kept");
    store.erase_session(&id(1), START).await.unwrap();
    let after = bytes_on_disk(folder.0.path());
    for mark in marks {
        assert!(!holds(&after, mark), "{mark} is still on the disk");
    }
    assert!(!holds(&after, id(1).as_str()), "the id is still on the disk");
}

#[tokio::test]
async fn nothing_of_an_erased_person_is_left_in_any_file() {
    use suite::people::{new_face, new_group, new_person, person_id};
    let folder = Folder::new();
    let store = folder.node().await.unwrap();
    let group = new_group(0, GroupKind::LargePersonGroup, "staff");
    store.create_group(&group).await.unwrap();
    // Whose an id is stands at its beginning, so that one search finds the ids of a person and of all their faces.
    let number_of = |person: u128, face: u128| (person << 64) | face;
    let marks = |person: u128| [format!("planted-of-{person}-"), format!("00000000-0000-400{person}-")];
    for person in 1..=3 {
        let mut new = new_person(number_of(person, 0));
        new.user_data = UserData::new(format!("planted-of-{person}-note")).ok();
        store.create_person(&group.uid, &new, 10).await.unwrap();
    }
    let limits = FaceLimits { in_group: 1000, of_person: 248 };
    // Enough faces that pages of tables and indexes are emptied, split and merged; others stay around them.
    for face in 1..=200 {
        let of = |person: u128| {
            let mut new = new_face(number_of(person, face), Some(number_of(person, 0)));
            new.user_data = UserData::of_face(format!("planted-of-{person}-{face}")).ok();
            new.template.bytes = format!("planted-of-{person}-{face}-{}", "x".repeat(500)).into_bytes();
            new
        };
        store.enrol_faces(&group.uid, &[of(1), of(2), of(3)], limits).await.unwrap();
    }
    let erased = person_id(number_of(2, 0));
    for name in ["planted-first-name", "planted-second-name"] {
        let name = DisplayName::new(name).unwrap();
        store.update_person(&group.uid, &erased, Some(&name), None).await.unwrap();
    }
    let before = bytes_on_disk(folder.0.path());
    assert!((1..=3).flat_map(marks).all(|mark| holds(&before, &mark)), "the search finds what is kept");
    assert!(holds(&before, "planted-second-name"));
    assert!(!holds(&before, "planted-first-name"), "a name that was changed is gone at once");

    store.erase_person(&group.uid, &erased).await.unwrap();
    let after = bytes_on_disk(folder.0.path());
    assert!(!marks(2).iter().any(|mark| holds(&after, mark)), "still on the disk");
    assert!(!holds(&after, "planted-second-name"), "the name is still on the disk");
    assert!(marks(1).iter().chain(&marks(3)).all(|mark| holds(&after, mark)), "the others stay");

    store.erase_group(&group.key).await.unwrap();
    let after = bytes_on_disk(folder.0.path());
    assert!(!holds(&after, "planted-") && !holds(&after, group.uid.as_str()));
}

/// The database beside the store, without its own tidiness.
async fn beside(folder: &Path) -> sqlx::SqlitePool {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.join("verilume.db"));
    sqlx::SqlitePool::connect_with(options).await.unwrap()
}

/// What a process that was killed leaves: the files as they are at this moment.
fn copy_of(folder: &Path) -> Folder {
    let copy = Folder::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.0.path().join(file.file_name())).unwrap();
    }
    copy
}

async fn is_rewrite_owed(folder: &Path) -> bool {
    let pool = beside(folder).await;
    let owed: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&pool).await.unwrap();
    pool.close().await;
    owed != 0
}

#[tokio::test]
async fn an_erasure_that_a_crash_cut_short_is_finished_by_the_next_opening() {
    use suite::people::{new_face, new_group, new_person, person_id};
    let folder = Folder::new();
    let store = folder.node().await.unwrap();
    let group = new_group(0, GroupKind::LargePersonGroup, "staff");
    store.create_group(&group).await.unwrap();
    store.create_person(&group.uid, &new_person(1), 10).await.unwrap();
    let mut face = new_face(2, Some(1));
    face.template.bytes = b"planted-template".to_vec();
    let limits = FaceLimits { in_group: 10, of_person: 10 };
    store.enrol_faces(&group.uid, &[face], limits).await.unwrap();
    // An erasure up to its commit: the rows go, the log and the pages still hold them.
    let pool = beside(folder.0.path()).await;
    let mut erasure = pool.begin().await.unwrap();
    for statement in ["PRAGMA user_version = 1", "PRAGMA foreign_keys = ON"] {
        sqlx::query(statement).execute(&mut *erasure).await.unwrap();
    }
    sqlx::query("DELETE FROM enrolled_faces").execute(&mut *erasure).await.unwrap();
    sqlx::query("DELETE FROM people").execute(&mut *erasure).await.unwrap();
    erasure.commit().await.unwrap();
    let crashed = copy_of(folder.0.path());
    let marks = ["planted-template".to_owned(), person_id(1).as_str().to_owned()];
    let left = bytes_on_disk(crashed.0.path());
    assert!(marks.iter().all(|mark| holds(&left, mark)), "the crash leaves what was erased");
    assert!(is_rewrite_owed(crashed.0.path()).await);

    let reopened = crashed.node().await.unwrap();
    let left = bytes_on_disk(crashed.0.path());
    assert!(!marks.iter().any(|mark| holds(&left, mark)), "still on the disk");
    assert_kind(reopened.person(&group.uid, &person_id(1)).await, StoreErrorKind::NotFound);
    assert!(!is_rewrite_owed(crashed.0.path()).await, "it is done once");
}

#[tokio::test]
async fn an_erasure_owes_nothing_once_it_is_answered() {
    use suite::people::{face_id, new_face, new_group, new_person, person_id};
    let folder = Folder::new();
    let store = folder.node().await.unwrap();
    let group = new_group(0, GroupKind::LargePersonGroup, "staff");
    store.create_group(&group).await.unwrap();
    store.create_person(&group.uid, &new_person(1), 10).await.unwrap();
    let limits = FaceLimits { in_group: 10, of_person: 10 };
    store.enrol_faces(&group.uid, &[new_face(2, Some(1))], limits).await.unwrap();
    let person = person_id(1);
    let owner = FaceOwner { group: &group.uid, person: Some(&person) };
    store.erase_enrolled_face(owner, &face_id(2)).await.unwrap();
    assert!(!is_rewrite_owed(folder.0.path()).await);
    store.erase_person(&group.uid, &person).await.unwrap();
    assert!(!is_rewrite_owed(folder.0.path()).await);
    assert_kind(store.erase_person(&group.uid, &person).await, StoreErrorKind::NotFound);
    assert!(!is_rewrite_owed(folder.0.path()).await, "nothing was erased");
    store.erase_group(&group.key).await.unwrap();
    assert!(!is_rewrite_owed(folder.0.path()).await);
}

#[tokio::test]
async fn a_key_is_never_on_the_disk() {
    let folder = Folder::new();
    let store = folder.node().await.unwrap();
    let key = ApiKey::mint(&[0xab; API_KEY_RANDOM_BYTES]);
    suite::keep_key(&store, &key, "app server", START).await;
    assert!(store.authenticate(key.expose(), START).await.unwrap().is_some());
    let bytes = bytes_on_disk(folder.0.path());
    assert!(holds(&bytes, key.id().as_str()));
    assert!(!holds(&bytes, &"ab".repeat(32)));
    assert!(!bytes.windows(32).any(|window| window == [0xab; 32]));
}

#[cfg(unix)]
#[tokio::test]
async fn only_their_owner_reads_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("made").join("on demand");
    let store = SqlStore::open_folder(&folder).await.unwrap();
    store.create_session(&new_session(1)).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 1, "the log lies beside the database");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = Folder::new();
    let file = folder.0.path().join("verilume.db");
    let text = "this is somebody's letter, not a database\n".repeat(100);
    std::fs::write(&file, &text).unwrap();
    assert_kind(folder.node().await, StoreErrorKind::Corrupt);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    let file = folder.0.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = SqlStore::open_folder(&file.join("data")).await;
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(error.to_string().contains("file/data"), "{error}");
}

#[tokio::test]
async fn the_tables_of_a_newer_release_are_refused() {
    let folder = Folder::new();
    folder.node().await.unwrap().close().await;
    let pool = beside(folder.0.path()).await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'from the future', 1, x'00', 0)",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
    assert_kind(folder.node().await, StoreErrorKind::WrongSchema);
}

#[tokio::test]
async fn the_database_itself_refuses_a_second_running_attempt() {
    let folder = Folder::new();
    let store = folder.node().await.unwrap();
    store.create_session(&new_session(1)).await.unwrap();
    store.begin_attempt(&id(1), &start_at(START)).await.unwrap();
    let pool = beside(folder.0.path()).await;
    let second = sqlx::query(
        "INSERT INTO attempts (session_id, number, status, begun_at, must_end_by) VALUES ($1, 2, 'Running', 0, 1)",
    )
    .bind(id(1).as_str())
    .execute(&pool)
    .await;
    assert!(second.unwrap_err().as_database_error().unwrap().is_unique_violation());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_nodes_make_one_new_file_together() {
    for _ in 0..5 {
        let folder = Arc::new(Folder::new());
        let opening: Vec<_> = (0..8)
            .map(|_| {
                let folder = Arc::clone(&folder);
                tokio::spawn(async move { folder.node().await.map(drop) })
            })
            .collect();
        for node in opening {
            node.await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn an_erasure_that_cannot_be_recorded_does_not_happen() {
    let folder = Folder::new();
    let store = folder.node().await.unwrap();
    store.create_session(&new_session(1)).await.unwrap();
    let pool = beside(folder.0.path()).await;
    sqlx::query("ALTER TABLE audit_log RENAME TO elsewhere").execute(&pool).await.unwrap();
    let whose = Whose::Session(id(1));
    store.erase_sessions_of(&whose, "operator", START).await.unwrap_err();
    store.session(&id(1), START).await.expect("it is still there");
    sqlx::query("ALTER TABLE elsewhere RENAME TO audit_log").execute(&pool).await.unwrap();
    assert_eq!(store.erase_sessions_of(&whose, "operator", START).await.unwrap(), [id(1)]);
}
