//! Arbitrary bytes in the place of the service's messages, as a device takes them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verilume_protocol::stream::{DecodeLimits, ServerMessage};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = ServerMessage::decode(bytes, &DecodeLimits::default()) {
        // What was understood can be said again, and is understood as the same.
        let again = message.encode();
        assert_eq!(ServerMessage::decode(again.as_bytes(), &DecodeLimits::default()).ok(), Some(message));
    }
});
