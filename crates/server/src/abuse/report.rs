//! What the rules found, in numbers and in words.

use serde::Serialize;
use verilume_store::{FailedAttempt, SessionId, SubjectState};

use super::marks::ALIKE;
use super::{AbuseRules, Likeness, SubjectKind};

/// Other attempts that are named at most.
const MAX_OTHERS: usize = 20;

/// What the rules found about an attempt. It is stored with the attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AbuseReport {
    is_abuse_detected: bool,
    /// Whether somebody should look at it.
    needs_review: bool,
    /// Every rule that was asked.
    rules: Vec<RuleFinding>,
    other_flagged_sessions: Vec<Flagged>,
}

/// What one rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleFinding {
    rule: &'static str,
    fired: bool,
    /// Failures that count, this attempt's included; how alike two captures are, per cent.
    value: usize,
    threshold: u32,
    /// Locks in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    locks: Option<u32>,
    reason: String,
}

/// Another attempt that the same device, user or network failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Flagged {
    pub(super) session_id: String,
    pub(super) attempt_id: u32,
    /// Where the picture of that attempt is, if its session asked for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_image_id: Option<String>,
}

impl AbuseReport {
    pub(super) fn of<'s>(
        states: impl Iterator<Item = (SubjectKind, &'s SubjectState)>,
        most_like: Option<&Likeness>,
        ended: &FailedAttempt,
        rules: &AbuseRules,
    ) -> Self {
        let mut report = Self {
            is_abuse_detected: false,
            needs_review: false,
            rules: Vec::new(),
            other_flagged_sessions: Vec::new(),
        };
        for (kind, state) in states {
            let finding = RuleFinding::of(kind, state, rules);
            if finding.fired {
                report.is_abuse_detected = true;
                report.needs_review |= state.locks >= rules.review_from_locks;
                let is_this = |failure: &&FailedAttempt| {
                    failure.session == ended.session && failure.attempt == ended.attempt
                };
                for failure in state.failures.iter().filter(|failure| !is_this(failure)) {
                    report.flag(failure.session.as_ref(), failure.attempt);
                }
            }
            report.rules.push(finding);
        }
        if let Some(replay) = most_like.filter(|like| like.is_replay()) {
            report.is_abuse_detected = true;
            // No person sends the same film twice.
            report.needs_review = true;
            report.flag(replay.session.as_ref(), replay.attempt);
        }
        report.rules.push(RuleFinding::of_likeness(most_like));
        report
    }

    /// The other attempts that it names.
    pub(super) fn others_mut(&mut self) -> &mut [Flagged] {
        &mut self.other_flagged_sessions
    }

    /// Names another attempt behind a finding, once; one whose session has been erased has no name.
    fn flag(&mut self, session: Option<&SessionId>, attempt_id: u32) {
        let Some(session) = session else { return };
        let flagged = Flagged { session_id: session.as_str().to_owned(), attempt_id, session_image_id: None };
        let is_new = !self.other_flagged_sessions.contains(&flagged);
        if is_new && self.other_flagged_sessions.len() < MAX_OTHERS {
            self.other_flagged_sessions.push(flagged);
        }
    }
}

impl RuleFinding {
    fn of(kind: SubjectKind, state: &SubjectState, rules: &AbuseRules) -> Self {
        let (who, value) = (kind.as_str(), state.failures.len());
        let minutes = rules.velocity.within.as_secs() / 60;
        let fired = state.locked_until.is_some();
        let reason = if fired {
            let lock = rules.velocity.lock_for.as_secs() / 60;
            format!("this {who} failed {value} times within {minutes} minutes and waits for {lock} minutes")
        } else {
            format!("this {who} failed {value} times within {minutes} minutes")
        };
        Self {
            rule: kind.rule(),
            fired,
            value,
            threshold: rules.velocity.max_failures,
            locks: Some(state.locks),
            reason,
        }
    }

    fn of_likeness(most_like: Option<&Likeness>) -> Self {
        let replay = most_like.filter(|like| like.is_replay());
        let reason = match replay {
            None => "this capture is like none of another session",
            Some(replay) if replay.is_exact => {
                "frames of this capture were those of another session bit by bit"
            }
            Some(_) => "the light on the face took the course that it took in another session",
        };
        Self {
            rule: "replayed_capture",
            fired: replay.is_some(),
            value: most_like.map_or(0, |like| like.alike as usize),
            threshold: ALIKE,
            locks: None,
            reason: reason.to_owned(),
        }
    }
}
