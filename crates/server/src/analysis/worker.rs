//! One worker thread: takes jobs of several attempts in turn.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, PoisonError};

use tokio::sync::oneshot;
use verilume_liveness::fusion::FusionConfig;
use verilume_protocol::errors::ErrorCode;

use super::capture::{CaptureAnalysis, FrameFault};
use super::models::WorkerModels;
use super::pool::{Fault, Load, Setup};
use super::{RecentFrames, Verdict};
use crate::engine::{FrameToAnalyse, Refusal, ShownFlash};

/// What a worker is asked to do.
pub(super) enum Job {
    /// An attempt begins.
    Begin { attempt: u64, setup: Setup, fault: Fault },
    /// A frame of it.
    Frame { attempt: u64, frame: Box<FrameToAnalyse> },
    /// Its end.
    Finish { attempt: u64, shown: Box<ShownFlash>, answer: oneshot::Sender<Verdict> },
    /// Nobody waits for it any more. The last job of every attempt.
    Forget { attempt: u64 },
}

struct Attempt {
    analysis: CaptureAnalysis,
    session: u64,
    fault: Fault,
}

/// What all workers share.
pub(super) struct Shared {
    pub(super) fusion: FusionConfig,
    pub(super) recent: RecentFrames,
    pub(super) max_frame_pixels: u64,
}

/// Works until nobody can send jobs any more.
pub(super) fn work(models: &WorkerModels, jobs: &Receiver<Job>, shared: &Shared, load: &Load) {
    let mut attempts: HashMap<u64, Attempt> = HashMap::new();
    while let Ok(job) = jobs.recv() {
        match job {
            Job::Begin { attempt, setup, fault } => {
                let analysis = CaptureAnalysis::new(models, &setup, shared.max_frame_pixels);
                attempts.insert(attempt, Attempt { analysis, session: setup.session, fault });
            }
            Job::Frame { attempt, frame } => {
                load.frames.fetch_sub(1, Ordering::Relaxed);
                take_frame(&mut attempts, attempt, *frame, shared);
            }
            Job::Finish { attempt, shown, answer } => {
                if let Some(attempt) = attempts.remove(&attempt) {
                    finish(attempt, &shown, shared, answer);
                }
            }
            Job::Forget { attempt } => {
                attempts.remove(&attempt);
                load.attempts.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }
}

fn take_frame(attempts: &mut HashMap<u64, Attempt>, number: u64, frame: FrameToAnalyse, shared: &Shared) {
    let Some(attempt) = attempts.get_mut(&number) else { return };
    if shared.recent.is_of_another(&frame.jpeg_sha256, attempt.session) {
        attempt.analysis.note_replay();
    }
    // A network that panics on one capture must not end the others'.
    let taken = catch_unwind(AssertUnwindSafe(|| attempt.analysis.push(frame)));
    let refusal = match taken {
        Ok(Ok(())) => return,
        Ok(Err(FrameFault::Undecodable(why))) => {
            Refusal::new(ErrorCode::FrameUndecodable, format!("a frame cannot be decoded: {why}"))
        }
        Ok(Err(FrameFault::Model(error))) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a network failed");
            Refusal::new(ErrorCode::Unspecified, "the analysis failed")
        }
        Err(_panic) => Refusal::new(ErrorCode::Unspecified, "the analysis failed"),
    };
    // Its answer is fixed: no more work, no more memory.
    if let Some(attempt) = attempts.remove(&number) {
        *attempt.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
    }
}

fn finish(attempt: Attempt, shown: &ShownFlash, shared: &Shared, answer: oneshot::Sender<Verdict>) {
    let fault = Arc::clone(&attempt.fault);
    let analysis = attempt.analysis;
    match catch_unwind(AssertUnwindSafe(|| analysis.finish(shown, &shared.fusion))) {
        // Nobody listens if the client has gone.
        Ok(verdict) => drop(answer.send(verdict)),
        Err(_panic) => {
            let refusal = Refusal::new(ErrorCode::Unspecified, "the analysis failed");
            *fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
        }
    }
}
