//! Abuse monitoring: who fails too often waits, and every rule says why.
//!
//! Failures are counted against the device, the user and the network of an attempt. The store knows them by keyed hashes
//! alone: no address and no name can be read from its counters. What was sent before is known again by marks.

mod marks;
mod report;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use verilume_store::{
    AbuseSubject, FailedAttempt, JsonDocument, SecretBytes, SessionId, Setting, Store, StoreError,
    StoreErrorKind, SubjectState, UnixMillis, VelocityRule,
};

pub(crate) use marks::Likeness;
use marks::Marker;
pub(crate) use report::AbuseReport;
use report::Flagged;

use crate::analysis::CaptureTrail;
use crate::network::neighbourhood;

/// A capture is compared with this many before it. Origin: a day of a small service, and a few milliseconds.
const COMPARED_WITH: u32 = 2000;

/// When failures lock, and when locks call for a person's look.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct AbuseRules {
    /// Failures, their time, and the lock that follows. Origin: reasoning; a person who fails in a poor place gives up
    /// after the three attempts of a session, a presentation attack is tried again and again.
    pub velocity: VelocityRule,
    /// From this many locks in a row an attempt says that somebody should look at it. Initial: the second.
    pub review_from_locks: u32,
}

impl Default for AbuseRules {
    fn default() -> Self {
        Self {
            velocity: VelocityRule {
                max_failures: 5,
                within: Duration::from_secs(3 * 60),
                lock_for: Duration::from_secs(30 * 60),
                repeats_within: Duration::from_secs(24 * 3600),
            },
            review_from_locks: 2,
        }
    }
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubjectKind {
    Device,
    User,
    Network,
}

impl SubjectKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::User => "user",
            Self::Network => "network",
        }
    }

    /// The stable name of the rule.
    fn rule(self) -> &'static str {
        match self {
            Self::Device => "velocity_device",
            Self::User => "velocity_user",
            Self::Network => "velocity_network",
        }
    }
}

/// Who an attempt is counted against, while the monitoring is switched on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watched {
    is_on: bool,
    subjects: Vec<(SubjectKind, AbuseSubject)>,
}

impl Watched {
    fn subjects(&self) -> Vec<AbuseSubject> {
        self.subjects.iter().map(|(_, subject)| subject.clone()).collect()
    }
}

/// Somebody is locked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lock {
    /// By the rule of this name.
    pub(crate) rule: &'static str,
    /// For so long.
    pub(crate) left: Duration,
}

/// Who is asking.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Suspect<'a> {
    pub(crate) device: Option<&'a str>,
    pub(crate) user: Option<&'a str>,
    pub(crate) address: Option<IpAddr>,
}

/// Counts failures and knows who is locked out.
pub(crate) struct AbuseWatch {
    store: Arc<dyn Store>,
    key: SecretBytes,
    marker: Marker,
    rules: AbuseRules,
}

impl AbuseWatch {
    pub(crate) fn new(store: Arc<dyn Store>, key: SecretBytes, rules: AbuseRules) -> Self {
        Self { store, marker: Marker::new(key.clone()), key, rules }
    }

    /// Whom to count an attempt against. Nobody while the monitoring is switched off.
    pub(crate) async fn watched(&self, suspect: Suspect<'_>) -> Result<Watched, StoreError> {
        if !self.store.is_on(Setting::AbuseMonitoring).await? {
            return Ok(Watched::default());
        }
        // Without a proxy's word, this machine is everybody.
        let network = suspect.address.filter(|address| !address.is_loopback()).map(neighbourhood);
        let names = [
            (SubjectKind::Device, suspect.device),
            (SubjectKind::User, suspect.user),
            (SubjectKind::Network, network.as_deref()),
        ];
        let named = names.into_iter().filter_map(|(kind, name)| Some((kind, name?)));
        let subjects = named.map(|(kind, name)| Ok((kind, self.subject(kind, name)?)));
        Ok(Watched { is_on: true, subjects: subjects.collect::<Result<_, StoreError>>()? })
    }

    fn subject(&self, kind: SubjectKind, name: &str) -> Result<AbuseSubject, StoreError> {
        let digits = self.keyed_hash(kind.as_str(), name);
        AbuseSubject::new(format!("{}:{digits}", kind.as_str()))
    }

    /// 32 hexadecimal digits that only a node of this service can make of a text, for one purpose.
    pub(crate) fn keyed_hash(&self, purpose: &str, text: &str) -> String {
        // Any length of key will do for this function.
        let mut hash = Hmac::<Sha256>::new_from_slice(self.key.expose()).expect("a key of any length");
        hash.update(purpose.as_bytes());
        hash.update(&[0]);
        hash.update(text.as_bytes());
        hash.finalize().into_bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The lock that keeps them out longest, if one does.
    pub(crate) async fn lock_of(
        &self,
        watched: &Watched,
        now: UnixMillis,
    ) -> Result<Option<Lock>, StoreError> {
        let states = self.states(watched, now).await?;
        let kinds = watched.subjects.iter().map(|(kind, _)| *kind);
        let locks = kinds.zip(&states).filter_map(|(kind, state)| Some((state.locked_until?, kind)));
        Ok(locks.max_by_key(|(until, _)| *until).map(|(until, kind)| {
            let left = until.as_millis().saturating_sub(now.as_millis());
            Lock { rule: kind.rule(), left: Duration::from_millis(u64::try_from(left).unwrap_or_default()) }
        }))
    }

    /// Counts an attempt that failed.
    pub(crate) async fn failed(&self, watched: &Watched, failure: &FailedAttempt) -> Result<(), StoreError> {
        if watched.subjects.is_empty() {
            return Ok(());
        }
        self.store.record_failure(&watched.subjects(), failure, &self.rules.velocity).await
    }

    /// The capture of another session that is most like this one, which is marked for those to come. Nothing is marked while
    /// the monitoring is switched off.
    pub(crate) async fn most_like(
        &self,
        watched: &Watched,
        session: &SessionId,
        attempt: u32,
        trail: &CaptureTrail,
        now: UnixMillis,
    ) -> Result<Option<Likeness>, StoreError> {
        if !watched.is_on {
            return Ok(None);
        }
        let marked = self.marker.marks_of(trail);
        let earlier = self.store.marked_captures(COMPARED_WITH).await?;
        let kept = marked.kept(session, attempt, now);
        // Some ten milliseconds with all of them: not on a thread that carries connections.
        let session = session.clone();
        let compared = tokio::task::spawn_blocking(move || marked.most_like(&session, &earlier));
        self.store.mark_capture(&kept).await?;
        // Ends without an answer only when the service does.
        Ok(compared.await.unwrap_or_default())
    }

    /// What the rules say of an attempt that has ended; `None` while the monitoring is switched off.
    pub(crate) async fn report(
        &self,
        watched: &Watched,
        ended: &FailedAttempt,
        most_like: Option<&Likeness>,
    ) -> Result<Option<AbuseReport>, StoreError> {
        if !watched.is_on {
            return Ok(None);
        }
        let states = self.states(watched, ended.at).await?;
        let kinds = watched.subjects.iter().map(|(kind, _)| *kind);
        let mut report = AbuseReport::of(kinds.zip(&states), most_like, ended, &self.rules);
        for other in report.others_mut() {
            other.session_image_id = self.picture_of(other, ended.at).await?;
        }
        Ok(Some(report))
    }

    /// The id of the picture of another attempt; `None` if it has none, or has been erased meanwhile.
    async fn picture_of(&self, other: &Flagged, now: UnixMillis) -> Result<Option<String>, StoreError> {
        let history = match self.store.session(&SessionId::parse(&other.session_id)?, now).await {
            Ok(history) => history,
            Err(error) if error.kind() == StoreErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let attempt = history.attempts.iter().find(|attempt| attempt.number.get() == other.attempt_id);
        let document = attempt.and_then(|attempt| attempt.document.as_ref()).map(JsonDocument::to_value);
        Ok(document.and_then(|document| Some(document["result"]["sessionImageId"].as_str()?.to_owned())))
    }

    async fn states(&self, watched: &Watched, now: UnixMillis) -> Result<Vec<SubjectState>, StoreError> {
        if watched.subjects.is_empty() {
            return Ok(Vec::new());
        }
        self.store.subject_states(&watched.subjects(), &self.rules.velocity, now).await
    }
}
