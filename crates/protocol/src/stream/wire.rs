//! What `prost` makes of the schema. Nothing outside this module's siblings sees it.

#![expect(
    clippy::all,
    unreachable_pub,
    reason = "generated from capture.proto, whose comments are its documentation"
)]

include!(concat!(env!("OUT_DIR"), "/verilume.capture.v1.rs"));
