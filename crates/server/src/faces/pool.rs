//! A bounded pool of threads for still pictures, apart from those of the captures: a large picture must not make a
//! capture wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use verilume_infer::Weights;
use verilume_liveness::fusion::FusionConfig;
use verilume_recognition::RecognitionError;
use zeroize::Zeroizing;

use super::look::{LookFor, Picture, PictureFault, StillModels};
use crate::networks::OwnNetworks;

/// How much is looked at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StillPoolConfig {
    /// Threads.
    pub(crate) workers: usize,
    /// Pictures in memory: those that are read, those that wait, those that are looked at.
    pub(crate) max_pictures: usize,
}

type Job = Box<dyn FnOnce(&StillModels) + Send>;

/// The threads.
pub(crate) struct StillPool {
    jobs: SyncSender<Job>,
    room: Arc<Semaphore>,
    max_pictures: usize,
}

impl StillPool {
    /// Loads the networks, once for each thread, and starts them. They end when the pool is dropped.
    pub(crate) fn start(
        config: StillPoolConfig,
        weights: &Weights,
        networks: &OwnNetworks,
        fusion: &FusionConfig,
    ) -> Result<Self, RecognitionError> {
        let max_pictures = config.max_pictures.max(1);
        // Each job holds a permit: sending never waits.
        let (jobs, received) = sync_channel::<Job>(max_pictures);
        let received = Arc::new(Mutex::new(received));
        for _ in 0..config.workers.max(1) {
            let models = StillModels::load(weights, networks, fusion.clone())?;
            let received = Arc::clone(&received);
            #[expect(clippy::disallowed_methods, reason = "the service owns its workers")]
            std::thread::spawn(move || work(&models, &received));
        }
        Ok(Self { jobs, room: Arc::new(Semaphore::new(max_pictures)), max_pictures })
    }

    pub(super) fn reserve(&self) -> Option<PictureRoom> {
        let permit = Arc::clone(&self.room).try_acquire_owned().ok()?;
        Some(PictureRoom { jobs: self.jobs.clone(), permit })
    }

    pub(super) fn load(&self) -> usize {
        self.max_pictures.saturating_sub(self.room.available_permits())
    }
}

/// Works until nobody can send jobs any more.
fn work(models: &StillModels, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A picture that makes a network panic must not end the thread: whoever waits for it learns that it failed.
        drop(catch_unwind(AssertUnwindSafe(|| job(models))));
    }
}

/// Room for one picture.
pub(crate) struct PictureRoom {
    jobs: SyncSender<Job>,
    permit: OwnedSemaphorePermit,
}

impl PictureRoom {
    /// Decodes a picture and looks at its faces.
    pub(crate) async fn look(
        self,
        bytes: Zeroizing<Vec<u8>>,
        wanted: LookFor,
    ) -> Result<Picture, PictureFault> {
        let Self { jobs, permit } = self;
        let (answer, looked) = oneshot::channel();
        let job: Job = Box::new(move |models| {
            // Nobody listens if the caller has gone: then nothing is done.
            if !answer.is_closed() {
                drop(answer.send(models.look(&bytes, wanted)));
            }
            drop((bytes, permit));
        });
        jobs.try_send(job).map_err(|_stopped| PictureFault::Failed)?;
        looked.await.map_err(|_panicked| PictureFault::Failed)?
    }
}
