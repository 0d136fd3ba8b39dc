//! Compiles the capture stream's messages in Rust alone: no `protoc` is needed.

use std::path::PathBuf;

const PROTO: &str = "proto/verilume/capture/v1/capture.proto";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={PROTO}");
    let descriptors = protox::compile([PROTO], ["proto"])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    prost_build::Config::new()
        .out_dir(out)
        // Messages carry tokens and pixels: they never print themselves.
        .skip_debug(["."])
        .compile_fds(descriptors)?;
    Ok(())
}
