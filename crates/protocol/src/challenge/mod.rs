//! The flash challenge: six secret binary codes, one for each half of the screen and colour channel.
//!
//! A challenge has `N` slots. In slot `s`, channel `c` of half `h` is lit (`high`) or not (`low`) as bit `s` of the
//! code `b[h][c]` says. Every code is drawn **independently and uniformly** from the [`CodeSet`] `S_N`: balanced
//! (`N/2` ones) with no run longer than [`MAX_RUN`]. Nothing is drawn again afterwards: the exact p-value of the
//! liveness decision counts over the very set `S_N^6` that minting draws from, each member equally likely.
//!
//! Flash safety does not need a rejection step either. A [`FlashProfile`] cannot be made with slots shorter than
//! [`MIN_SLOT_MS`], and at that rate at most five changes meet any one second, which is at most two flashes whatever
//! the codes are (WCAG 2.2, success criterion 2.3.1, allows three). [`FlashChallenge::mint`] checks it all the same.

mod code;
mod commitment;
mod error;
mod mint;
mod profile;
mod safety;
mod timeline;

pub use code::{CODE_COUNT, Channel, CodeSet, Half, MAX_RUN, SlotCode};
pub use commitment::{SALT_BYTES, SlotCommitment, SlotReveal};
pub use error::{ChallengeError, ChallengeErrorKind};
pub use mint::FlashChallenge;
pub use profile::{FlashProfile, MAX_GREY_MS, MIN_SLOT_MS};
pub use safety::{
    FlashSafety, MAX_MINTED_FLASHES_PER_SECOND, ScreenSample, flash_safety, flash_safety_of_recording,
};
pub use timeline::ScreenTimeline;
