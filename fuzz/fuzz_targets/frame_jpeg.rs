//! Arbitrary bytes in the place of a frame of a capture: the service's own decoder.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    verilume_server::fuzzing::frame_jpeg(bytes);
});
