use std::collections::HashMap;
use std::sync::Arc;

use super::*;

/// Runs `call` in 32 tasks on two nodes at once and counts how each ended.
async fn race<F, T>(
    database: &impl Database,
    call: impl Fn(Arc<SqlStore>, u8) -> F,
) -> HashMap<Option<StoreErrorKind>, usize>
where
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
    T: Send + 'static,
{
    let nodes = [Arc::new(database.node().await.unwrap()), Arc::new(database.node().await.unwrap())];
    let tasks: Vec<_> =
        (0..32u8).map(|i| tokio::spawn(call(Arc::clone(&nodes[usize::from(i % 2)]), i))).collect();
    let mut endings = HashMap::new();
    for task in tasks {
        let kind = task.await.unwrap().err().map(|error| error.kind());
        *endings.entry(kind).or_default() += 1;
    }
    endings
}

pub(crate) async fn of_many_beginners_one_wins(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&patient_session(1)).await.unwrap();
    let endings =
        race(&database, |node, _| async move { node.begin_attempt(&id(1), &start_at(START)).await }).await;
    assert_eq!(endings, HashMap::from([(None, 1), (Some(StoreErrorKind::AlreadyRunning), 31)]));
    let history = store.session(&id(1), START).await.unwrap();
    assert_eq!((history.session.attempts_begun, history.attempts.len()), (1, 1));
}

pub(crate) async fn of_many_finishers_one_wins(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&new_session(1)).await.unwrap();
    store.begin_attempt(&id(1), &start_at(START)).await.unwrap();
    let endings = race(&database, |node, i| async move {
        let outcome = if i % 4 == 0 { failed(secs_later(1)) } else { real_face(secs_later(1)) };
        node.finish_attempt(&id(1), number(1), &outcome).await
    })
    .await;
    assert_eq!(endings, HashMap::from([(None, 1), (Some(StoreErrorKind::AttemptNotRunning), 31)]));
    let history = store.session(&id(1), START).await.unwrap();
    assert_eq!(history.session.status.as_str(), history.attempts[0].status.as_str());
}

pub(crate) async fn of_many_users_of_a_token_one_wins(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&new_session(1)).await.unwrap();
    let endings = race(&database, |node, _| async move {
        node.claim_token(&id(1), &TokenId::new("once").unwrap(), START).await
    })
    .await;
    assert_eq!(endings, HashMap::from([(None, 1), (Some(StoreErrorKind::TokenUsed), 31)]));
}

pub(crate) async fn nodes_that_start_together_share_one_secret(database: impl Database) {
    let database = Arc::new(database);
    let nodes: Vec<_> = (0..8u8)
        .map(|i| {
            let database = Arc::clone(&database);
            tokio::spawn(async move {
                // The first to come makes the tables and the secret, while the others do the same.
                let store = database.node().await.unwrap();
                let candidate = SecretBytes::new(vec![i; 32]).unwrap();
                store.secret_or_insert(SecretPurpose::SessionTokenSigning, &candidate, START).await.unwrap()
            })
        })
        .collect();
    let mut secrets = Vec::new();
    for node in nodes {
        secrets.push(node.await.unwrap());
    }
    assert!(secrets.windows(2).all(|pair| pair[0] == pair[1]));
}

pub(crate) async fn purges_share_the_work(database: impl Database) {
    let store = database.node().await.unwrap();
    let retention = Retention::new(Duration::from_secs(1)).unwrap();
    for number in 0..40 {
        store.create_session(&NewSession { retention, ..new_session(number) }).await.unwrap();
    }
    let erased = Arc::new(std::sync::atomic::AtomicU32::new(0));
    race(&database, |node, _| {
        let erased = Arc::clone(&erased);
        async move {
            let purged = node.purge(secs_later(2), 5).await?.unwrap_or_default();
            erased.fetch_add(purged.sessions_erased, std::sync::atomic::Ordering::Relaxed);
            Ok::<_, StoreError>(())
        }
    })
    .await;
    // Those who found another at work did nothing; the rest is left for the next time.
    while store.purge(secs_later(2), 5).await.unwrap().is_some_and(|purged| {
        erased.fetch_add(purged.sessions_erased, std::sync::atomic::Ordering::Relaxed);
        purged.sessions_erased > 0
    }) {}
    assert_eq!(erased.load(std::sync::atomic::Ordering::Relaxed), 40, "each session was erased once");
}

pub(crate) async fn writers_on_many_nodes_lose_nothing(database: impl Database) {
    let endings = race(&database, |node, i| async move {
        let id = id(u128::from(i));
        node.create_session(&new_session(u128::from(i))).await?;
        let attempt = node.begin_attempt(&id, &start_at(START)).await?;
        node.finish_attempt(&id, attempt, &real_face(secs_later(1))).await?;
        if i % 4 == 0 { node.erase_session(&id, secs_later(2)).await } else { Ok(()) }
    })
    .await;
    assert_eq!(endings, HashMap::from([(None, 32)]));
    let store = database.node().await.unwrap();
    for i in 0..32 {
        let read = store.session(&id(i), START).await;
        if i % 4 == 0 {
            assert_kind(read, StoreErrorKind::NotFound);
        } else {
            assert_eq!(read.unwrap().session.status, SessionStatus::Succeeded);
        }
    }
}
