//! The program end to end: real files, the real binary, its exit codes and what it prints.
//!
//! The assets are needed (`cargo xtask assets`); the folder is found above this crate.

mod bad_input;
mod check;
mod support;
