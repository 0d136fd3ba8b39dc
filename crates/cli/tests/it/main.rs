//! The program end to end: real files, the real binary, its exit codes and what it prints.
//!
//! The assets are needed (`cargo xtask assets`); the folder is found above this crate.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod bad_input;
mod bench;
mod capture;
mod check;
mod clients;
#[path = "../../../store/tests/it/cluster.rs"]
mod cluster;
mod compare;
mod configuration;
mod demo;
mod endurance;
mod evaluate;
mod explain;
mod keys;
mod metrics;
mod operate;
mod service;
mod simulate;
mod support;
mod texture_model;
mod tls;
mod tutorial;
