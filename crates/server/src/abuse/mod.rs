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
    AbuseSubject, FailedAttempt, SecretBytes, SessionId, Setting, Store, StoreError, SubjectState,
    UnixMillis, VelocityRule,
};

pub(crate) use marks::Likeness;
use marks::Marker;
pub(crate) use report::AbuseReport;

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
        // Any length of key will do for this function.
        let mut hash = Hmac::<Sha256>::new_from_slice(self.key.expose()).expect("a key of any length");
        hash.update(kind.as_str().as_bytes());
        hash.update(&[0]);
        hash.update(name.as_bytes());
        let digits: String =
            hash.finalize().into_bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        AbuseSubject::new(format!("{}:{digits}", kind.as_str()))
    }

    /// How long they are locked out, if they are.
    pub(crate) async fn locked_for(
        &self,
        watched: &Watched,
        now: UnixMillis,
    ) -> Result<Option<Duration>, StoreError> {
        let states = self.states(watched, now).await?;
        let until = states.iter().filter_map(|state| state.locked_until).max();
        let left = until.map(|until| until.as_millis().saturating_sub(now.as_millis()));
        Ok(left.map(|left| Duration::from_millis(u64::try_from(left).unwrap_or_default())))
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
        Ok(Some(AbuseReport::of(kinds.zip(&states), most_like, ended, &self.rules)))
    }

    async fn states(&self, watched: &Watched, now: UnixMillis) -> Result<Vec<SubjectState>, StoreError> {
        if watched.subjects.is_empty() {
            return Ok(Vec::new());
        }
        self.store.subject_states(&watched.subjects(), &self.rules.velocity, now).await
    }
}
