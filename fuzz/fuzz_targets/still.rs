//! Arbitrary bytes in the place of a picture: every decoder of the service.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verilume_still::{StillLimits, decode};

fuzz_target!(|bytes: &[u8]| {
    let limits = StillLimits::pixels(1 << 20);
    if let Ok(still) = decode(bytes, &limits) {
        assert!(u64::from(still.image.width()) * u64::from(still.image.height()) <= limits.max_pixels);
    }
});
