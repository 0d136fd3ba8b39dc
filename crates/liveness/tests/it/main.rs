//! The flashing light model on synthetic traces and pixels.

mod outcomes;
mod pixels;
mod properties;
mod synthetic;
mod uniformity;
