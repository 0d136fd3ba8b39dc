//! What client and server agree on before a pixel is looked at: the messages of the capture stream, the transcript that
//! binds frames and colours to each other, the session token, the error codes, and the flash challenge: when each colour
//! is on the screen, how safe the flashing is, and the commitments that bind the server to it.
//!
//! The crate does no I/O and owns no randomness: random bytes and times are arguments.
//!
//! ```
//! use verilume_protocol::challenge::{FlashChallenge, FlashProfile, Half, ScreenTimeline, flash_safety};
//!
//! // A counter stands in for the operating system's generator here.
//! let mut next = 0u8;
//! let challenge = FlashChallenge::mint(FlashProfile::standard(), |bytes| {
//!     for byte in bytes {
//!         next = next.wrapping_mul(167).wrapping_add(13);
//!         *byte = next;
//!     }
//! })?;
//! let timeline = ScreenTimeline::nominal(&challenge, 0.0);
//! assert!(timeline.colour(Half::Top, -0.1).iter().all(|light| (light - 0.51).abs() < 1e-9), "grey lead-in");
//! assert!(flash_safety(&timeline).max_flashes_per_second() <= 2);
//! assert!(challenge.commitments()[3].verifies(&challenge.reveal(3)?));
//! # Ok::<(), verilume_protocol::challenge::ChallengeError>(())
//! ```

pub mod challenge;
pub mod errors;
pub mod stream;
#[cfg(feature = "token")]
pub mod token;
pub mod transcript;
