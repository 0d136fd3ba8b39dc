//! Keys by which app servers and operators prove who they are.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

use crate::{KeyLabel, StoreError, StoreErrorKind, UnixMillis};

/// Random bytes that [`ApiKey::mint`] asks for.
pub const API_KEY_RANDOM_BYTES: usize = ID_BYTES + SECRET_BYTES;

const ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;
const PREFIX: &str = "vlk_";
/// Keeps these hashes apart from every other hash.
const DOMAIN: &[u8] = b"verilume api key v1\0";

/// One thing that a key may be used for. No scope implies another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// Create, read and delete sessions.
    Sessions,
    /// Read sessions and results.
    Read,
    /// Detect and compare the faces of pictures.
    Faces,
    /// Enrol people and find out who somebody is.
    Identify,
    /// Keys, settings, erasure.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 5] = [Self::Sessions, Self::Read, Self::Faces, Self::Identify, Self::Admin];

    /// The name that commands and the database use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Read => "read",
            Self::Faces => "faces",
            Self::Identify => "identify",
            Self::Admin => "admin",
        }
    }

    /// From its name.
    pub fn parse(name: &str) -> Result<Self, StoreError> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name).ok_or_else(|| {
            let known = "`sessions`, `read`, `faces`, `identify` or `admin`";
            StoreError::new(StoreErrorKind::Malformed, format!("the scope is not {known}"))
        })
    }
}

/// What a key may be used for: one scope or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// From at least one scope; order and repetition do not matter.
    pub fn new(scopes: &[Scope]) -> Result<Self, StoreError> {
        let kept: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| scopes.contains(scope)).collect();
        if kept.is_empty() {
            return Err(StoreError::new(StoreErrorKind::Malformed, "a key needs at least one scope"));
        }
        Ok(Self(kept))
    }

    /// Whether `scope` is one of them.
    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Each scope once, in the order of [`Scope::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }

    pub(crate) fn to_text(&self) -> String {
        self.0.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(",")
    }

    pub(crate) fn from_text(text: &str) -> Result<Self, StoreError> {
        let scopes = text.split(',').map(Scope::parse).collect::<Result<Vec<_>, _>>()?;
        Self::new(&scopes)
    }
}

/// The public half of a key: enough to list and to revoke it, not to use it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ApiKeyId(String);

impl ApiKeyId {
    /// From its 16 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        if is_lower_hex(text, ID_BYTES) {
            Ok(Self(text.to_owned()))
        } else {
            Err(StoreError::new(StoreErrorKind::Malformed, "the key's id is not 16 hexadecimal digits"))
        }
    }

    /// 16 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A whole key. It exists when it is made, to be shown once; the store keeps its hash alone. Wiped when dropped.
pub struct ApiKey {
    id: ApiKeyId,
    text: Zeroizing<String>,
}

impl ApiKey {
    /// From random bytes, which must come from the operating system's generator.
    pub fn mint(random: &[u8; API_KEY_RANDOM_BYTES]) -> Self {
        let (id, secret) = random.split_at(ID_BYTES);
        let id = ApiKeyId(id.iter().map(|byte| format!("{byte:02x}")).collect());
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + 2 * API_KEY_RANDOM_BYTES + 1));
        text.push_str(PREFIX);
        text.push_str(id.as_str());
        text.push('_');
        for byte in secret {
            text.push(hex_digit(byte >> 4));
            text.push(hex_digit(byte & 15));
        }
        Self { id, text }
    }

    /// Its public half.
    pub fn id(&self) -> &ApiKeyId {
        &self.id
    }

    /// The key itself, to show once.
    pub fn expose(&self) -> &str {
        &self.text
    }

    pub(crate) fn hash(&self) -> KeyHash {
        KeyHash::of(&self.text)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}, [redacted {SECRET_BYTES} bytes])", self.id.as_str())
    }
}

/// SHA-256 of a key.
///
/// A fast hash is enough: a key is 256 random bits, so there is nothing to guess that a slow hash would slow down.
/// Passwords, which people choose, would need a slow one.
pub(crate) struct KeyHash([u8; 32]);

impl KeyHash {
    fn of(text: &str) -> Self {
        Self(Sha256::new().chain_update(DOMAIN).chain_update(text).finalize().into())
    }

    /// What an unknown id is compared with, so that it takes as long as a known one.
    pub(crate) fn of_nobody() -> Self {
        Self([0; 32])
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        bytes
            .try_into()
            .map(Self)
            .map_err(|_wrong_length| StoreError::corrupt("a key hash of a wrong length"))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A key as a caller presented it: its id to look up, its hash to compare.
pub(crate) struct PresentedKey {
    pub(crate) id: ApiKeyId,
    hash: KeyHash,
}

impl PresentedKey {
    /// `None` if it has not the form of a key.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let well_formed = is_lower_hex(id, ID_BYTES) && is_lower_hex(secret, SECRET_BYTES);
        well_formed.then(|| Self { id: ApiKeyId(id.to_owned()), hash: KeyHash::of(text) })
    }

    /// Compares in constant time.
    pub(crate) fn is(&self, kept: &KeyHash) -> bool {
        self.hash.0.ct_eq(&kept.0).into()
    }
}

impl Drop for KeyHash {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

fn is_lower_hex(text: &str, bytes: usize) -> bool {
    text.len() == 2 * bytes && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).expect("four bits are one digit")
}

/// A new key to keep.
#[derive(Debug, Clone, Copy)]
pub struct NewApiKey<'a> {
    /// The key, of which only the hash is kept.
    pub key: &'a ApiKey,
    /// What the operator calls it.
    pub label: &'a KeyLabel,
    /// What it may be used for.
    pub scopes: &'a Scopes,
    /// When it was made.
    pub created_at: UnixMillis,
    /// From when on it is refused; never if absent.
    pub expires_at: Option<UnixMillis>,
}

/// What is kept of a key, its hash left out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiKeyRecord {
    /// Its public half.
    pub id: ApiKeyId,
    /// What the operator calls it.
    pub label: KeyLabel,
    /// What it may be used for.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: UnixMillis,
    /// From when on it is refused; never if absent.
    pub expires_at: Option<UnixMillis>,
    /// Since when it is refused because it was revoked.
    pub revoked_at: Option<UnixMillis>,
}

impl ApiKeyRecord {
    /// Whether the key is good at `now`: neither expired nor revoked.
    pub fn is_live(&self, now: UnixMillis) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(fill: u8) -> ApiKey {
        ApiKey::mint(&[fill; API_KEY_RANDOM_BYTES])
    }

    #[test]
    fn a_key_is_its_id_and_its_secret_in_hexadecimal() {
        let key = ApiKey::mint(&std::array::from_fn(|i| u8::try_from(i).unwrap()));
        assert_eq!(key.id().as_str(), "0001020304050607");
        assert_eq!(
            key.expose(),
            "vlk_0001020304050607_08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324252627"
        );
        assert_eq!(format!("{key:?}"), "ApiKey(0001020304050607, [redacted 32 bytes])");
    }

    #[test]
    fn the_hash_is_fixed_for_ever() {
        // python3: sha256(b"verilume api key v1\0vlk_" + b"07" * 8 + b"_" + b"07" * 32)
        let hash: String = key(7).hash().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, "6d7c8335b2e1602417ae04c6b8c1dbb6111eb959f586f2614a9d2bac25c399ab");
    }

    #[test]
    fn only_the_key_itself_compares_equal() {
        let kept = key(7).hash();
        assert!(PresentedKey::parse(key(7).expose()).unwrap().is(&kept));
        assert!(!PresentedKey::parse(key(8).expose()).unwrap().is(&kept));
        assert!(!PresentedKey::parse(key(7).expose()).unwrap().is(&KeyHash::of_nobody()));
    }

    #[test]
    fn what_has_not_the_form_of_a_key_is_none() {
        let good = key(0xab).expose().to_owned();
        assert!(PresentedKey::parse(&good).is_some());
        let bad = [
            String::new(),
            "vlk_".to_owned(),
            good.to_uppercase(),
            good.replace("vlk_", ""),
            format!("{good}0"),
            format!(" {good}"),
            good.replacen("_ab", "_é", 1),
            good[..good.len() - 1].to_owned(),
        ];
        for text in bad {
            assert!(PresentedKey::parse(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn scopes_are_a_set() {
        let scopes = Scopes::new(&[Scope::Admin, Scope::Sessions, Scope::Admin]).unwrap();
        assert_eq!(scopes.to_text(), "sessions,admin");
        assert_eq!(Scopes::from_text("admin,sessions").unwrap(), scopes);
        assert!(scopes.contains(Scope::Admin) && !scopes.contains(Scope::Read));
        assert!(
            Scopes::new(&[]).is_err() && Scopes::from_text("").is_err() && Scopes::from_text("root").is_err()
        );
    }
}
