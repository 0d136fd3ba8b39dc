//! The capture stream as another program sees it: bytes.

mod fixtures;
mod stream;
