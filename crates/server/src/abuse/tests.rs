use serde_json::json;
use verilume_store::{
    AfterAttempt, AttemptEnd, AttemptOutcome, AttemptStart, AttemptStore as _, Decision, SessionStore as _,
    SettingsStore as _, SqlStore, TranscriptDigest,
};

use super::*;
use crate::testing::new_session;

struct Stage {
    watch: AbuseWatch,
    store: Arc<SqlStore>,
    _folder: tempfile::TempDir,
}

const NOW: UnixMillis = UnixMillis::from_millis(1_700_000_000_000);

impl Stage {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqlStore::open_folder(folder.path()).await.unwrap());
        let key = SecretBytes::new(vec![7; 32]).unwrap();
        let watch = AbuseWatch::new(Arc::clone(&store) as Arc<dyn Store>, key, AbuseRules::default());
        Self { watch, store, _folder: folder }
    }

    async fn watched(&self, device: &str, address: &str) -> Watched {
        let suspect = Suspect { device: Some(device), user: None, address: Some(address.parse().unwrap()) };
        self.watch.watched(suspect).await.unwrap()
    }

    async fn fail(&self, watched: &Watched, times: u64, from_secs: u64) {
        for second in from_secs..from_secs + times {
            self.watch.failed(watched, &failure(second)).await.unwrap();
        }
    }

    async fn lock(&self, watched: &Watched, at_secs: u64) -> Option<Lock> {
        self.watch.lock_of(watched, after(at_secs)).await.unwrap()
    }

    async fn wait_secs(&self, watched: &Watched, at_secs: u64) -> Option<u64> {
        self.lock(watched, at_secs).await.map(|lock| lock.left.as_secs())
    }
}

fn after(secs: u64) -> UnixMillis {
    NOW.plus(Duration::from_secs(secs))
}

fn failure(secs: u64) -> FailedAttempt {
    FailedAttempt { session: None, attempt: 1, at: after(secs) }
}

#[tokio::test]
async fn five_failures_in_three_minutes_lock_the_device_and_its_network() {
    let stage = Stage::new().await;
    let one = stage.watched("one", "203.0.113.7").await;
    stage.fail(&one, 4, 0).await;
    assert_eq!(stage.wait_secs(&one, 5).await, None);
    stage.fail(&one, 1, 10).await;
    assert_eq!(stage.wait_secs(&one, 10).await, Some(1800));
    let neighbour = stage.watched("two", "203.0.113.99").await;
    assert_eq!(stage.wait_secs(&neighbour, 11).await, Some(1799));
    assert_eq!(stage.lock(&neighbour, 11).await.unwrap().rule, "velocity_network");
    let elsewhere = stage.watched("two", "203.0.114.1").await;
    assert_eq!(stage.wait_secs(&elsewhere, 11).await, None);
    assert_eq!(stage.wait_secs(&one, 1811).await, None);
}

#[tokio::test]
async fn this_machine_is_not_counted_as_a_network() {
    let stage = Stage::new().await;
    let local = stage.watched("one", "127.0.0.1").await;
    stage.fail(&local, 9, 0).await;
    assert_eq!(stage.wait_secs(&stage.watched("two", "127.0.0.1").await, 10).await, None);
}

#[tokio::test]
async fn nobody_is_watched_while_it_is_switched_off() {
    let stage = Stage::new().await;
    let watched = stage.watched("one", "203.0.113.7").await;
    stage.fail(&watched, 9, 0).await;
    stage.store.switch(Setting::AbuseMonitoring, false, NOW).await.unwrap();
    let unwatched = stage.watched("one", "203.0.113.7").await;
    assert_eq!(stage.wait_secs(&unwatched, 10).await, None);
    assert_eq!(stage.watch.report(&unwatched, &failure(10), None).await.unwrap(), None);
}

#[tokio::test]
async fn the_report_names_the_rule_and_the_other_attempts() {
    let stage = Stage::new().await;
    let watched = stage.watched("one", "127.0.0.1").await;
    let session = SessionId::from_random([9; 16]);
    let other = FailedAttempt { session: None, ..failure(3) };
    for failure in [failure(0), failure(1), failure(2), other] {
        stage.watch.failed(&watched, &failure).await.unwrap();
    }
    let ended = FailedAttempt { session: Some(session), attempt: 2, at: after(5) };
    let calm = stage.watch.report(&watched, &ended, None).await.unwrap();
    assert_eq!(json!(calm)["isAbuseDetected"], false);
    stage.fail(&watched, 1, 5).await;
    let report = json!(stage.watch.report(&watched, &ended, None).await.unwrap());
    assert_eq!((&report["isAbuseDetected"], &report["needsReview"]), (&json!(true), &json!(false)));
    assert_eq!(
        report["rules"],
        json!([
            {
                "rule": "velocity_device", "fired": true, "value": 5, "threshold": 5, "locks": 1,
                "reason": "this device failed 5 times within 3 minutes and waits for 30 minutes",
            },
            {
                "rule": "replayed_capture", "fired": false, "value": 0, "threshold": 88,
                "reason": "this capture is like none of another session",
            },
        ])
    );
    stage.fail(&watched, 5, 2000).await;
    let again = json!(stage.watch.report(&watched, &failure(2005), None).await.unwrap());
    assert_eq!(again["needsReview"], true, "the second lock in a row");
}

#[tokio::test]
async fn counters_hold_no_names() {
    let stage = Stage::new().await;
    let watched = stage.watched("the kiosk at the entrance", "203.0.113.7").await;
    for (_, subject) in &watched.subjects {
        assert!(!subject.as_str().contains("kiosk") && !subject.as_str().contains("203"), "{subject:?}");
    }
}

#[tokio::test]
async fn a_capture_that_comes_again_calls_for_a_look() {
    let stage = Stage::new().await;
    let watched = stage.watched("one", "127.0.0.1").await;
    let trail = CaptureTrail { frames: vec![[8; 32]; 3], courses: Vec::new() };
    let sessions = [1, 2].map(|number| SessionId::from_random([number; 16]));
    for number in [1, 2] {
        stage.store.create_session(&new_session(number, NOW)).await.unwrap();
    }
    keep_picture(&stage.store, &sessions[0]).await;
    let first = stage.watch.most_like(&watched, &sessions[0], 1, &trail, NOW).await.unwrap();
    assert_eq!(first, None);
    let replay = stage.watch.most_like(&watched, &sessions[1], 1, &trail, NOW).await.unwrap();
    assert!(replay.as_ref().is_some_and(|replay| replay.is_exact));
    let report = json!(stage.watch.report(&watched, &failure(1), replay.as_ref()).await.unwrap());
    assert_eq!((&report["isAbuseDetected"], &report["needsReview"]), (&json!(true), &json!(true)));
    let other =
        json!([{ "sessionId": sessions[0].as_str(), "attemptId": 1, "sessionImageId": "the picture" }]);
    assert_eq!(report["otherFlaggedSessions"], other);
}

/// A first attempt whose result names a picture.
async fn keep_picture(store: &SqlStore, session: &SessionId) {
    let start = AttemptStart {
        begun_at: NOW,
        must_end_by: after(60),
        client: None,
        device_correlation_id: None,
        user_correlation_id: None,
    };
    let number = store.begin_attempt(session, &start).await.unwrap();
    let document = json!({ "result": { "sessionImageId": "the picture" } });
    let end =
        AttemptEnd::Succeeded { decision: Decision::RealFace, digest: TranscriptDigest::from_bytes([1; 32]) };
    let outcome = AttemptOutcome {
        ended_at: NOW,
        end,
        document: JsonDocument::from_value(&document).unwrap(),
        after: AfterAttempt::Close,
    };
    store.finish_attempt(session, number, &outcome).await.unwrap();
}
