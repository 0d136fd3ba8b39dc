//! Faces that a caller may name for a while.

use verilume_recognition::Embedding;
use verilume_store::{
    FACE_ID_RANDOM_BYTES, FaceId, FaceTimeToLive, KeptFace, RecognitionModel, StoreErrorKind, TemplateOwner,
    UnixMillis,
};

use super::Faces;
use crate::clock::fill_random;
use crate::vault::VaultError;

/// A face to keep.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewFace<'f> {
    /// What it is compared by.
    pub(crate) template: &'f Embedding,
    /// What the caller calls the network.
    pub(crate) recognition_model: &'f RecognitionModel,
    /// How long it may be named.
    pub(crate) time_to_live: FaceTimeToLive,
}

/// A face that was kept.
#[derive(Debug)]
pub(crate) struct KnownFace {
    /// What it is compared by.
    pub(crate) template: Embedding,
    /// What the caller called the network.
    pub(crate) recognition_model: RecognitionModel,
}

impl Faces {
    /// Keeps faces, sealed; gives their ids, in their order. `None` without a master key: then no face can be named.
    pub(crate) async fn keep(
        &self,
        faces: &[NewFace<'_>],
        now: UnixMillis,
    ) -> Result<Option<Vec<FaceId>>, VaultError> {
        let Some(vault) = &self.vault else { return Ok(None) };
        if faces.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let sealer = vault.sealer(now).await?;
        let mut kept = Vec::with_capacity(faces.len());
        for face in faces {
            let mut random = [0; FACE_ID_RANDOM_BYTES];
            fill_random(&mut random);
            let id = FaceId::from_random(random);
            kept.push(KeptFace {
                template: sealer.seal(&TemplateOwner::Face(id.clone()).into(), face.template)?,
                recognition_model: face.recognition_model.clone(),
                created_at: now,
                expires_at: now.plus(face.time_to_live.get()),
                id,
            });
        }
        self.store.keep_faces(&kept).await?;
        Ok(Some(kept.into_iter().map(|face| face.id).collect()))
    }

    /// A face that a caller names; `None` if there is none, or none any more.
    pub(crate) async fn known(&self, id: &FaceId, now: UnixMillis) -> Result<Option<KnownFace>, VaultError> {
        let Some(vault) = &self.vault else { return Ok(None) };
        let kept = match self.store.face(id, now).await {
            Ok(kept) => kept,
            Err(error) if error.kind() == StoreErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let template = vault.open(&TemplateOwner::Face(kept.id).into(), &kept.template).await?;
        Ok(Some(KnownFace { template, recognition_model: kept.recognition_model }))
    }
}
