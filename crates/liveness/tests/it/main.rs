//! The flashing light model on synthetic traces and pixels.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod outcomes;
mod pixels;
mod properties;
mod reference;
mod synthetic;
mod uniformity;
