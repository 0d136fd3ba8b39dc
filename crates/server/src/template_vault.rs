//! Seals templates of faces, and opens them again.
//!
//! A template is sealed by a key of the store, which has versions; these in turn are sealed by the master key, which is
//! not in the database. Each is bound to whose it is: put in another's place it does not open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use verilume_recognition::Embedding;
use verilume_store::{
    EnrolledOwner, PersonId, SealedTemplate, SecretPurpose, Store, TemplateOwner, UnixMillis,
};

use crate::vault::{Key, MasterKey, StoreKeys, VaultError, damaged, open, seal};

/// Templates that are sealed anew at once.
const RESEALED_AT_ONCE: u32 = 100;

/// What a sealed template is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateContext(String);

impl TemplateContext {
    /// Of a kind of owner and its id; neither may hold a zero byte.
    pub(crate) fn new(kind: &str, id: &str) -> Self {
        Self(format!("verilume template v1\0{kind}\0{id}"))
    }
}

impl From<TemplateOwner> for TemplateContext {
    fn from(owner: TemplateOwner) -> Self {
        Self::from(&owner)
    }
}

impl From<&TemplateOwner> for TemplateContext {
    fn from(owner: &TemplateOwner) -> Self {
        match owner {
            TemplateOwner::Face(id) => Self::new("face", id.as_str()),
            TemplateOwner::Reference(session) => Self::new("reference", session.as_str()),
            TemplateOwner::Enrolled(owner) => Self::from(owner),
            other => Self::new("other", &format!("{other:?}")),
        }
    }
}

impl From<&EnrolledOwner> for TemplateContext {
    /// In another collection, or with another person, it does not open.
    fn from(owner: &EnrolledOwner) -> Self {
        let person = owner.person.as_ref().map_or("-", PersonId::as_str);
        Self::new("enrolled", &format!("{}/{person}/{}", owner.group, owner.face))
    }
}

/// Seals and opens templates.
pub struct TemplateVault {
    store: Arc<dyn Store>,
    keys: StoreKeys,
    /// The store's keys that were needed so far.
    opened: Mutex<HashMap<u32, Key>>,
}

impl TemplateVault {
    /// A vault over this store.
    pub fn new(store: Arc<dyn Store>, master: MasterKey) -> Self {
        let keys = StoreKeys::new(Arc::clone(&store), master, SecretPurpose::TemplateKeys);
        Self { store, keys, opened: Mutex::default() }
    }

    /// Seals by the newest key.
    pub(crate) async fn sealer(&self, now: UnixMillis) -> Result<TemplateSealer, VaultError> {
        let (version, key) = self.keys.newest(now).await?;
        Ok(TemplateSealer { version, key })
    }

    /// Opens a template.
    pub(crate) async fn open(
        &self,
        context: &TemplateContext,
        sealed: &SealedTemplate,
    ) -> Result<Embedding, VaultError> {
        let key = self.key(sealed.key_version).await?;
        let bytes = open(&key, context.0.as_bytes(), &sealed.bytes)?;
        Embedding::from_bytes(&bytes).map_err(|_unreadable| damaged("a template cannot be read"))
    }

    /// Makes a new key and seals every template of faces and references by it; gives their number. The old keys stay
    /// until nothing needs them: they open nothing any more.
    pub async fn rotate(&self, now: UnixMillis) -> Result<u64, VaultError> {
        let (version, key) = self.keys.add(now).await?;
        let sealer = TemplateSealer { version, key };
        let mut resealed = 0;
        loop {
            let behind = self.store.templates_before(version, RESEALED_AT_ONCE).await?;
            if behind.is_empty() {
                return Ok(resealed);
            }
            for (owner, sealed) in behind {
                let context = TemplateContext::from(&owner);
                let template = self.open(&context, &sealed).await?;
                let anew = sealer.seal(&context, &template)?;
                self.store.reseal_template(&owner, sealed.key_version, &anew).await?;
                resealed += 1;
            }
        }
    }

    async fn key(&self, version: u32) -> Result<Key, VaultError> {
        let known = || self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known().get(&version) {
            return Ok(key.clone());
        }
        let key = self.keys.version(version).await?;
        known().insert(version, key.clone());
        Ok(key)
    }
}

impl std::fmt::Debug for TemplateVault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TemplateVault")
    }
}

/// Seals templates by one key.
pub(crate) struct TemplateSealer {
    version: u32,
    key: Key,
}

impl TemplateSealer {
    /// Seals a template.
    pub(crate) fn seal(
        &self,
        context: &TemplateContext,
        template: &Embedding,
    ) -> Result<SealedTemplate, VaultError> {
        let bytes = seal(&self.key, context.0.as_bytes(), &template.to_bytes())?;
        Ok(SealedTemplate { key_version: self.version, bytes })
    }
}
