//! Who somebody is, among those who are enrolled.
//!
//! The store keeps templates sealed. What is searched is in memory: opened once, searched exactly
//! ([`verilume_recognition::TemplateIndex`]), wiped when it is dropped. Every search asks the store first what of the
//! collection can be searched now, so that a person who was erased, on whichever node, is not found any more; faces that
//! were added since are added to what is there, anything else is read anew.

mod gathered;
#[cfg(test)]
mod many;
#[cfg(test)]
mod tests;
mod training;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use verilume_recognition::{Assessment, Embedding, RecognitionError};
use verilume_store::{GroupRecord, GroupUid, PersistedFaceId, PersonId, SearchedState, StoreError};

use crate::service::Service;
use crate::vault::VaultError;
use gathered::Gathered;

/// Faces of all collections that are in memory at once; the collection that was not searched for longest gives way.
/// Origin: half a gigabyte at 128 numbers each.
const MAX_GATHERED_FACES: usize = 1_000_000;
/// Searches at once. Initial: each keeps a core busy for some milliseconds.
const SEARCHES_AT_ONCE: usize = 2;

/// Whether and how people are identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdentificationConfig {
    /// Whether people can be enrolled and identified at all. Off until the operator turns it on: whoever holds templates
    /// has to have a reason for it that the law of their country knows.
    pub is_enabled: bool,
    /// The most faces of one collection, 1 to [`Self::MAX_FACES`]. Origin: among so many a search takes some milliseconds.
    pub max_faces: u32,
}

impl IdentificationConfig {
    /// More are not searched in one process. Origin: [`verilume_recognition::TemplateIndex::MAX_TEMPLATES`].
    pub const MAX_FACES: u32 = 1_000_000;
}

impl Default for IdentificationConfig {
    fn default() -> Self {
        Self { is_enabled: false, max_faces: 100_000 }
    }
}

/// Why a search could not be made.
#[derive(Debug)]
pub(crate) enum SearchFault {
    /// The store failed.
    Store(StoreError),
    /// A template could not be opened.
    Vault(VaultError),
    /// Templates could not be compared.
    Recognition(RecognitionError),
    /// The service has no master key.
    NoMasterKey,
    /// It is stopping.
    Stopped,
}

impl From<StoreError> for SearchFault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<VaultError> for SearchFault {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<RecognitionError> for SearchFault {
    fn from(error: RecognitionError) -> Self {
        Self::Recognition(error)
    }
}

/// Whose template was found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Enrolled {
    /// A person.
    Person(PersonId),
    /// A face of a list.
    Face(PersistedFaceId),
}

impl Enrolled {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Person(id) => id.as_str(),
            Self::Face(id) => id.as_str(),
        }
    }
}

/// Somebody that a face may be of.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// Who.
    pub(crate) enrolled: Enrolled,
    /// How near the face is, and what that means.
    pub(crate) assessment: Assessment,
}

/// What is asked of a search.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// How many candidates at most.
    pub(crate) most: usize,
    /// Candidates have this confidence at least.
    pub(crate) confidence: f64,
    /// Only these people; everybody if there is no list.
    pub(crate) among: Option<Arc<std::collections::HashSet<PersonId>>>,
}

/// A collection's place in memory. Whoever fills it holds it, and the others wait.
type Slot = Arc<tokio::sync::Mutex<Option<Arc<Gathered>>>>;

/// The collections that are in memory.
pub(crate) struct Identification {
    slots: Mutex<Slots>,
    searches: Arc<Semaphore>,
}

#[derive(Default)]
struct Slots {
    by_group: HashMap<GroupUid, Place>,
    /// Counts uses.
    uses: u64,
}

struct Place {
    slot: Slot,
    last_use: u64,
    faces: usize,
}

impl Default for Identification {
    fn default() -> Self {
        Self { slots: Mutex::default(), searches: Arc::new(Semaphore::new(SEARCHES_AT_ONCE)) }
    }
}

impl Identification {
    fn slot(&self, group: &GroupUid) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.uses += 1;
        let uses = slots.uses;
        let place = slots.by_group.entry(group.clone()).or_insert_with(|| Place {
            slot: Slot::default(),
            last_use: 0,
            faces: 0,
        });
        place.last_use = uses;
        Arc::clone(&place.slot)
    }

    /// Notes how large a collection is and lets others go until all of them fit.
    fn note(&self, group: &GroupUid, faces: usize) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = slots.by_group.get_mut(group) {
            place.faces = faces;
        }
        while slots.by_group.values().map(|place| place.faces).sum::<usize>() > MAX_GATHERED_FACES {
            let others = slots.by_group.iter().filter(|(uid, _)| *uid != group);
            let oldest = others.min_by_key(|(_, place)| place.last_use).map(|(uid, _)| uid.clone());
            let Some(oldest) = oldest else { return };
            slots.by_group.remove(&oldest);
        }
    }

    /// Takes a collection out of memory.
    pub(crate) fn forget(&self, group: &GroupUid) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).by_group.remove(group);
    }

    /// The collections in memory.
    fn known(&self) -> Vec<GroupUid> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).by_group.keys().cloned().collect()
    }
}

impl std::fmt::Debug for Identification {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identification({} collections)", self.known().len())
    }
}

impl Service {
    /// Finds out who of a collection a face may be of. Nobody, if nothing of it can be searched.
    pub(crate) async fn search(
        &self,
        group: &GroupRecord,
        probe: Embedding,
        wanted: Wanted,
    ) -> Result<Vec<Candidate>, SearchFault> {
        let Some(searched) = group.searched else { return Ok(Vec::new()) };
        let gathered = self.gathered(group, searched).await?;
        let searches = Arc::clone(&self.identification.searches);
        let permit = searches.acquire_owned().await.map_err(|_closed| SearchFault::Stopped)?;
        let calibration = self.faces.calibration().clone();
        let found = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            gathered.search(&probe, &wanted, &calibration)
        });
        Ok(found.await.map_err(|_stopped| SearchFault::Stopped)??)
    }

    /// A collection's templates in memory, as they can be searched now.
    pub(crate) async fn gathered(
        &self,
        group: &GroupRecord,
        searched: SearchedState,
    ) -> Result<Arc<Gathered>, SearchFault> {
        let slot = self.identification.slot(&group.uid);
        let mut held = slot.lock().await;
        if let Some(gathered) = held.as_ref().filter(|gathered| gathered.searched == searched) {
            return Ok(Arc::clone(gathered));
        }
        let before = held.take();
        let gathered = Arc::new(Gathered::read(self, group, searched, before.as_deref()).await?);
        *held = Some(Arc::clone(&gathered));
        self.identification.note(&group.uid, gathered.len());
        Ok(gathered)
    }

    /// Takes collections out of memory that were changed on another node and not searched since: what was erased must not
    /// stay here until somebody asks.
    pub(crate) async fn forget_what_was_erased(&self) -> Result<(), StoreError> {
        for uid in self.identification.known() {
            let slot = self.identification.slot(&uid);
            // One that is being filled is as it should be.
            let Ok(held) = slot.try_lock() else { continue };
            let Some(gathered) = held.as_ref() else { continue };
            let is_same = match self.store.group(&gathered.key).await {
                Ok(now) => {
                    now.uid == uid
                        && now.searched.is_some_and(|now| now.removed_at == gathered.searched.removed_at)
                }
                Err(error) if error.kind() == verilume_store::StoreErrorKind::NotFound => false,
                Err(error) => return Err(error),
            };
            drop(held);
            if !is_same {
                self.identification.forget(&uid);
            }
        }
        Ok(())
    }
}
