//! Arbitrary bytes in the place of a body of the stream over plain HTTP.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    verilume_server::fuzzing::http_body(bytes);
});
