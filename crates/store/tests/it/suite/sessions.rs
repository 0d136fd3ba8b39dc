use super::*;

pub(crate) async fn a_session_reads_back_as_it_was_created(database: impl Database) {
    let store = database.node().await.unwrap();
    let new = NewSession {
        kind: SessionKind::DetectWithVerify,
        operation_mode: OperationMode::PassiveActive,
        parameters: JsonDocument::parse(r#"{"livenessOperationMode":"passiveactive","x":[1,null,"é"]}"#)
            .unwrap(),
        device_correlation_id: Some(CorrelationId::new("Gerät 7").unwrap()),
        user_correlation_id: Some(CorrelationId::new("u").unwrap()),
        retention: Retention::new(Duration::from_secs(3600)).unwrap(),
        ..patient_session(1)
    };
    let created = store.create_session(&new).await.unwrap();
    let read = store.session(&new.id, START).await.unwrap();
    assert_eq!(read.session, created);
    assert_eq!(read.attempts, []);
    assert_eq!(created.id, new.id);
    assert_eq!(created.kind, new.kind);
    assert_eq!(created.operation_mode, new.operation_mode);
    assert_eq!(created.parameters, new.parameters);
    assert_eq!(created.device_correlation_id, new.device_correlation_id);
    assert_eq!(created.user_correlation_id, new.user_correlation_id);
    assert_eq!(created.attempts_allowed.get(), 3);
    assert_eq!(created.attempts_begun, 0);
    assert_eq!(created.token_time_to_live.as_secs(), 600);
    assert_eq!(created.created_at, START);
    assert_eq!(created.token_expires_at, secs_later(600));
    assert_eq!(created.erase_after, secs_later(3600));
    assert_eq!(created.started_at, None);
    assert_eq!(created.status, SessionStatus::NotStarted);
    assert!(created.is_open);
    assert_eq!(created.running, None);
}

pub(crate) async fn an_id_is_taken_once(database: impl Database) {
    let store = database.node().await.unwrap();
    let first = store.create_session(&new_session(1)).await.unwrap();
    assert_kind(store.create_session(&patient_session(1)).await, StoreErrorKind::AlreadyExists);
    assert_eq!(store.session(&id(1), START).await.unwrap().session, first);
}

pub(crate) async fn sessions_are_created_together_or_not_at_all(database: impl Database) {
    let store = database.node().await.unwrap();
    let created = store.create_sessions(&[new_session(1), patient_session(2)]).await.unwrap();
    assert_eq!(created.iter().map(|session| &session.id).collect::<Vec<_>>(), [&id(1), &id(2)]);
    for session in &created {
        assert_eq!(store.session(&session.id, START).await.unwrap().session, *session);
    }
    let with_one_that_is_there = [new_session(3), new_session(2)];
    assert_kind(store.create_sessions(&with_one_that_is_there).await, StoreErrorKind::AlreadyExists);
    assert_kind(store.session(&id(3), START).await, StoreErrorKind::NotFound);
    assert_eq!(store.create_sessions(&[]).await.unwrap(), []);
}

pub(crate) async fn what_is_not_there_is_not_found(database: impl Database) {
    let store = database.node().await.unwrap();
    let nobody = id(1);
    let token = TokenId::new("t").unwrap();
    assert_kind(store.session(&nobody, START).await, StoreErrorKind::NotFound);
    assert_kind(store.erase_session(&nobody, START).await, StoreErrorKind::NotFound);
    assert_kind(store.cancel_session(&nobody, START).await, StoreErrorKind::NotFound);
    assert_kind(store.claim_token(&nobody, &token, START).await, StoreErrorKind::NotFound);
    assert_kind(store.begin_attempt(&nobody, &start_at(START)).await, StoreErrorKind::NotFound);
    assert_kind(store.finish_attempt(&nobody, number(1), &failed(START)).await, StoreErrorKind::NotFound);
}

pub(crate) async fn erasing_takes_everything_at_once(database: impl Database) {
    let store = database.node().await.unwrap();
    let token = TokenId::new("t").unwrap();
    store.create_session(&patient_session(1)).await.unwrap();
    store.create_session(&new_session(2)).await.unwrap();
    store.claim_token(&id(1), &token, START).await.unwrap();
    store.begin_attempt(&id(1), &start_at(START)).await.unwrap();
    store.erase_session(&id(1), START).await.unwrap();

    assert_kind(store.session(&id(1), START).await, StoreErrorKind::NotFound);
    assert_kind(store.begin_attempt(&id(1), &start_at(START)).await, StoreErrorKind::NotFound);
    assert_kind(store.finish_attempt(&id(1), number(1), &real_face(START)).await, StoreErrorKind::NotFound);
    assert_kind(store.erase_session(&id(1), START).await, StoreErrorKind::NotFound);
    assert!(store.session(&id(2), START).await.is_ok(), "another session stays");

    // Were anything left, it would show under a session of the same id.
    store.create_session(&new_session(1)).await.unwrap();
    assert_eq!(store.session(&id(1), START).await.unwrap().attempts, []);
    store.claim_token(&id(1), &token, START).await.unwrap();
    assert_eq!(store.begin_attempt(&id(1), &start_at(START)).await.unwrap(), number(1));
}

pub(crate) async fn a_session_past_its_retention_is_not_there(database: impl Database) {
    let store = database.node().await.unwrap();
    let retention = Retention::new(Duration::from_secs(100)).unwrap();
    store.create_session(&NewSession { retention, ..new_session(1) }).await.unwrap();
    let query =
        SessionQuery { kind: None, order: SessionOrder::NewestFirst, after: None, page_size: PageSize::MAX };
    assert!(store.session(&id(1), secs_later(99)).await.is_ok());
    assert_eq!(store.sessions(&query, secs_later(99)).await.unwrap().len(), 1);
    let over = secs_later(100);
    assert_eq!(store.sessions(&query, over).await.unwrap(), []);
    assert_kind(store.session(&id(1), over).await, StoreErrorKind::NotFound);
    assert_kind(store.begin_attempt(&id(1), &start_at(over)).await, StoreErrorKind::NotFound);
    assert_kind(store.cancel_session(&id(1), over).await, StoreErrorKind::NotFound);
    assert_kind(store.erase_session(&id(1), over).await, StoreErrorKind::NotFound);
    assert_kind(store.session(&id(1), START).await, StoreErrorKind::NotFound);
}

pub(crate) async fn purging_erases_what_is_past_its_retention_in_batches(database: impl Database) {
    let store = database.node().await.unwrap();
    let retention = Retention::new(Duration::from_secs(100)).unwrap();
    for number in 0..5 {
        store.create_session(&NewSession { retention, ..new_session(number) }).await.unwrap();
        store.begin_attempt(&id(number), &start_at(START)).await.unwrap();
        store.finish_attempt(&id(number), self::number(1), &real_face(START)).await.unwrap();
    }
    store.create_session(&new_session(5)).await.unwrap();
    let purge = async |now, max| store.purge(now, max).await.unwrap().expect("nobody else purges");
    assert_eq!(purge(secs_later(99), 100).await.sessions_erased, 0);
    assert_eq!(purge(secs_later(100), 3).await.sessions_erased, 3);
    assert_eq!(purge(secs_later(100), 3).await.sessions_erased, 2);
    assert_eq!(purge(secs_later(100), 3).await, Purged::default());
    assert!(store.session(&id(5), secs_later(100)).await.is_ok());
}

pub(crate) async fn lists_are_pages_in_order(database: impl Database) {
    let store = database.node().await.unwrap();
    // Created in this order; numbers 3 and 4 at the same moment.
    for (number, secs) in [(9, 0), (2, 1), (4, 2), (3, 2), (7, 3)] {
        let kind = if number == 2 { SessionKind::DetectWithVerify } else { SessionKind::Detect };
        let session = NewSession { kind, created_at: secs_later(secs), ..new_session(number) };
        store.create_session(&session).await.unwrap();
    }
    let listed = async |order, kind, after: Option<u128>, page| {
        let query =
            SessionQuery { kind, order, after: after.map(id), page_size: PageSize::new(page).unwrap() };
        let sessions = store.sessions(&query, secs_later(10)).await?;
        Ok::<_, StoreError>(sessions.into_iter().map(|session| session.id).collect::<Vec<_>>())
    };
    let ids = |numbers: &[u128]| numbers.iter().copied().map(id).collect::<Vec<_>>();

    let newest = SessionOrder::NewestFirst;
    assert_eq!(listed(newest, None, None, 1000).await.unwrap(), ids(&[7, 4, 3, 2, 9]));
    assert_eq!(listed(newest, None, None, 2).await.unwrap(), ids(&[7, 4]));
    assert_eq!(listed(newest, None, Some(4), 2).await.unwrap(), ids(&[3, 2]));
    assert_eq!(listed(newest, None, Some(2), 2).await.unwrap(), ids(&[9]));
    assert_eq!(listed(newest, None, Some(9), 2).await.unwrap(), []);
    assert_eq!(listed(newest, Some(SessionKind::Detect), None, 1000).await.unwrap(), ids(&[7, 4, 3, 9]));
    assert_kind(listed(newest, None, Some(1), 2).await, StoreErrorKind::NotFound);

    let by_id = SessionOrder::IdAscending;
    assert_eq!(listed(by_id, None, None, 1000).await.unwrap(), ids(&[2, 3, 4, 7, 9]));
    assert_eq!(listed(by_id, None, Some(3), 2).await.unwrap(), ids(&[4, 7]));
    assert_eq!(listed(by_id, Some(SessionKind::DetectWithVerify), None, 5).await.unwrap(), ids(&[2]));
    // An id that is gone still says where to go on.
    assert_eq!(listed(by_id, None, Some(5), 5).await.unwrap(), ids(&[7, 9]));
}

pub(crate) async fn texts_are_kept_literally(database: impl Database) {
    let store = database.node().await.unwrap();
    let odd = ["'; DROP TABLE sessions; --", "$1", "?1", "%_\\", "\"", "ünïcødé 🙂", " spaces "];
    for (i, text) in odd.into_iter().enumerate() {
        let number = u128::try_from(i).unwrap();
        let largest = "x".repeat(MAX_DOCUMENT_BYTES - 2);
        let new = NewSession {
            device_correlation_id: Some(CorrelationId::new(text).unwrap()),
            parameters: JsonDocument::parse(format!("\"{largest}\"")).unwrap(),
            ..new_session(number)
        };
        store.create_session(&new).await.unwrap();
        let read = store.session(&id(number), START).await.unwrap().session;
        assert_eq!(read.device_correlation_id.unwrap().as_str(), text);
        assert_eq!(read.parameters, new.parameters);
    }
}

pub(crate) async fn a_closed_store_keeps_what_it_acknowledged(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&new_session(1)).await.unwrap();
    store.begin_attempt(&id(1), &start_at(START)).await.unwrap();
    store.finish_attempt(&id(1), number(1), &real_face(secs_later(9))).await.unwrap();
    let before = store.session(&id(1), START).await.unwrap();
    store.check_ready().await.unwrap();
    store.close().await;
    assert_kind(store.session(&id(1), START).await, StoreErrorKind::Unavailable);
    assert_kind(store.check_ready().await, StoreErrorKind::Unavailable);
    let again = database.node().await.unwrap();
    assert_eq!(again.session(&id(1), START).await.unwrap(), before);
}

pub(crate) async fn a_persons_sessions_are_erased_together(database: impl Database) {
    let store = database.node().await.unwrap();
    let name = |text: &str| Some(CorrelationId::new(text).unwrap());
    let sessions =
        [(1, name("kiosk"), None), (2, name("kiosk"), name("ann")), (3, name("phone"), name("ann"))];
    for (number, device, user) in sessions {
        let (device_correlation_id, user_correlation_id) = (device, user);
        let session = NewSession { device_correlation_id, user_correlation_id, ..new_session(number) };
        store.create_session(&session).await.unwrap();
    }
    store.create_session(&new_session(4)).await.unwrap();
    let erase = async |whose: Whose| {
        let mut erased = store.erase_sessions_of(&whose, "operator", START).await.unwrap();
        erased.sort();
        erased
    };
    assert_eq!(erase(Whose::User(name("kiosk").unwrap())).await, []);
    assert_eq!(erase(Whose::User(name("ann").unwrap())).await, [id(2), id(3)]);
    assert_eq!(erase(Whose::Device(name("kiosk").unwrap())).await, [id(1)]);
    assert_eq!(erase(Whose::Session(id(4))).await, [id(4)]);
    assert_eq!(erase(Whose::Session(id(4))).await, []);
    // Each is on record, in a chain.
    let (log, mut chain) = (store.audit_log(0, PageSize::MAX).await.unwrap(), AuditChain::START);
    log.iter().for_each(|entry| chain.follow(entry).unwrap());
    let recorded = log.iter().map(|entry| (entry.entry.actor.as_str(), entry.entry.action));
    assert_eq!(recorded.collect::<Vec<_>>(), [("operator", AuditAction::SessionErased); 4]);
    let mut sessions: Vec<_> = log.into_iter().filter_map(|entry| entry.entry.session).collect();
    sessions.sort();
    assert_eq!(sessions, [1, 2, 3, 4].map(id));
    store.close().await;
}
