//! What the rules found, in numbers and in words.

use serde::Serialize;
use verilume_store::{FailedAttempt, SessionId, SubjectState};

use super::{AbuseRules, SubjectKind};

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
    /// Failures that count, this attempt's included.
    value: usize,
    threshold: u32,
    /// Locks in a row.
    locks: u32,
    reason: String,
}

/// Another attempt that the same device, user or network failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Flagged {
    session_id: String,
    attempt_id: u32,
}

impl AbuseReport {
    pub(super) fn of<'s>(
        states: impl Iterator<Item = (SubjectKind, &'s SubjectState)>,
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
                report.flag(state, ended);
            }
            report.rules.push(finding);
        }
        report
    }

    /// Names the other attempts behind a finding, each once.
    fn flag(&mut self, state: &SubjectState, ended: &FailedAttempt) {
        for failure in &state.failures {
            let is_this = failure.session == ended.session && failure.attempt == ended.attempt;
            let Some(session) = failure.session.as_ref().filter(|_| !is_this) else { continue };
            let flagged =
                Flagged { session_id: SessionId::as_str(session).to_owned(), attempt_id: failure.attempt };
            if self.other_flagged_sessions.len() < MAX_OTHERS
                && !self.other_flagged_sessions.contains(&flagged)
            {
                self.other_flagged_sessions.push(flagged);
            }
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
            locks: state.locks,
            reason,
        }
    }
}
