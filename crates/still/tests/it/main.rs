//! Every format, every variety, every way to be broken. Pictures are made here: no face is in them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod broken;
mod corpus;
mod made;
mod memory;
mod varieties;
