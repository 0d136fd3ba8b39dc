//! What transports hand over: it holds pictures of faces and tokens, and is wiped once it has been read.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody as _};
use verilume_protocol::errors::ErrorCode;
use zeroize::{Zeroize as _, Zeroizing};

use crate::api::ApiError;

/// The last thing that a transport handed over.
///
/// Transports read into a buffer and hand out parts of it, and only who holds a buffer alone can wipe it. While a part is
/// held, its buffer is not read into again: for what follows the transport takes another one. So the last part is held
/// until the next has come, or until the transport has been dropped; the buffer around it is then free, and wiped whole.
///
/// Beyond reach, until other bytes take its place or the connection ends: the last part of an HTTP body, in the buffer of
/// a connection that waits for the next request; a WebSocket message of which only a part came, or that came in
/// fragments; and what lies in the system's own buffers.
#[derive(Default)]
pub(super) struct Received {
    last: Option<Bytes>,
}

impl Received {
    /// Holds a part that is being read; wipes the one before it.
    pub(super) fn hold(&mut self, part: Bytes) -> &[u8] {
        if let Some(before) = self.last.replace(part) {
            wipe(before);
        }
        self.last.as_deref().unwrap_or_default()
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if let Some(last) = self.last.take() {
            wipe(last);
        }
    }
}

/// Wipes the whole buffer that a part lies in, and gives it back empty of meaning; `None` if others hold the buffer too.
fn wipe(part: Bytes) -> Option<impl AsRef<[u8]>> {
    let mut buffer = part.try_into_mut().ok()?;
    buffer.clear();
    // Asked for more than lies behind the part, it takes back what lies before it.
    let _is_whole = buffer.try_reclaim(buffer.capacity() + 1);
    buffer.resize(buffer.capacity(), 0);
    // Unlike the zeros above, these are written even though nobody reads them.
    buffer.as_mut().zeroize();
    Some(buffer)
}

/// Reads the body of a request, in memory that is wiped.
pub(super) async fn read_body(mut body: Body, max_bytes: usize) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    let mut received = Received::default();
    let mut bytes = Zeroizing::new(Vec::new());
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_cut_off| ApiError::of(ErrorCode::MessageInvalid))?;
        let Ok(part) = frame.into_data() else { continue };
        let part = received.hold(part);
        if part.len() > max_bytes - bytes.len() {
            return Err(ApiError::of(ErrorCode::MessageTooLarge));
        }
        append(&mut bytes, part);
    }
    Ok(bytes)
}

/// Appends without leaving a copy behind where the bytes lay before.
fn append(bytes: &mut Zeroizing<Vec<u8>>, part: &[u8]) {
    let needed = bytes.len() + part.len();
    if needed > bytes.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(needed.max(2 * bytes.capacity())));
        larger.extend_from_slice(bytes);
        *bytes = larger;
    }
    bytes.extend_from_slice(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_wiped_whole_by_the_last_who_holds_a_part_of_it() {
        let mut buffer = Bytes::from(vec![7; 64]).try_into_mut().unwrap();
        let first = buffer.split_to(20).freeze();
        let second = buffer.split_to(20).freeze();
        assert!(wipe(second.clone()).is_none(), "the transport holds it");
        drop(buffer);
        assert!(wipe(first).is_none(), "the second part holds it");
        let wiped = wipe(second).unwrap();
        assert!(wiped.as_ref().len() >= 64);
        assert!(wiped.as_ref().iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_part_stays_readable_until_the_next() {
        let mut received = Received::default();
        assert_eq!(received.hold(Bytes::from_static(b"one")), b"one");
        assert_eq!(received.hold(Bytes::from(vec![2; 3])), [2; 3]);
    }

    #[test]
    fn what_is_appended_comes_in_order() {
        let mut bytes = Zeroizing::new(Vec::new());
        for part in [&b"ab"[..], b"", b"cde", b"f"] {
            append(&mut bytes, part);
        }
        assert_eq!(&bytes[..], b"abcdef");
    }
}
