//! Light: what falls on each vertex from the room and from the two halves of the screen.

mod ambient;
mod screen;
mod visibility;

pub(crate) use ambient::Ambient;
pub(crate) use screen::ScreenFactors;
pub use screen::{Half, ScreenPanel};
pub(crate) use visibility::Visibility;
