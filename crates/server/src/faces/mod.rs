//! Faces of still pictures: found, measured and embedded on threads of their own, and known by an id for a while.
//!
//! A picture comes as bytes, is decoded within bounds, looked at and wiped; nothing here keeps one.
//! What is kept of a face is its template, sealed ([`crate::template_vault`]).
//!
//! Handlers do this: [`Faces::reserve`] before they read a body, [`PictureRoom::look`] with its bytes, then
//! [`Faces::keep`] for the templates that shall have an id, and [`Faces::known`] for those that a caller names.

mod attributes;
mod known;
mod liveness;
mod look;
mod pool;

use std::sync::Arc;

use verilume_recognition::{Assessment, Calibration, Embedding, RecognitionError};
use verilume_store::Store;

pub(crate) use attributes::{Attributes, MaskType, landmarks};
pub(crate) use known::{KnownFace, NewFace};
pub(crate) use look::{DetectedFace, LookFor, PictureFault};
pub(crate) use pool::{PictureRoom, StillPool, StillPoolConfig};

use crate::config::ServerConfig;
use crate::template_vault::TemplateVault;

/// The smallest picture, bytes. Origin: the contract.
pub(crate) const MIN_PICTURE_BYTES: usize = 1 << 10;
/// The largest picture, bytes. Origin: the contract.
pub(crate) const MAX_PICTURE_BYTES: usize = 6 << 20;

/// Faces of still pictures.
pub(crate) struct Faces {
    store: Arc<dyn Store>,
    pool: StillPool,
    calibration: Calibration,
    /// Seals templates; without a master key none are kept.
    vault: Option<TemplateVault>,
}

impl Faces {
    pub(crate) fn new(store: Arc<dyn Store>, pool: StillPool, config: &ServerConfig) -> Self {
        let vault = config.master_key.clone().map(|key| TemplateVault::new(Arc::clone(&store), key));
        Self { store, pool, calibration: config.networks.calibration(), vault }
    }

    /// Room for one picture: its bytes may be read into memory. `None` if too many wait already.
    pub(crate) fn reserve(&self) -> Option<PictureRoom> {
        self.pool.reserve()
    }

    /// Pictures that wait or are looked at.
    pub(crate) fn load(&self) -> usize {
        self.pool.load()
    }

    /// Seals templates, if the service has a master key.
    pub(crate) fn vault(&self) -> Option<&TemplateVault> {
        self.vault.as_ref()
    }

    /// What the distance of two templates means.
    pub(crate) fn compare(&self, a: &Embedding, b: &Embedding) -> Result<Assessment, RecognitionError> {
        Ok(self.calibration.assess(a.distance(b, self.calibration.metric)?))
    }

    /// What distances mean.
    pub(crate) fn calibration(&self) -> &Calibration {
        &self.calibration
    }
}

impl std::fmt::Debug for Faces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Faces").field("load", &self.load()).finish_non_exhaustive()
    }
}
