//! The liveness decision: evidence in, decision with reasons out.
//!
//! Sans-I/O: this crate holds no clock, thread, file, socket or random source. The same evidence gives the same
//! decision on every machine. It runs no neural network either: scores of networks are arguments.

mod evidence;
pub mod flash;

pub use evidence::{Signal, Threshold, Verdict};
