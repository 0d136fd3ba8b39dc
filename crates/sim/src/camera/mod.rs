//! The camera: from radiances to the 8-bit frame a client gets.

mod automatics;
mod jpeg;
mod sensor;

pub(crate) use jpeg::through_jpeg;
pub(crate) use sensor::Camera;
