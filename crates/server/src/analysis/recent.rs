//! Frames of earlier sessions, by their hash: no sensor takes the same frame twice.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Frames that are remembered. Origin: 700 sessions of 90 frames; 3 MB.
const CAPACITY: usize = 1 << 16;
/// Bytes of a hash that are kept: 128 bits tell any frames apart.
const KEPT_BYTES: usize = 16;

type Key = [u8; KEPT_BYTES];

/// Remembers, in memory only and until newer ones take their place, which session a frame belonged to.
#[derive(Debug, Default)]
pub(crate) struct RecentFrames {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    session_of: HashMap<Key, u64>,
    order: VecDeque<Key>,
}

impl RecentFrames {
    /// Whether another session had this frame; remembers it for this one otherwise.
    pub(crate) fn is_of_another(&self, jpeg_sha256: &[u8; 32], session: u64) -> bool {
        let mut key = Key::default();
        key.copy_from_slice(&jpeg_sha256[..KEPT_BYTES]);
        // Whoever panicked while holding it left whole entries behind.
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(owner) = inner.session_of.get(&key) {
            return *owner != session;
        }
        if inner.order.len() >= CAPACITY
            && let Some(oldest) = inner.order.pop_front()
        {
            inner.session_of.remove(&oldest);
        }
        inner.session_of.insert(key, session);
        inner.order.push_back(key);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: usize) -> [u8; 32] {
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&(number as u64).to_le_bytes());
        hash
    }

    #[test]
    fn a_frame_of_another_session_is_known_and_memory_is_bounded() {
        let recent = RecentFrames::default();
        assert!(!recent.is_of_another(&hash(1), 7));
        assert!(!recent.is_of_another(&hash(1), 7), "its own");
        assert!(recent.is_of_another(&hash(1), 8));
        for number in 2..CAPACITY + 2 {
            recent.is_of_another(&hash(number), 9);
        }
        assert_eq!(recent.inner.lock().unwrap().order.len(), CAPACITY);
        assert!(!recent.is_of_another(&hash(1), 8), "forgotten");
    }
}
