//! A compiler for WebAssembly: the toolchain's own where it has the target, else Debian's.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::failure::Failure;
use crate::shell::{Shell, say};

const TRIPLE: &str = "wasm32-unknown-unknown";
/// What the networks are written for; every browser of the last years has it.
const FEATURES: &str = "-C target-feature=+simd128";
/// Debian's compiler for its browsers, which is newer than its usual one, and the sources of its standard library.
const DEBIAN_PACKAGES: [&str; 2] = ["rustc-web", "rust-web-src"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_SOURCES: &str = "/usr/lib/rustlib/src/rust/library/Cargo.toml";

/// What compiles.
#[derive(Debug)]
pub(super) enum Compiler {
    /// The toolchain that also builds everything else.
    Toolchain,
    /// Debian's, which has no standard library for WebAssembly and compiles it anew with this linker.
    Debian { linker: String },
}

impl Compiler {
    /// The first that is there, or can be had.
    pub(super) fn find(shell: &Shell) -> Result<Self> {
        let sysroot = output("rustc", &["--print", "sysroot"])?;
        let has_target = || Path::new(&sysroot).join("lib/rustlib").join(TRIPLE).join("lib").is_dir();
        if has_target() || (add_by_rustup(shell) && has_target()) {
            return Ok(Self::Toolchain);
        }
        let host = output("rustc", &["--print", "host-tuple"])?;
        let linker = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld");
        if linker.is_file() && (is_debian_there() || (install(shell) && is_debian_there())) {
            return Ok(Self::Debian { linker: linker.to_string_lossy().into_owned() });
        }
        let packages = DEBIAN_PACKAGES.join(" ");
        Err(Failure::new(
            format!("no compiler for {TRIPLE}"),
            format!("run `rustup target add {TRIPLE}`; on Debian or Ubuntu without rustup `apt-get install {packages}`"),
        )
        .into())
    }

    /// Compiles a package.
    pub(super) fn build(&self, shell: &Shell, package: &str, target_folder: &str) -> Result<()> {
        let mut args = vec!["build", "--profile", "wasm", "--target", TRIPLE, "--target-dir", target_folder];
        args.extend(["--package", package]);
        match self {
            Self::Toolchain => shell.clone().with("RUSTFLAGS", FEATURES).cargo(&args),
            Self::Debian { linker } => {
                args.extend(["-Z", "build-std=std,panic_abort"]);
                let flags = format!("-C linker={linker} -C linker-flavor=wasm-ld {FEATURES}");
                let shell = shell.clone().with("RUSTFLAGS", flags);
                shell.with("RUSTC", DEBIAN_RUSTC).with("RUSTC_BOOTSTRAP", "1").cargo(&args)
            }
        }
    }
}

/// Whether rustup could add the target.
fn add_by_rustup(shell: &Shell) -> bool {
    shell.run("rustup", &["target", "add", TRIPLE]).is_ok()
}

/// Whether Debian's compiler is there, with its sources, and new enough for this workspace.
fn is_debian_there() -> bool {
    let Ok(version) = output(DEBIAN_RUSTC, &["--version"]) else { return false };
    Path::new(DEBIAN_SOURCES).is_file()
        && minor(&version) >= minor(concat!("rustc ", env!("CARGO_PKG_RUST_VERSION")))
}

/// Whether Debian's packages could be installed.
fn install(shell: &Shell) -> bool {
    let mut packages = vec!["install", "-y", "--no-install-recommends"];
    packages.extend(DEBIAN_PACKAGES);
    let has_list = shell.run("apt-get", &["update"]).is_ok();
    let is_installed = has_list && shell.run("apt-get", &packages).is_ok();
    if !is_installed {
        say("Debian's packages could not be installed");
    }
    is_installed
}

/// The 95 of `rustc 1.95.0 (...)`.
fn minor(version: &str) -> Option<u32> {
    version.split_whitespace().nth(1)?.split('.').nth(1)?.parse().ok()
}

fn output(program: &str, args: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(args)
        .output()
        .with_context(|| format!("`{program}` could not be started: is it installed?"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn versions_are_compared_by_their_second_number() {
        assert_eq!(minor("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"), Some(96));
        assert_eq!(minor("rustc 1.95"), Some(95));
        assert_eq!(minor("gcc"), None);
        assert!(minor("no version") < minor("rustc 1.95.0"));
    }
}
