//! A collection's templates in memory.

use std::collections::HashMap;
use std::sync::Arc;

use verilume_recognition::{Calibration, Embedding, RecognitionError, TemplateIndex};
use verilume_store::{GroupKey, GroupRecord, PersistedFaceId, SearchedState};

use super::{Candidate, Enrolled, SearchFault, Wanted};
use crate::service::Service;
use crate::template_vault::TemplateContext;

/// Templates that are read at once. Origin: half a megabyte.
const READ_AT_ONCE: u32 = 1000;

/// A collection as it could be searched at some moment.
pub(crate) struct Gathered {
    pub(super) key: GroupKey,
    pub(super) searched: SearchedState,
    /// `None` while there are no templates: only they say of which network they are.
    index: Option<TemplateIndex>,
    /// Whose they are, by the numbers that the index knows.
    owners: Vec<Enrolled>,
    numbers: HashMap<Enrolled, u32>,
}

impl Gathered {
    /// Reads it from the store. What is in memory already stays, if nothing of it was taken away since.
    pub(super) async fn read(
        service: &Service,
        group: &GroupRecord,
        searched: SearchedState,
        before: Option<&Self>,
    ) -> Result<Self, SearchFault> {
        let room = usize::try_from(group.faces).unwrap_or(usize::MAX);
        let kept = before.filter(|before| {
            before.searched.removed_at == searched.removed_at
                && before.searched.added_up_to <= searched.added_up_to
        });
        let mut gathered = match kept {
            Some(before) => before.with_room_for(room, searched)?,
            None => Self::empty(group.key.clone(), searched),
        };
        let mut after: (u64, Option<PersistedFaceId>) =
            (kept.map_or(0, |kept| kept.searched.added_up_to), None);
        let vault = service.faces.vault().ok_or(SearchFault::NoMasterKey)?;
        loop {
            let place = (after.0, after.1.as_ref());
            let page = service.store.searched_faces(&group.uid, searched, place, READ_AT_ONCE).await?;
            let Some((change, last)) = page.last() else { return Ok(gathered) };
            after = (*change, Some(last.owner.face.clone()));
            for (_, face) in page {
                let template = vault.open(&TemplateContext::from(&face.owner), &face.template).await?;
                let owner = match face.owner.person {
                    Some(person) => Enrolled::Person(person),
                    None => Enrolled::Face(face.owner.face),
                };
                gathered.add(owner, &template, room, service.faces.calibration())?;
            }
        }
    }

    fn empty(key: GroupKey, searched: SearchedState) -> Self {
        Self { key, searched, index: None, owners: Vec::new(), numbers: HashMap::new() }
    }

    fn with_room_for(&self, room: usize, searched: SearchedState) -> Result<Self, RecognitionError> {
        Ok(Self {
            key: self.key.clone(),
            searched,
            index: self.index.as_ref().map(|index| index.with_room_for(room)).transpose()?,
            owners: self.owners.clone(),
            numbers: self.numbers.clone(),
        })
    }

    fn add(
        &mut self,
        owner: Enrolled,
        template: &Embedding,
        room: usize,
        calibration: &Calibration,
    ) -> Result<(), RecognitionError> {
        let index = match &mut self.index {
            Some(index) => index,
            none => none.insert(TemplateIndex::with_capacity(
                Arc::from(calibration.model_sha256.as_str()),
                calibration.metric,
                template.dimensions(),
                room,
            )?),
        };
        let owners = &mut self.owners;
        let number = *self.numbers.entry(owner).or_insert_with_key(|owner| {
            owners.push(owner.clone());
            u32::try_from(owners.len() - 1).unwrap_or(u32::MAX)
        });
        index.push(number, template)
    }

    /// How many templates.
    pub(super) fn len(&self) -> usize {
        self.index.as_ref().map_or(0, TemplateIndex::len)
    }

    pub(super) fn search(
        &self,
        probe: &Embedding,
        wanted: &Wanted,
        calibration: &Calibration,
    ) -> Result<Vec<Candidate>, RecognitionError> {
        let Some(index) = &self.index else { return Ok(Vec::new()) };
        let is_included = |number: u32| match (&wanted.among, self.owners.get(number as usize)) {
            (None, Some(_)) => true,
            (Some(among), Some(Enrolled::Person(person))) => among.contains(person),
            _ => false,
        };
        let nearest = index.nearest(probe, wanted.most, is_included)?;
        let candidates = nearest.into_iter().map(|found| Candidate {
            enrolled: self.owners[found.owner as usize].clone(),
            assessment: calibration.assess(found.distance),
        });
        Ok(candidates.filter(|found| found.assessment.confidence >= wanted.confidence).collect())
    }
}

impl std::fmt::Debug for Gathered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gathered({} of {:?})", self.len(), self.key)
    }
}
