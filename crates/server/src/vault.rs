//! Seals the pictures that app servers ask for, and opens them again. The keys and the sealing serve templates of faces,
//! too ([`crate::template_vault`]).
//!
//! Each picture has a key of its own. That key is wrapped by a key of the store, which has versions and can be rotated
//! while pictures are read; the store's keys in turn are sealed by the master key, which is not in the database.
//! Everything is sealed by XChaCha20-Poly1305 (RFC 8439, with the nonces of draft-irtf-cfrg-xchacha: long enough to be
//! drawn at random), bound to what it belongs to.

use std::sync::Arc;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use verilume_store::{
    IMAGE_ID_RANDOM_BYTES, ImageId, SealedImage, SecretBytes, SecretPurpose, SessionId, Store, StoreError,
    UnixMillis, WrappedKey,
};
use zeroize::Zeroizing;

use crate::clock::fill_random;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// Pictures whose keys are wrapped anew at once.
const REWRAPPED_AT_ONCE: u32 = 100;

pub(crate) type Key = Zeroizing<[u8; KEY_BYTES]>;

/// The key above all others: 32 bytes, wiped when dropped, never printed. Without it no picture can be opened.
#[derive(Clone)]
pub struct MasterKey(Key);

impl MasterKey {
    /// A new one, by the operating system's randomness.
    pub fn generate() -> Self {
        let mut key = Key::default();
        fill_random(key.as_mut());
        Self(key)
    }

    /// From 64 hexadecimal digits; blanks around them do not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim();
        if digits.len() != 2 * KEY_BYTES || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut key = Key::default();
        for (byte, digits) in key.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(key))
    }

    /// As 64 hexadecimal digits, to be kept in a safe place.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey([redacted])")
    }
}

/// Why a picture or a template cannot be kept or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// What is in the store cannot be opened, and why.
    #[error("{0}")]
    Unopenable(&'static str),
}

/// Seals and opens pictures.
#[derive(Clone)]
pub struct ImageVault {
    store: Arc<dyn Store>,
    keys: StoreKeys,
}

impl ImageVault {
    /// A vault over this store.
    pub fn new(store: Arc<dyn Store>, master: MasterKey) -> Self {
        let keys = StoreKeys::new(Arc::clone(&store), master, SecretPurpose::ImageKeys);
        Self { store, keys }
    }

    /// Keeps a picture of a session.
    pub(crate) async fn keep(
        &self,
        session: &SessionId,
        picture: &[u8],
        now: UnixMillis,
    ) -> Result<ImageId, VaultError> {
        let mut random = [0; IMAGE_ID_RANDOM_BYTES];
        fill_random(&mut random);
        let id = ImageId::from_random(random);
        let key = MasterKey::generate().0;
        let (version, store_key) = self.keys.newest(now).await?;
        let image = SealedImage {
            sealed: seal(&key, &about_picture(&id, session), picture)?,
            key: WrappedKey { version, bytes: seal(&store_key, &about_key(&id), key.as_ref())? },
            id,
            session: session.clone(),
            created_at: now,
        };
        self.store.keep_image(&image).await?;
        Ok(image.id)
    }

    /// Opens a picture.
    pub(crate) async fn open(&self, image: &SealedImage) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let key = self.key_of(&image.id, &image.key).await?;
        open(&key, &about_picture(&image.id, &image.session), &image.sealed)
    }

    /// Makes a new key of the store and wraps every picture's key by it; gives the number of pictures. Pictures can be
    /// read all the while. The old keys stay until nothing needs them: they open nothing any more.
    pub async fn rotate(&self, now: UnixMillis) -> Result<u64, VaultError> {
        let (version, store_key) = self.keys.add(now).await?;
        let mut rewrapped = 0;
        loop {
            let behind = self.store.image_keys_before(version, REWRAPPED_AT_ONCE).await?;
            if behind.is_empty() {
                return Ok(rewrapped);
            }
            for (id, wrapped) in behind {
                let key = self.key_of(&id, &wrapped).await?;
                let bytes = seal(&store_key, &about_key(&id), key.as_ref())?;
                self.store.rewrap_image(&id, wrapped.version, &WrappedKey { version, bytes }).await?;
                rewrapped += 1;
            }
        }
    }

    async fn key_of(&self, id: &ImageId, wrapped: &WrappedKey) -> Result<Key, VaultError> {
        let store_key = self.keys.version(wrapped.version).await?;
        to_key(&open(&store_key, &about_key(id), &wrapped.bytes)?)
    }
}

/// What a master key seals.
const SEALED: [SecretPurpose; 2] = [SecretPurpose::ImageKeys, SecretPurpose::TemplateKeys];

/// Refuses a master key that is not the one that the store's keys were sealed with. Where none was sealed yet, any will do.
pub async fn check_master_key(store: &Arc<dyn Store>, master: &MasterKey) -> Result<(), VaultError> {
    for purpose in SEALED {
        StoreKeys::new(Arc::clone(store), master.clone(), purpose).check().await?;
    }
    Ok(())
}

/// Whether there are keys in the store that only their master key opens.
pub async fn needs_master_key(store: &dyn Store) -> Result<bool, StoreError> {
    for purpose in SEALED {
        if !store.secret_versions(purpose).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The store's keys for one purpose: each has a version, and is sealed by the master key.
#[derive(Clone)]
pub(crate) struct StoreKeys {
    store: Arc<dyn Store>,
    master: MasterKey,
    purpose: SecretPurpose,
}

impl StoreKeys {
    pub(crate) fn new(store: Arc<dyn Store>, master: MasterKey, purpose: SecretPurpose) -> Self {
        Self { store, master, purpose }
    }

    /// The newest key; the first one is made here.
    pub(crate) async fn newest(&self, now: UnixMillis) -> Result<(u32, Key), VaultError> {
        if self.store.secret_versions(self.purpose).await?.is_empty() {
            // Nodes that do so together all get the same one.
            let candidate = self.fresh()?;
            self.store.secret_or_insert(self.purpose, &candidate, now).await?;
        }
        let versions = self.store.secret_versions(self.purpose).await?;
        let (version, sealed) = versions.first().ok_or_else(|| damaged("a key of the store is missing"))?;
        Ok((*version, self.unseal(sealed)?))
    }

    /// The key of a version.
    pub(crate) async fn version(&self, version: u32) -> Result<Key, VaultError> {
        let versions = self.store.secret_versions(self.purpose).await?;
        let found = versions.iter().find(|(known, _)| *known == version);
        let (_, sealed) = found.ok_or_else(|| damaged("a key of the store is missing"))?;
        self.unseal(sealed)
    }

    /// A new key above all others. Only who opens the newest one may add one: sealed by a wrong master key it would lock
    /// the service out.
    pub(crate) async fn add(&self, now: UnixMillis) -> Result<(u32, Key), VaultError> {
        self.check().await?;
        let version = self.store.add_secret(self.purpose, &self.fresh()?, now).await?;
        Ok((version, self.version(version).await?))
    }

    /// Refuses a master key that does not open the newest key. Where there is none yet, any will do.
    async fn check(&self) -> Result<(), VaultError> {
        let versions = self.store.secret_versions(self.purpose).await?;
        versions.first().map_or(Ok(()), |(_, sealed)| self.unseal(sealed).map(drop))
    }

    fn fresh(&self) -> Result<SecretBytes, VaultError> {
        let sealed = seal(&self.master.0, self.about(), MasterKey::generate().0.as_ref())?;
        Ok(SecretBytes::new(sealed)?)
    }

    fn unseal(&self, sealed: &SecretBytes) -> Result<Key, VaultError> {
        let opened = open(&self.master.0, self.about(), sealed.expose());
        to_key(&opened.map_err(|_wrong| {
            damaged("the master key is not the one that the store's keys were sealed with")
        })?)
    }

    /// What a sealed key is bound to.
    fn about(&self) -> &'static [u8] {
        match self.purpose {
            SecretPurpose::TemplateKeys => b"verilume template keys v1",
            _ => b"verilume image keys v1",
        }
    }
}

/// What a sealed picture is bound to: put in another's place it does not open.
fn about_picture(id: &ImageId, session: &SessionId) -> Vec<u8> {
    format!("verilume image v1\0{id}\0{session}").into_bytes()
}

fn about_key(id: &ImageId) -> Vec<u8> {
    format!("verilume image key v1\0{id}").into_bytes()
}

/// A nonce and what it seals.
pub(crate) fn seal(key: &Key, about: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut sealed = vec![0; NONCE_BYTES];
    fill_random(&mut sealed);
    let cipher = XChaCha20Poly1305::new(key.as_ref().into());
    let payload = Payload { msg: plain, aad: about };
    let text = cipher
        .encrypt(XNonce::from_slice(&sealed), payload)
        .map_err(|_too_long| damaged("it is too long to be sealed"))?;
    sealed.extend_from_slice(&text);
    Ok(sealed)
}

pub(crate) fn open(key: &Key, about: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (nonce, text) =
        sealed.split_at_checked(NONCE_BYTES).ok_or_else(|| damaged("what was sealed is too short"))?;
    let cipher = XChaCha20Poly1305::new(key.as_ref().into());
    let opened = cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: text, aad: about });
    opened.map(Zeroizing::new).map_err(|_forged| damaged("what was sealed was changed, or by another key"))
}

fn to_key(bytes: &[u8]) -> Result<Key, VaultError> {
    bytes.try_into().map(Zeroizing::new).map_err(|_length| damaged("a key of a wrong length"))
}

pub(crate) fn damaged(what: &'static str) -> VaultError {
    VaultError::Unopenable(what)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use verilume_store::{ImageStore as _, SecretStore as _, SessionStore as _, SqlStore, StoreErrorKind};

    use super::*;
    use crate::template_vault::TemplateVault;
    use crate::testing::new_session;

    const NOW: UnixMillis = UnixMillis::from_millis(1_700_000_000_000);
    const PICTURE: &[u8] = b"\xff\xd8\xff a face, say";

    struct Stage {
        folder: tempfile::TempDir,
        store: Arc<SqlStore>,
        vault: ImageVault,
        session: SessionId,
    }

    async fn stage() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqlStore::open_folder(folder.path()).await.unwrap());
        let session = store.create_session(&new_session(7, NOW)).await.unwrap().id;
        let vault = ImageVault::new(Arc::clone(&store) as Arc<dyn Store>, MasterKey::generate());
        Stage { folder, store, vault, session }
    }

    #[tokio::test]
    async fn a_picture_is_read_back_through_every_rotation_and_goes_with_its_session() {
        let Stage { folder: _folder, store, vault, session } = stage().await;
        let id = vault.keep(&session, PICTURE, NOW).await.unwrap();
        for rotation in 1..=3 {
            assert_eq!(vault.rotate(NOW).await.unwrap(), 1);
            let image = store.image(&id, NOW).await.unwrap();
            assert_eq!(image.key.version, rotation + 1);
            assert_eq!(vault.open(&image).await.unwrap().as_slice(), PICTURE);
        }
        let late = NOW.plus(Duration::from_secs(48 * 3600));
        assert_eq!(store.image(&id, late).await.unwrap_err().kind(), StoreErrorKind::NotFound);
        store.erase_session(&session, NOW).await.unwrap();
        assert_eq!(store.image(&id, NOW).await.unwrap_err().kind(), StoreErrorKind::NotFound);
    }

    #[tokio::test]
    async fn what_was_changed_or_moved_does_not_open() {
        let Stage { folder: _folder, store, vault, session } = stage().await;
        let id = vault.keep(&session, PICTURE, NOW).await.unwrap();
        let image = store.image(&id, NOW).await.unwrap();
        let other = vault.keep(&session, b"another", NOW).await.unwrap();
        let other = store.image(&other, NOW).await.unwrap();
        let mut flipped = image.clone();
        flipped.sealed[NONCE_BYTES] ^= 1;
        let moved = SealedImage { sealed: other.sealed.clone(), key: other.key.clone(), ..image.clone() };
        let cut = SealedImage { sealed: vec![0; 5], ..image.clone() };
        for broken in [flipped, moved, cut] {
            assert!(matches!(vault.open(&broken).await, Err(VaultError::Unopenable(_))));
        }
        let stranger = ImageVault::new(Arc::clone(&store) as Arc<dyn Store>, MasterKey::generate());
        let error = stranger.open(&image).await.unwrap_err().to_string();
        assert!(error.contains("master key"), "{error}");
    }

    #[tokio::test]
    async fn a_wrong_master_key_adds_nothing() {
        let Stage { folder: _folder, store, vault, session } = stage().await;
        let shared = || Arc::clone(&store) as Arc<dyn Store>;
        let wrong = MasterKey::generate();
        assert!(!needs_master_key(store.as_ref()).await.unwrap());
        check_master_key(&shared(), &wrong).await.unwrap();
        let id = vault.keep(&session, PICTURE, NOW).await.unwrap();
        assert!(needs_master_key(store.as_ref()).await.unwrap());
        let refused = check_master_key(&shared(), &wrong).await.unwrap_err().to_string();
        assert!(refused.contains("master key"), "{refused}");
        assert!(ImageVault::new(shared(), wrong.clone()).rotate(NOW).await.is_err());
        assert_eq!(store.secret_versions(SecretPurpose::ImageKeys).await.unwrap().len(), 1);
        vault.open(&store.image(&id, NOW).await.unwrap()).await.unwrap();

        let right = MasterKey::generate();
        TemplateVault::new(shared(), right.clone()).rotate(NOW).await.unwrap();
        assert!(TemplateVault::new(shared(), wrong).rotate(NOW).await.is_err());
        TemplateVault::new(shared(), right).rotate(NOW).await.unwrap();
        assert_eq!(store.secret_versions(SecretPurpose::TemplateKeys).await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn neither_picture_nor_key_is_on_the_disk() {
        let Stage { folder, store, vault, session } = stage().await;
        vault.keep(&session, PICTURE, NOW).await.unwrap();
        let sealed = store.secret_versions(SecretPurpose::ImageKeys).await.unwrap();
        let key = vault.keys.unseal(&sealed[0].1).unwrap();
        store.close().await;
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            for secret in [PICTURE, key.as_slice()] {
                assert!(!bytes.windows(secret.len()).any(|part| part == secret));
            }
        }
    }

    #[test]
    fn a_master_key_is_64_digits() {
        let key = MasterKey::generate();
        let text = key.expose();
        assert_eq!(*MasterKey::parse(&format!("{}\n", *text)).unwrap().0, *key.0);
        assert!(MasterKey::parse("").is_none() && MasterKey::parse(&"g".repeat(64)).is_none());
        assert_eq!(format!("{key:?}"), "MasterKey([redacted])");
    }
}
