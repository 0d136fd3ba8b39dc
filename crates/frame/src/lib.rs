//! Pixels, rectangles, landmarks, colour and time: the vocabulary every Verilume crate shares.
//!
//! This crate holds values and their invariants, nothing that measures or decides. Whatever carries
//! biometric data (pixels, landmarks) is wiped when dropped and prints as `[redacted N bytes]`.
//!
//! ```
//! use verilume_frame::{Frame, RgbImage, Timestamp};
//!
//! let image = RgbImage::new(2, 1, vec![255, 0, 0, 0, 0, 255])?;
//! let frame = Frame::new(image, Timestamp::from_millis(40));
//! assert_eq!(frame.view().pixel(1, 0), [0, 0, 255]);
//! assert!(format!("{frame:?}").contains("[redacted 6 bytes]"));
//! # Ok::<(), verilume_frame::FrameError>(())
//! ```

mod colour;
mod error;
mod geometry;
mod image;
mod landmarks;
mod orientation;
mod time;

pub use colour::{linear_from_srgb, luma_from_rgb, luminance, srgb_from_linear};
pub use error::{FrameError, FrameErrorKind};
pub use geometry::{Point2, Point3, Rect};
pub use image::{Frame, MAX_PIXELS, RgbImage, RgbView};
pub use landmarks::{FaceLandmarks, MESH_POINT_COUNT, mesh};
pub use orientation::Orientation;
pub use time::Timestamp;
