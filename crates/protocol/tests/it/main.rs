//! The capture stream as another program sees it: bytes.

mod corpus;
mod fixtures;
mod stream;
