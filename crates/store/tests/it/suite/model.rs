//! Random sequences of calls beside a model of the rules: every answer must be the model's.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;

/// Sequences, and the calls in each. Enough to meet every refusal many times.
const SEQUENCES: u128 = 32;
const CALLS: usize = 30;

#[derive(Debug, Clone, Copy)]
enum Call {
    Wait(u64),
    Begin,
    Finish { number: u32, retry: bool, succeeds: bool },
    Cancel,
    Erase,
    Purge,
}

fn any_call() -> impl Strategy<Value = Call> {
    prop_oneof![
        3 => (1..50u64).prop_map(Call::Wait),
        6 => Just(Call::Begin),
        6 => (1..4u32, proptest::bool::weighted(0.8), any::<bool>())
            .prop_map(|(number, retry, succeeds)| Call::Finish { number, retry, succeeds }),
        1 => Just(Call::Cancel),
        1 => Just(Call::Erase),
        2 => Just(Call::Purge),
    ]
}

/// A session of three attempts, a token of 200 s and a retention of 400 s.
struct Model {
    is_there: bool,
    is_open: bool,
    status: SessionStatus,
    attempts: Vec<AttemptStatus>,
    running_until_secs: Option<u64>,
}

impl Model {
    fn end_running(&mut self, status: AttemptStatus, session: SessionStatus) {
        *self.attempts.last_mut().expect("one is running") = status;
        self.status = session;
        self.running_until_secs = None;
    }

    fn cancel_overdue(&mut self, now_secs: u64) {
        if self.running_until_secs.is_some_and(|until| until <= now_secs) {
            self.end_running(AttemptStatus::Canceled, SessionStatus::Canceled);
        }
    }

    fn call(&mut self, call: Call, now_secs: u64) -> Result<(), StoreErrorKind> {
        if now_secs >= 400 {
            self.is_there = false;
        }
        if !self.is_there {
            return match call {
                Call::Wait(_) | Call::Purge => Ok(()),
                _ => Err(StoreErrorKind::NotFound),
            };
        }
        match call {
            Call::Wait(_) => {}
            Call::Begin => {
                self.cancel_overdue(now_secs);
                if self.running_until_secs.is_some() {
                    return Err(StoreErrorKind::AlreadyRunning);
                }
                if !self.is_open {
                    return Err(StoreErrorKind::SessionClosed);
                }
                if now_secs >= 200 {
                    return Err(StoreErrorKind::Expired);
                }
                if self.attempts.len() == 3 {
                    return Err(StoreErrorKind::AttemptsUsedUp);
                }
                self.attempts.push(AttemptStatus::Running);
                self.status = SessionStatus::Running;
                self.running_until_secs = Some(now_secs + 60);
            }
            Call::Finish { number, retry, succeeds } => {
                if self.running_until_secs.is_none() || self.attempts.len() != number as usize {
                    return Err(StoreErrorKind::AttemptNotRunning);
                }
                self.is_open = retry;
                if succeeds {
                    self.end_running(AttemptStatus::Succeeded, SessionStatus::Succeeded);
                } else {
                    self.end_running(AttemptStatus::Failed, SessionStatus::Failed);
                }
            }
            Call::Cancel => {
                if !self.is_open {
                    return Err(StoreErrorKind::SessionClosed);
                }
                if self.running_until_secs.is_some() {
                    self.end_running(AttemptStatus::Canceled, SessionStatus::Canceled);
                }
                self.status = SessionStatus::Canceled;
                self.is_open = false;
            }
            Call::Erase => self.is_there = false,
            Call::Purge => self.cancel_overdue(now_secs),
        }
        Ok(())
    }
}

async fn call(store: &SqlStore, id: &SessionId, call: Call, now: UnixMillis) -> Result<(), StoreErrorKind> {
    let result = match call {
        Call::Wait(_) => Ok(()),
        Call::Begin => store.begin_attempt(id, &start_at(now)).await.map(drop),
        Call::Finish { number, retry, succeeds } => {
            let outcome = if succeeds { real_face(now) } else { failed(now) };
            let after = if retry { AfterAttempt::AllowRetry } else { AfterAttempt::Close };
            store.finish_attempt(id, self::number(number), &AttemptOutcome { after, ..outcome }).await
        }
        Call::Cancel => store.cancel_session(id, now).await,
        Call::Erase => store.erase_session(id, now).await,
        Call::Purge => store.purge(now, 100).await.map(drop),
    };
    result.map_err(|error| error.kind())
}

pub(crate) async fn any_sequence_of_calls_does_as_the_rules_say(database: impl Database) {
    let store = database.node().await.unwrap();
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let sequences = proptest::collection::vec(any_call(), CALLS);
    let mut met = std::collections::HashSet::new();
    for sequence_number in 0..SEQUENCES {
        let calls = sequences.new_tree(&mut runner).unwrap().current();
        let session = NewSession {
            token_time_to_live: TokenTimeToLive::from_secs(200).unwrap(),
            retention: Retention::new(Duration::from_secs(400)).unwrap(),
            ..patient_session(sequence_number)
        };
        store.create_session(&session).await.unwrap();
        let mut model = Model {
            is_there: true,
            is_open: true,
            status: SessionStatus::NotStarted,
            attempts: Vec::new(),
            running_until_secs: None,
        };
        let mut now_secs = 0;
        for (i, next) in calls.iter().enumerate() {
            if let Call::Wait(secs) = next {
                now_secs += secs;
            }
            let expected = model.call(*next, now_secs);
            let actual = call(&store, &session.id, *next, secs_later(now_secs)).await;
            assert_eq!(actual, expected, "call {i} of {calls:?}");
            met.extend(expected.err());
            let read = store.session(&session.id, secs_later(now_secs)).await;
            assert_eq!(read.is_ok(), model.is_there, "after call {i} of {calls:?}");
            let Ok(read) = read else { continue };
            let mut statuses: Vec<_> = read.attempts.iter().map(|attempt| attempt.status).collect();
            statuses.reverse();
            assert_eq!(statuses, model.attempts, "after call {i} of {calls:?}");
            assert_eq!(
                (read.session.status, read.session.is_open, read.session.attempts_begun as usize),
                (model.status, model.is_open, model.attempts.len()),
                "after call {i} of {calls:?}"
            );
        }
    }
    for refusal in [
        StoreErrorKind::NotFound,
        StoreErrorKind::AlreadyRunning,
        StoreErrorKind::SessionClosed,
        StoreErrorKind::Expired,
        StoreErrorKind::AttemptsUsedUp,
        StoreErrorKind::AttemptNotRunning,
    ] {
        assert!(met.contains(&refusal), "no sequence met {refusal:?}: the test proves less than it says");
    }
}
