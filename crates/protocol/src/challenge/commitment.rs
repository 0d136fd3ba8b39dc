//! Commitments: the server fixes every slot's code before the first frame arrives and can be held to it afterwards.

use std::fmt;

use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::SlotCode;

/// Bytes of a slot's salt. 256 bits: six bits of code are hidden by the salt alone.
pub const SALT_BYTES: usize = 32;

/// Keeps these hashes apart from every other hash of the protocol.
const DOMAIN: &[u8] = b"verilume flash slot v1\0";

/// SHA-256 of domain, slot number, salt and code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SlotCommitment([u8; 32]);

impl SlotCommitment {
    /// From its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The commitment to a reveal.
    pub fn to(reveal: &SlotReveal) -> Self {
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        hash.update(reveal.slot.to_le_bytes());
        hash.update(reveal.salt);
        hash.update([reveal.code.bits()]);
        Self(hash.finalize().into())
    }

    /// Whether `reveal` is what was committed to.
    pub fn verifies(&self, reveal: &SlotReveal) -> bool {
        *self == Self::to(reveal)
    }
}

/// A slot's code with the salt that opens its commitment. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SlotReveal {
    slot: u32,
    code: SlotCode,
    salt: [u8; SALT_BYTES],
}

impl SlotReveal {
    /// A reveal as received.
    pub const fn new(slot: u32, code: SlotCode, salt: [u8; SALT_BYTES]) -> Self {
        Self { slot, code, salt }
    }

    /// Which slot, from 0.
    pub const fn slot(&self) -> u32 {
        self.slot
    }

    /// What the slot shows.
    pub const fn code(&self) -> SlotCode {
        self.code
    }

    /// The salt.
    pub const fn salt(&self) -> &[u8; SALT_BYTES] {
        &self.salt
    }
}

impl fmt::Debug for SlotReveal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SlotReveal(slot {}, [redacted {} bytes])", self.slot, SALT_BYTES + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_opens_only_to_its_own_slot_code_and_salt() {
        let reveal = SlotReveal::new(4, SlotCode::from_bits(0b01_0011), [7; SALT_BYTES]);
        let commitment = SlotCommitment::to(&reveal);
        assert!(commitment.verifies(&reveal));
        let others = [
            SlotReveal::new(5, reveal.code(), *reveal.salt()),
            SlotReveal::new(4, SlotCode::from_bits(0b01_0010), *reveal.salt()),
            SlotReveal::new(4, reveal.code(), [8; SALT_BYTES]),
        ];
        assert!(others.iter().all(|other| !commitment.verifies(other)));
    }

    #[test]
    fn the_hash_is_fixed_for_ever() {
        // python3: sha256(b"verilume flash slot v1\0" + (4).to_bytes(4, "little") + b"\x07" * 32 + b"\x13")
        let reveal = SlotReveal::new(4, SlotCode::from_bits(0x13), [7; SALT_BYTES]);
        let hex: String =
            SlotCommitment::to(&reveal).as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "91ccd9dcb328a95582ccc84e6652a88bae5c6a27d1c275b3e6b4187b9c9ba895");
    }
}
