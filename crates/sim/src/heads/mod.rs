//! Heads: the CC0 head asset, random persons made from it, and what they look like.

mod asset;
mod atlas;
mod eyes;
mod glasses;
mod hair;
mod person;
mod shape;
mod skin;

pub use asset::Heads;
pub(crate) use eyes::EyeSite;
pub(crate) use person::{LandmarkVertices, Lids, Look, Person};
