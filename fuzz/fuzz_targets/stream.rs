//! A capture stream from arbitrary bytes, as the service takes it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    verilume_server::fuzzing::stream(bytes);
});
