//! One suite that every database runs, and what only one of them can be asked.

mod postgres;
mod sqlite;
mod suite;
