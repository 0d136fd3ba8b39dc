//! What the service says, and what follows from it.

use std::collections::VecDeque;
use std::time::Duration;

use verilume_frame::Timestamp;
use verilume_protocol::errors::ErrorCode;
use verilume_protocol::stream::{
    AbortReason, AttemptResult, DecodeLimits, MessageBytes, Outcome, Plan, ProblemMessage, ServerMessage,
};

use super::run::Run;
use crate::attempt::ReceivedPlan;
use crate::{CaptureState, Failure, Output, Terminal, TryAgain};

impl Run {
    pub(super) fn message(
        &mut self,
        bytes: &[u8],
        now: Timestamp,
        out: &mut VecDeque<Output>,
    ) -> Result<(), Terminal> {
        let Ok(message) = ServerMessage::decode(bytes, &DecodeLimits::default()) else {
            return Err(self.fail(AbortReason::Protocol, ErrorCode::ServerMessageInvalid, out));
        };
        match message {
            ServerMessage::Plan(plan) => self.plan(plan, MessageBytes::hash_of(bytes), now, out),
            ServerMessage::Reveal(reveal) => match &mut self.attempt {
                // What was on its way when an attempt ended belongs to nothing any more.
                None => Ok(()),
                Some(attempt) => match attempt.reveal(&reveal) {
                    Ok(()) => Ok(()),
                    Err(error) => Err(self.fail(AbortReason::Protocol, error.code(), out)),
                },
            },
            ServerMessage::AttemptResult(result) => self.result(result, now, out),
            ServerMessage::Problem(problem) => {
                self.drop_attempt(out);
                Err(Terminal::Failed(failure(problem)))
            }
            _ => Ok(()),
        }
    }

    fn plan(
        &mut self,
        plan: Box<Plan>,
        sha256: [u8; 32],
        now: Timestamp,
        out: &mut VecDeque<Output>,
    ) -> Result<(), Terminal> {
        let is_same_session = self.session_id.as_ref().is_none_or(|known| *known == plan.session_id);
        if self.plans_due == 0 || plan.attempt <= self.last_attempt || !is_same_session {
            return Err(self.fail(AbortReason::Protocol, ErrorCode::ServerMessageInvalid, out));
        }
        if plan.attempts_left == 0 {
            return Err(self.fail(AbortReason::Protocol, ErrorCode::AttemptsExhausted, out));
        }
        // Who asked for no flashes is shown none, whatever a service makes of the wish.
        if self.wants_no_flashes && !plan.profile.is_steady() && !self.is_to_be_replaced() {
            return Err(self.fail(AbortReason::Protocol, ErrorCode::FlashesRequired, out));
        }
        if let Some(session_ms) = plan.limits.session_ms {
            let ends_at = now + Duration::from_millis(session_ms.into());
            self.session_ends_at = self.session_ends_at.min(ends_at);
        }
        self.plans_due -= 1;
        self.last_attempt = plan.attempt;
        self.session_id = Some(plan.session_id.clone());
        self.plan = Some(ReceivedPlan { plan, sha256 });
        if matches!(self.state(), CaptureState::Connecting | CaptureState::Replanning) {
            self.await_plan(now, out);
        }
        Ok(())
    }

    fn result(
        &mut self,
        result: AttemptResult,
        now: Timestamp,
        out: &mut VecDeque<Output>,
    ) -> Result<(), Terminal> {
        let Some((attempt, digest)) = self.judged.take().filter(|_| self.state() == CaptureState::Checking)
        else {
            return Err(self.fail(AbortReason::Protocol, ErrorCode::ServerMessageInvalid, out));
        };
        if result.attempt != attempt {
            return Err(self.fail(AbortReason::Protocol, ErrorCode::ServerMessageInvalid, out));
        }
        if result.digest != digest {
            return Err(self.fail(AbortReason::Protocol, ErrorCode::DigestMismatch, out));
        }
        match result.outcome {
            Outcome::TryAgain if result.attempts_left > 0 => {
                let hint = ErrorCode::by_str(&result.hint);
                self.plans_due += 1;
                self.enter(CaptureState::Retry, now, out);
                out.push_back(Output::TryAgain(TryAgain { hint, attempts_left: result.attempts_left }));
                Ok(())
            }
            Outcome::TryAgain => Err(self.fail(AbortReason::Protocol, ErrorCode::AttemptsExhausted, out)),
            _ => Err(Terminal::Finished { result_id: result.result_id, digest }),
        }
    }
}

fn failure(problem: ProblemMessage) -> Failure {
    let known = ErrorCode::by_str(&problem.code);
    Failure {
        code: known.unwrap_or(ErrorCode::UnexpectedServerError),
        unknown_code: known.is_none().then_some(problem.code),
        is_retryable: problem.is_retryable,
        retry_after: problem.retry_after_ms.map(|retry_ms| Duration::from_millis(retry_ms.into())),
    }
}
