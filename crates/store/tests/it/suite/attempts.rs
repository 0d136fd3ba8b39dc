use super::*;

pub(crate) async fn an_attempt_runs_and_ends_once(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&patient_session(1)).await.unwrap();
    let backwards = AttemptStart { must_end_by: START, ..start_at(START) };
    assert_kind(store.begin_attempt(&id(1), &backwards).await, StoreErrorKind::Malformed);
    assert_kind(
        store.finish_attempt(&id(1), number(1), &failed(START)).await,
        StoreErrorKind::AttemptNotRunning,
    );

    let client = JsonDocument::parse(r#"{"ip":"192.0.2.7"}"#).unwrap();
    let start = AttemptStart { client: Some(client.clone()), ..start_at(secs_later(5)) };
    assert_eq!(store.begin_attempt(&id(1), &start).await.unwrap(), number(1));
    let running = store.session(&id(1), START).await.unwrap();
    assert_eq!(running.session.status, SessionStatus::Running);
    assert_eq!(running.session.started_at, Some(secs_later(5)));
    assert_eq!(running.session.attempts_begun, 1);
    let held = running.session.running.unwrap();
    assert_eq!((held.number, held.must_end_by), (number(1), secs_later(65)));
    let attempt = &running.attempts[0];
    assert_eq!(attempt.status, AttemptStatus::Running);
    assert_eq!((attempt.begun_at, attempt.must_end_by), (secs_later(5), secs_later(65)));
    assert_eq!((attempt.ended_at, attempt.decision, attempt.digest), (None, None, None));
    assert_eq!((&attempt.document, &attempt.client), (&None, &Some(client)));
    assert_kind(store.begin_attempt(&id(1), &start).await, StoreErrorKind::AlreadyRunning);
    let outcome = real_face(secs_later(20));
    assert_kind(store.finish_attempt(&id(1), number(2), &outcome).await, StoreErrorKind::AttemptNotRunning);

    store.finish_attempt(&id(1), number(1), &outcome).await.unwrap();
    let ended = store.session(&id(1), START).await.unwrap();
    assert_eq!(ended.session.status, SessionStatus::Succeeded);
    assert!(!ended.session.is_open && ended.session.running.is_none());
    let attempt = &ended.attempts[0];
    assert_eq!(attempt.status, AttemptStatus::Succeeded);
    assert_eq!(attempt.ended_at, Some(secs_later(20)));
    assert_eq!(attempt.decision, Some(Decision::RealFace));
    assert_eq!(attempt.digest.unwrap().to_string(), "A5".repeat(32));
    assert_eq!(attempt.document, Some(outcome.document.clone()));

    let again = store.finish_attempt(&id(1), number(1), &failed(secs_later(21))).await;
    assert_kind(again, StoreErrorKind::AttemptNotRunning);
    assert_kind(store.begin_attempt(&id(1), &start_at(secs_later(30))).await, StoreErrorKind::SessionClosed);
    assert_eq!(store.session(&id(1), START).await.unwrap(), ended);
}

pub(crate) async fn retries_are_numbered_and_read_newest_first(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&patient_session(1)).await.unwrap();
    for attempt in 1..=3 {
        let now = secs_later(u64::from(attempt) * 20);
        assert_eq!(store.begin_attempt(&id(1), &start_at(now)).await.unwrap(), number(attempt));
        let canceled = AttemptOutcome { end: AttemptEnd::Canceled, ..failed(now) };
        let outcome = if attempt == 2 { canceled } else { failed(now) };
        store.finish_attempt(&id(1), number(attempt), &outcome).await.unwrap();
        let status = store.session(&id(1), START).await.unwrap().session.status;
        assert_eq!(status, if attempt == 2 { SessionStatus::Canceled } else { SessionStatus::Failed });
    }
    assert_kind(store.begin_attempt(&id(1), &start_at(secs_later(90))).await, StoreErrorKind::AttemptsUsedUp);
    let history = store.session(&id(1), START).await.unwrap();
    let numbers: Vec<u32> = history.attempts.iter().map(|attempt| attempt.number.get()).collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert_eq!(history.session.started_at, Some(secs_later(20)));
    assert_eq!(history.attempts[2].document.as_ref().unwrap().to_value()["code"], "FaceWithMaskDetected");
}

pub(crate) async fn no_attempt_begins_after_the_token_expired(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&new_session(1)).await.unwrap();
    store.create_session(&new_session(2)).await.unwrap();
    assert_kind(store.begin_attempt(&id(1), &start_at(secs_later(600))).await, StoreErrorKind::Expired);
    // What began in time may end.
    store.begin_attempt(&id(2), &start_at(secs_later(599))).await.unwrap();
    store.finish_attempt(&id(2), number(1), &real_face(secs_later(620))).await.unwrap();
}

pub(crate) async fn an_attempt_whose_node_died_gives_way(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&patient_session(1)).await.unwrap();
    store.begin_attempt(&id(1), &start_at(START)).await.unwrap();
    assert_kind(store.begin_attempt(&id(1), &start_at(secs_later(59))).await, StoreErrorKind::AlreadyRunning);
    assert_eq!(store.begin_attempt(&id(1), &start_at(secs_later(60))).await.unwrap(), number(2));
    // The first node was only slow: it comes too late.
    let late = store.finish_attempt(&id(1), number(1), &real_face(secs_later(61))).await;
    assert_kind(late, StoreErrorKind::AttemptNotRunning);
    let history = store.session(&id(1), START).await.unwrap();
    assert_eq!(history.session.status, SessionStatus::Running);
    assert_eq!(history.attempts[1].status, AttemptStatus::Canceled);
    assert_eq!(history.attempts[1].ended_at, Some(secs_later(60)));

    // Where none is left the refusal still frees the session.
    store.create_session(&new_session(2)).await.unwrap();
    store.begin_attempt(&id(2), &start_at(START)).await.unwrap();
    assert_kind(store.begin_attempt(&id(2), &start_at(secs_later(60))).await, StoreErrorKind::AttemptsUsedUp);
    let history = store.session(&id(2), START).await.unwrap();
    assert_eq!(history.session.status, SessionStatus::Canceled);
    assert_eq!(history.attempts[0].status, AttemptStatus::Canceled);
    // A slow node that nobody replaced still brings its result.
    store.create_session(&new_session(3)).await.unwrap();
    store.begin_attempt(&id(3), &start_at(START)).await.unwrap();
    store.finish_attempt(&id(3), number(1), &real_face(secs_later(61))).await.unwrap();
}

pub(crate) async fn purging_cancels_attempts_whose_time_is_over(database: impl Database) {
    let store = database.node().await.unwrap();
    for number in 1..=3 {
        store.create_session(&patient_session(number)).await.unwrap();
    }
    store.begin_attempt(&id(1), &start_at(START)).await.unwrap();
    store.begin_attempt(&id(2), &start_at(secs_later(30))).await.unwrap();
    let purged = store.purge(secs_later(60), 10).await.unwrap().expect("nobody else purges");
    assert_eq!((purged.sessions_erased, purged.attempts_cancelled), (0, 1));
    let statuses = async |number| {
        let history = store.session(&id(number), START).await.unwrap();
        (history.session.status, history.attempts.first().map(|attempt| attempt.status))
    };
    assert_eq!(statuses(1).await, (SessionStatus::Canceled, Some(AttemptStatus::Canceled)));
    assert_eq!(statuses(2).await, (SessionStatus::Running, Some(AttemptStatus::Running)));
    assert_eq!(statuses(3).await, (SessionStatus::NotStarted, None));
    assert_eq!(store.begin_attempt(&id(1), &start_at(secs_later(61))).await.unwrap(), number(2));
}

pub(crate) async fn a_cancelled_session_is_over(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&patient_session(1)).await.unwrap();
    store.begin_attempt(&id(1), &start_at(START)).await.unwrap();
    store.cancel_session(&id(1), secs_later(3)).await.unwrap();
    let history = store.session(&id(1), START).await.unwrap();
    assert_eq!(history.session.status, SessionStatus::Canceled);
    assert_eq!(history.attempts[0].status, AttemptStatus::Canceled);
    assert_eq!(history.attempts[0].ended_at, Some(secs_later(3)));
    let late = store.finish_attempt(&id(1), number(1), &real_face(secs_later(4))).await;
    assert_kind(late, StoreErrorKind::AttemptNotRunning);
    assert_kind(store.begin_attempt(&id(1), &start_at(secs_later(5))).await, StoreErrorKind::SessionClosed);
    assert_kind(store.cancel_session(&id(1), secs_later(6)).await, StoreErrorKind::SessionClosed);
    store.create_session(&new_session(2)).await.unwrap();
    store.cancel_session(&id(2), START).await.unwrap();
    assert_eq!(store.session(&id(2), START).await.unwrap().session.status, SessionStatus::Canceled);
}

pub(crate) async fn the_first_correlation_id_stays(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&patient_session(1)).await.unwrap();
    for (secs, device) in [(0, "first"), (10, "second")] {
        let start = AttemptStart {
            device_correlation_id: Some(CorrelationId::new(device).unwrap()),
            user_correlation_id: Some(CorrelationId::new(device).unwrap()),
            ..start_at(secs_later(secs))
        };
        let attempt = store.begin_attempt(&id(1), &start).await.unwrap();
        store.finish_attempt(&id(1), attempt, &failed(secs_later(secs + 1))).await.unwrap();
    }
    let session = store.session(&id(1), START).await.unwrap().session;
    assert_eq!(session.device_correlation_id.unwrap().as_str(), "first");
    assert_eq!(session.user_correlation_id.unwrap().as_str(), "first");
}

pub(crate) async fn a_token_is_used_once(database: impl Database) {
    let store = database.node().await.unwrap();
    store.create_session(&new_session(1)).await.unwrap();
    store.create_session(&new_session(2)).await.unwrap();
    let (token, other) = (TokenId::new("a").unwrap(), TokenId::new("b").unwrap());
    store.claim_token(&id(1), &token, START).await.unwrap();
    assert_kind(store.claim_token(&id(1), &token, secs_later(1)).await, StoreErrorKind::TokenUsed);
    store.claim_token(&id(1), &other, START).await.unwrap();
    store.claim_token(&id(2), &token, START).await.unwrap();
}
