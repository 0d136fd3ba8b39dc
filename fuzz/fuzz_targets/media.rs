//! Arbitrary bytes in the place of a recorded capture: every decoder that reads from a stream.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use verilume_eval::media::{MediaOptions, from_reader};

fuzz_target!(|bytes: &[u8]| {
    let mut options = MediaOptions::default();
    options.limits.max_pixels = 1 << 20;
    options.limits.max_frames = 8;
    if let Ok(mut reader) = from_reader(Cursor::new(bytes.to_vec()), &options) {
        while let Ok(Some(frame)) = reader.next_frame() {
            let pixels = u64::from(frame.view().width()) * u64::from(frame.view().height());
            assert!(pixels <= options.limits.max_pixels);
        }
    }
});
