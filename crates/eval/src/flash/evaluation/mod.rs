//! The evaluation of the flashing light model on simulated people and attacks.
//!
//! Thresholds are tuned on seeds A and reported, frozen, on seeds B, whose heads are made of shapes that no head of A
//! can have. A run can be stopped at any time: what is done lies in a log of one line a session, and the next run does
//! the rest.

mod log;
mod plan;
mod report;

pub use log::{LogError, SessionLog};
pub use plan::{Cell, Plan, Seeds};
pub use report::report;

use std::sync::Mutex;

use verilume_vision::models::ModelError;

use super::Simulator;
use crate::parallel::each_on;

/// An evaluation that could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// The log of finished sessions.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A network.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Simulates every session of the plan that the log does not hold yet; `done` hears of each as it ends.
pub fn run(
    simulator: &Simulator,
    plan: &Plan,
    log: SessionLog,
    jobs: usize,
    done: impl Fn() + Sync,
) -> Result<SessionLog, EvaluationError> {
    let open: Vec<_> = plan.sessions().filter(|(_, seed)| !log.holds(*seed)).collect();
    let log = Mutex::new(log);
    each_on(jobs, &open, |(cell, seed)| {
        let session = simulator.summary(&simulator.run(*seed, &cell.limits(plan.seeds), |_| ())?);
        log.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).add(session)?;
        done();
        Ok::<_, EvaluationError>(())
    })?;
    Ok(log.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()))
}
