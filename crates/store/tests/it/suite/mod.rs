//! What every store must do, whichever database it is in.

pub(crate) mod attempts;
pub(crate) mod faces;
pub(crate) mod images;
pub(crate) mod keys;
pub(crate) mod model;
pub(crate) mod people;
pub(crate) mod races;
pub(crate) mod sessions;
pub(crate) mod watch;

use std::future::Future;
use std::time::Duration;

use verilume_store::*;

/// A database of its own for one case.
pub(crate) trait Database: Send + Sync + 'static {
    /// Another node: its own connections to the same database.
    fn node(&self) -> impl Future<Output = Result<SqlStore, StoreError>> + Send;
}

/// Hands every case of the suite to `$run`, by name.
macro_rules! for_each_case {
    ($run:ident) => {
        $run! {
            sessions: a_session_reads_back_as_it_was_created,
            sessions: an_id_is_taken_once,
            sessions: sessions_are_created_together_or_not_at_all,
            sessions: what_is_not_there_is_not_found,
            sessions: erasing_takes_everything_at_once,
            sessions: a_session_past_its_retention_is_not_there,
            sessions: purging_erases_what_is_past_its_retention_in_batches,
            sessions: lists_are_pages_in_order,
            sessions: a_persons_sessions_are_erased_together,
            sessions: texts_are_kept_literally,
            sessions: a_closed_store_keeps_what_it_acknowledged,
            attempts: an_attempt_runs_and_ends_once,
            attempts: retries_are_numbered_and_read_newest_first,
            attempts: no_attempt_begins_after_the_token_expired,
            attempts: an_attempt_whose_node_died_gives_way,
            attempts: purging_cancels_attempts_whose_time_is_over,
            attempts: a_cancelled_session_is_over,
            attempts: the_first_correlation_id_stays,
            attempts: a_token_is_used_once,
            keys: a_key_opens_until_it_expires_or_is_revoked,
            keys: keys_are_listed_without_secrets,
            keys: a_secret_is_made_once,
            races: of_many_beginners_one_wins,
            races: of_many_finishers_one_wins,
            races: of_many_users_of_a_token_one_wins,
            races: nodes_that_start_together_share_one_secret,
            races: purges_share_the_work,
            races: writers_on_many_nodes_lose_nothing,
            images: a_picture_is_read_back_while_its_session_is_there,
            images: keys_of_pictures_are_wrapped_anew,
            images: a_secret_has_versions,
            people: a_collection_is_made_once_and_erased,
            people: collections_are_listed_and_changed,
            people: people_and_faces_read_back,
            people: limits_hold_on_many_nodes,
            people: a_training_makes_what_was_there_searchable,
            people: what_can_be_searched_is_read_in_pages,
            people: erasing_a_person_takes_their_faces_and_memberships,
            people: a_face_is_with_its_owner_alone,
            people: templates_of_people_are_sealed_anew,
            people: ten_thousand_faces_outlive_a_restart,
            faces: a_face_is_known_on_every_node_until_its_time_is_over,
            faces: a_reference_goes_with_its_session,
            faces: templates_are_sealed_anew,
            watch: too_many_failures_lock_for_a_while,
            watch: failures_outlive_their_session_without_naming_it,
            watch: failures_on_many_nodes_lock_once,
            watch: marks_of_captures_outlive_their_session,
            watch: the_audit_log_is_one_chain,
            watch: a_setting_is_switched_for_every_node,
            model: any_sequence_of_calls_does_as_the_rules_say,
        }
    };
}
pub(crate) use for_each_case;

/// An hour of a day in 2023; every case counts from it.
pub(crate) const START: UnixMillis = UnixMillis::from_millis(1_700_000_000_000);

pub(crate) fn secs_later(secs: u64) -> UnixMillis {
    START.plus(Duration::from_secs(secs))
}

pub(crate) fn id(number: u128) -> SessionId {
    SessionId::from_random(number.to_be_bytes())
}

/// A session of ten minutes with one attempt, created at [`START`].
pub(crate) fn new_session(number: u128) -> NewSession {
    NewSession {
        id: id(number),
        kind: SessionKind::Detect,
        operation_mode: OperationMode::Passive,
        parameters: JsonDocument::parse("{}").unwrap(),
        device_correlation_id: None,
        user_correlation_id: None,
        attempts_allowed: AttemptLimit::new(1).unwrap(),
        token_time_to_live: TokenTimeToLive::from_secs(600).unwrap(),
        retention: Retention::MAX,
        created_at: START,
    }
}

/// The same with three attempts.
pub(crate) fn patient_session(number: u128) -> NewSession {
    NewSession { attempts_allowed: AttemptLimit::new(3).unwrap(), ..new_session(number) }
}

/// A start at `now` of an attempt of one minute.
pub(crate) fn start_at(now: UnixMillis) -> AttemptStart {
    AttemptStart {
        begun_at: now,
        must_end_by: now.plus(Duration::from_secs(60)),
        client: None,
        device_correlation_id: None,
        user_correlation_id: None,
    }
}

pub(crate) fn real_face(now: UnixMillis) -> AttemptOutcome {
    AttemptOutcome {
        ended_at: now,
        end: AttemptEnd::Succeeded {
            decision: Decision::RealFace,
            digest: TranscriptDigest::from_bytes([0xa5; 32]),
        },
        document: JsonDocument::parse(r#"{"score":0.98}"#).unwrap(),
        after: AfterAttempt::Close,
    }
}

pub(crate) fn failed(now: UnixMillis) -> AttemptOutcome {
    AttemptOutcome {
        ended_at: now,
        end: AttemptEnd::Failed,
        document: JsonDocument::parse(r#"{"code":"FaceWithMaskDetected"}"#).unwrap(),
        after: AfterAttempt::AllowRetry,
    }
}

pub(crate) fn number(number: u32) -> AttemptNumber {
    AttemptNumber::new(number).unwrap()
}

pub(crate) async fn keep_key(store: &SqlStore, key: &ApiKey, label: &str, created_at: UnixMillis) {
    let new = NewApiKey {
        key,
        label: &KeyLabel::new(label).unwrap(),
        scopes: &Scopes::new(&[Scope::Sessions]).unwrap(),
        created_at,
        expires_at: None,
    };
    store.create_api_key(new).await.unwrap();
}

#[track_caller]
pub(crate) fn assert_kind<T: std::fmt::Debug>(result: Result<T, StoreError>, expected: StoreErrorKind) {
    let error = result.expect_err("this must be refused");
    assert_eq!(error.kind(), expected, "{error}");
    assert!(!error.next_step().is_empty());
}
