//! One suite that every database runs, and what only one of them can be asked.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cluster;
mod killed;
mod postgres;
mod sqlite;
mod suite;
