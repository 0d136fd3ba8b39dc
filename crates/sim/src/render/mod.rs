//! A software rasteriser: bodies with a light factor at each vertex, seen by a pinhole camera.
//!
//! A frame is drawn in two passes. The first finds which triangle each pixel shows; the second interpolates the light
//! factors over it and adds up the light of that pixel's row, since a rolling shutter exposes each row at another time.

mod body;
mod compose;
mod glass;
mod mesh;
mod mirror;
mod raster;

pub(crate) use body::{Body, Display, RowLight, Surface};
pub(crate) use compose::{LinearImage, compose};
pub(crate) use glass::{Lattice, Streak};
pub(crate) use mesh::{Mesh, Tag, Texture, Vectors};
pub(crate) use mirror::{MirrorImage, add_corneal_glints};
pub(crate) use raster::{Buffers, Optics, body_of};
