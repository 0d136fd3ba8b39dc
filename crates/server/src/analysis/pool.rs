//! A bounded pool of workers, each with its own engine, off the async threads.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use verilume_infer::{InferError, Weights};
use verilume_liveness::fusion::FusionConfig;
use verilume_protocol::errors::ErrorCode;
use verilume_recognition::Embedder;

use super::models::WorkerModels;
use super::worker::{Job, Shared, work};
use super::{Device, RecentFrames, Verdict};
use crate::engine::{FrameToAnalyse, Refusal, ShownFlash};
use crate::networks::OwnNetworks;

/// Jobs of an attempt that are no frames.
const OTHER_JOBS: usize = 3;
/// A worker that is this many frames behind takes no further attempt. Origin: half a second of two attempts at 15 frames
/// a second.
const MAX_FRAMES_BEHIND: usize = 15;
/// The longest that a decision may take after the last frame. Origin: fifty times the target; the client waits 15 s.
const DECISION_WITHIN: Duration = Duration::from_secs(14);

/// How much is analysed at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PoolConfig {
    /// Threads.
    pub(crate) workers: usize,
    /// Attempts that a worker takes at once.
    pub(crate) attempts_per_worker: usize,
    /// Frames of an attempt, at most.
    pub(crate) max_frames: usize,
    /// Pixels of a frame, at most.
    pub(crate) max_frame_pixels: u64,
}

/// What an attempt's analysis begins with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    /// The device.
    pub(crate) device: Device,
    /// Tells sessions apart, within this process.
    pub(crate) session: u64,
    /// Whether the app server asked for a picture.
    pub(crate) keeps_picture: bool,
    /// Whether the capture is compared with a reference: then it is found out who is in it.
    pub(crate) compares: bool,
    /// Whether the light stays the same.
    pub(crate) is_steady: bool,
}

/// Why an attempt's analysis stopped, once it has.
pub(super) type Fault = Arc<Mutex<Option<Refusal>>>;

/// How much a worker has to do.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// Attempts that have not been forgotten.
    pub(super) attempts: AtomicUsize,
    /// Frames that wait.
    pub(super) frames: AtomicUsize,
}

#[derive(Debug)]
struct Worker {
    jobs: SyncSender<Job>,
    load: Arc<Load>,
}

/// The workers.
#[derive(Debug)]
pub(crate) struct AnalysisPool {
    workers: Vec<Worker>,
    attempts_per_worker: usize,
    next_attempt: AtomicU64,
}

impl AnalysisPool {
    /// Loads the models and starts the workers. They end when the pool is dropped.
    pub(crate) fn start(
        config: PoolConfig,
        weights: &Weights,
        networks: &OwnNetworks,
        fusion: FusionConfig,
        embedder: &Arc<Embedder>,
    ) -> Result<Self, InferError> {
        let shared = Arc::new(Shared {
            fusion,
            recent: RecentFrames::default(),
            max_frame_pixels: config.max_frame_pixels,
        });
        let start = |_| {
            let models = WorkerModels::load(weights, networks, Arc::clone(embedder))?;
            // Room for every job that the attempts of this worker can have: sending never waits.
            let capacity = config.attempts_per_worker * (config.max_frames + OTHER_JOBS);
            let (jobs, received) = sync_channel(capacity);
            let load = Arc::new(Load::default());
            let (shared, workers_load) = (Arc::clone(&shared), Arc::clone(&load));
            #[expect(clippy::disallowed_methods, reason = "the service owns its workers")]
            std::thread::spawn(move || work(&models, &received, &shared, &workers_load));
            Ok(Worker { jobs, load })
        };
        Ok(Self {
            workers: (0..config.workers.max(1)).map(start).collect::<Result<_, InferError>>()?,
            attempts_per_worker: config.attempts_per_worker.max(1),
            next_attempt: AtomicU64::new(0),
        })
    }

    /// Attempts at work, and frames that wait.
    pub(crate) fn load(&self) -> (usize, usize) {
        let sum = |count: fn(&Load) -> &AtomicUsize| {
            self.workers.iter().map(|worker| count(&worker.load).load(Ordering::Relaxed)).sum()
        };
        (sum(|load| &load.attempts), sum(|load| &load.frames))
    }

    /// Whether an attempt could begin now.
    pub(crate) fn has_room(&self) -> bool {
        self.workers.iter().any(|worker| self.takes_more(worker))
    }

    fn takes_more(&self, worker: &Worker) -> bool {
        worker.load.attempts.load(Ordering::Relaxed) < self.attempts_per_worker
            && worker.load.frames.load(Ordering::Relaxed) <= MAX_FRAMES_BEHIND
    }

    /// Takes an attempt on, on the worker with the least to do; `None` if all have enough.
    pub(crate) fn begin(&self, setup: Setup) -> Option<AttemptAnalysis> {
        let mut candidates: Vec<&Worker> =
            self.workers.iter().filter(|worker| self.takes_more(worker)).collect();
        candidates.sort_by_key(|worker| worker.load.attempts.load(Ordering::Relaxed));
        candidates.into_iter().find_map(|worker| self.begin_on(worker, setup))
    }

    fn begin_on(&self, worker: &Worker, setup: Setup) -> Option<AttemptAnalysis> {
        let taken = worker.load.attempts.fetch_add(1, Ordering::Relaxed);
        if taken >= self.attempts_per_worker {
            worker.load.attempts.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let attempt = self.next_attempt.fetch_add(1, Ordering::Relaxed);
        let fault = Fault::default();
        let analysis = AttemptAnalysis {
            jobs: worker.jobs.clone(),
            load: Arc::clone(&worker.load),
            attempt,
            fault: Arc::clone(&fault),
        };
        worker.jobs.try_send(Job::Begin { attempt, setup, fault }).ok().map(|()| analysis)
    }
}

/// One attempt's way to its worker. Dropping it makes the worker forget the attempt.
#[derive(Debug)]
pub(crate) struct AttemptAnalysis {
    jobs: SyncSender<Job>,
    load: Arc<Load>,
    attempt: u64,
    fault: Fault,
}

impl AttemptAnalysis {
    /// Hands a frame over, and learns of what was wrong with an earlier one.
    pub(crate) fn frame(&self, frame: Box<FrameToAnalyse>) -> Result<(), Refusal> {
        self.check()?;
        self.load.frames.fetch_add(1, Ordering::Relaxed);
        self.jobs.try_send(Job::Frame { attempt: self.attempt, frame }).map_err(|_full| {
            self.load.frames.fetch_sub(1, Ordering::Relaxed);
            Refusal::new(ErrorCode::Overloaded, "the analysis cannot follow")
        })
    }

    fn check(&self) -> Result<(), Refusal> {
        match self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    /// Waits for what the frames show.
    pub(crate) async fn finish(&self, shown: Box<ShownFlash>) -> Result<Verdict, Refusal> {
        let failed = || Refusal::new(ErrorCode::Unspecified, "the analysis failed");
        let (answer, decided) = oneshot::channel();
        self.jobs
            .try_send(Job::Finish { attempt: self.attempt, shown, answer })
            .map_err(|_gone| Refusal::new(ErrorCode::Unspecified, "the analysis has stopped"))?;
        let Ok(verdict) = tokio::time::timeout(DECISION_WITHIN, decided).await else {
            return Err(Refusal::new(ErrorCode::Unspecified, "the decision took too long"));
        };
        verdict.map_err(|_dropped| self.check().err().unwrap_or_else(failed))
    }
}

impl Drop for AttemptAnalysis {
    fn drop(&mut self) {
        // A worker that is gone has nothing to forget.
        drop(self.jobs.try_send(Job::Forget { attempt: self.attempt }));
    }
}
