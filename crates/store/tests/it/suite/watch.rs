//! Failures that lock, the audit log, settings.

use super::*;

fn rule() -> VelocityRule {
    VelocityRule {
        max_failures: 3,
        within: Duration::from_secs(60),
        lock_for: Duration::from_secs(600),
        repeats_within: Duration::from_secs(3600),
    }
}

fn subject(name: &str) -> AbuseSubject {
    AbuseSubject::new(name).unwrap()
}

async fn fail(store: &SqlStore, names: &[&str], secs: u64, session: Option<u128>) {
    let subjects: Vec<_> = names.iter().map(|name| subject(name)).collect();
    let failure = FailedAttempt { session: session.map(id), attempt: 1, at: secs_later(secs) };
    store.record_failure(&subjects, &failure, &rule()).await.unwrap();
}

async fn state(store: &SqlStore, name: &str, secs: u64) -> SubjectState {
    store.subject_states(&[subject(name)], &rule(), secs_later(secs)).await.unwrap().remove(0)
}

pub(crate) async fn too_many_failures_lock_for_a_while(database: impl Database) {
    let store = database.node().await.unwrap();
    for secs in [0, 20, 70] {
        fail(&store, &["device:a", "net:n", "device:a"], secs, None).await;
    }
    let calm = state(&store, "device:a", 71).await;
    assert_eq!((calm.failures.len(), calm.locked_until, calm.locks), (2, None, 0), "one is too old to count");
    assert_eq!(calm.failures[0].at, secs_later(70), "newest first");

    fail(&store, &["device:a"], 75, None).await;
    let locked = state(&store, "device:a", 76).await;
    assert_eq!((locked.locked_until, locked.locks), (Some(secs_later(675)), 1));
    assert_eq!(state(&store, "net:n", 76).await.locked_until, None, "subjects are counted by themselves");
    assert_eq!(state(&store, "device:b", 76).await.failures, []);

    fail(&store, &["device:a"], 80, None).await;
    assert_eq!(state(&store, "device:a", 81).await.locks, 1, "a lock does not grow while it lasts");
    assert_eq!(state(&store, "device:a", 675).await.locked_until, None);
    for secs in [700, 701, 702] {
        fail(&store, &["device:a"], secs, None).await;
    }
    assert_eq!(state(&store, "device:a", 703).await.locks, 2, "soon again is a repetition");
    for secs in [9000, 9001, 9002] {
        fail(&store, &["device:a"], secs, None).await;
    }
    assert_eq!(state(&store, "device:a", 9003).await.locks, 1, "much later is a first time");
    store.close().await;
}

pub(crate) async fn failures_outlive_their_session_without_naming_it(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&new_session(1)).await.unwrap();
    fail(&store, &["device:a"], 1, Some(1)).await;
    assert_eq!(state(&store, "device:a", 2).await.failures[0].session, Some(id(1)));
    store.erase_session(&id(1), secs_later(3)).await.unwrap();
    fail(&store, &["device:a"], 4, Some(1)).await;
    assert!(state(&store, "device:a", 4).await.failures.iter().all(|failure| failure.session.is_none()));
    let long = VelocityRule { within: Duration::from_secs(1 << 30), ..rule() };
    store.purge(secs_later(49 * 3600), 10).await.unwrap();
    let forgotten = store.subject_states(&[subject("device:a")], &long, secs_later(49 * 3600)).await.unwrap();
    assert_eq!(forgotten[0].failures, []);
    store.close().await;
}

pub(crate) async fn marks_of_captures_outlive_their_session(database: impl Database) {
    let (one, other) = (database.node().await.unwrap(), database.node().await.unwrap());
    one.create_session(&new_session(1)).await.unwrap();
    let marks = |second: u64| CaptureMarks {
        session: Some(id(1)),
        attempt: 2,
        taken_at: secs_later(second),
        frames: vec![1; 8],
        course: vec![2; 16],
    };
    for second in 0..3 {
        one.mark_capture(&marks(second)).await.unwrap();
    }
    assert_eq!(
        other.marked_captures(2).await.unwrap(),
        [marks(2), marks(1)],
        "the newest first, on every node"
    );
    one.erase_session(&id(1), secs_later(3)).await.unwrap();
    assert_eq!(other.marked_captures(1).await.unwrap(), [CaptureMarks { session: None, ..marks(2) }]);
    one.mark_capture(&marks(3)).await.unwrap();
    assert_eq!(other.marked_captures(1).await.unwrap()[0].session, None, "erased while it was captured");
    one.purge(secs_later(48 * 3600 + 1), 10).await.unwrap();
    assert_eq!(other.marked_captures(9).await.unwrap().len(), 2);
    let many = CaptureMarks { frames: vec![0; CaptureMarks::MAX_BYTES + 1], ..marks(0) };
    assert_eq!(one.mark_capture(&many).await.unwrap_err().kind(), StoreErrorKind::Malformed);
    one.close().await;
    other.close().await;
}

pub(crate) async fn failures_on_many_nodes_lock_once(database: impl Database) {
    let database = std::sync::Arc::new(database);
    let nodes: Vec<_> = (0..4)
        .map(|node| {
            let database = std::sync::Arc::clone(&database);
            tokio::spawn(async move {
                let store = database.node().await.unwrap();
                for secs in 0..5 {
                    fail(&store, &["net:n", "device:a"], node + secs, None).await;
                }
                store.close().await;
            })
        })
        .collect();
    for node in nodes {
        node.await.unwrap();
    }
    let store = database.node().await.unwrap();
    let state = state(&store, "device:a", 10).await;
    assert_eq!((state.failures.len(), state.locks), (20, 1));
    store.close().await;
}

pub(crate) async fn the_audit_log_is_one_chain(database: impl Database) {
    let database = std::sync::Arc::new(database);
    let group = GroupKey { kind: GroupKind::PersonGroup, id: GroupId::new("staff").unwrap() };
    let subject = AuditSubject::person(&group, &PersonId::from_random([7; PEOPLE_ID_RANDOM_BYTES]));
    let entry = move |number: u64| NewAuditEntry {
        at: secs_later(number),
        actor: format!("key {number}"),
        action: if number.is_multiple_of(2) { AuditAction::SessionRead } else { AuditAction::SessionErased },
        session: (!number.is_multiple_of(3)).then(|| id(number.into())),
        subject: number.is_multiple_of(3).then(|| subject.clone()),
    };
    let nodes: Vec<_> = (0..3)
        .map(|node| {
            let (database, entry) = (std::sync::Arc::clone(&database), entry.clone());
            tokio::spawn(async move {
                let store = database.node().await.unwrap();
                for batch in 0..4 {
                    let first = node * 100 + batch * 3;
                    store.append_audit(&[entry(first), entry(first + 1), entry(first + 2)]).await.unwrap();
                }
                store.close().await;
            })
        })
        .collect();
    for node in nodes {
        node.await.unwrap();
    }
    let store = database.node().await.unwrap();
    let mut log = store.audit_log(0, PageSize::new(20).unwrap()).await.unwrap();
    log.extend(store.audit_log(20, PageSize::MAX).await.unwrap());
    let follow = |log: &[AuditEntry]| {
        let mut chain = AuditChain::START;
        log.iter().try_for_each(|entry| chain.follow(entry)).map(|()| chain.entries())
    };
    assert_eq!(follow(&log).unwrap(), 36);

    let mut changed = log.clone();
    changed[7].entry.action = AuditAction::SettingsChanged;
    let mut removed = log.clone();
    removed.remove(7);
    let mut swapped = log.clone();
    swapped.swap(7, 8);
    let mut of_nobody = log.clone();
    of_nobody.iter_mut().for_each(|entry| entry.entry.subject = None);
    for broken in [changed, removed, swapped, of_nobody] {
        assert_eq!(follow(&broken).unwrap_err().kind(), StoreErrorKind::Corrupt);
    }
    store.close().await;
}

pub(crate) async fn a_setting_is_switched_for_every_node(database: impl Database) {
    let (one, other) = (database.node().await.unwrap(), database.node().await.unwrap());
    assert!(one.is_on(Setting::AbuseMonitoring).await.unwrap(), "at first");
    one.switch(Setting::AbuseMonitoring, false, START).await.unwrap();
    assert!(!other.is_on(Setting::AbuseMonitoring).await.unwrap());
    other.switch(Setting::AbuseMonitoring, true, START).await.unwrap();
    assert!(one.is_on(Setting::AbuseMonitoring).await.unwrap());
    one.close().await;
    other.close().await;
}
