//! PostgreSQL for the tests: they start a server of their own in a temporary folder, its programs must be installed.

use std::path::Path;
use std::process::Command;

use anyhow::bail;

use crate::shell::Shell;

/// Where Debian puts the programs of each version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// Names a server that is already there.
const SERVER: &str = "VERILUME_TEST_POSTGRES_URL";
/// Nothing may be asked for.
const APT: [&str; 2] = ["DEBIAN_FRONTEND=noninteractive", "apt-get"];
const UPDATE: [&str; 2] = ["update", "--quiet"];
const INSTALL: [&str; 5] = ["install", "--yes", "--quiet", "--no-install-recommends", "postgresql"];

/// Installs the server's programs where they are missing and this user may; otherwise says what to run.
pub(crate) fn ensure(shell: &Shell) -> anyhow::Result<()> {
    if std::env::var_os(SERVER).is_some() || is_on_path("initdb") || is_installed(Path::new(DEBIAN)) {
        return Ok(());
    }
    if !(is_on_path("apt-get") && is_root()) {
        bail!(
            "the store's tests need PostgreSQL's server programs: run `sudo apt-get install postgresql` (or put `initdb` on \
             the PATH), or name a server whose user may create databases in {SERVER}"
        );
    }
    shell.run("env", &[&APT[..], &UPDATE].concat())?;
    shell.run("env", &[&APT[..], &INSTALL].concat())
}

fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether a folder with a folder for each version has a version with a server.
fn is_installed(versions: &Path) -> bool {
    let mut versions = std::fs::read_dir(versions).into_iter().flatten().flatten();
    versions.any(|version| version.path().join("bin/initdb").is_file())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_with_a_server_is_found_and_a_client_alone_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_installed(&folder.path().join("missing")) && !is_installed(folder.path()));
        for (version, program, expected) in [("15", "psql", false), ("17", "initdb", true)] {
            let programs = folder.path().join(version).join("bin");
            std::fs::create_dir_all(&programs).unwrap();
            std::fs::write(programs.join(program), "").unwrap();
            assert_eq!(is_installed(folder.path()), expected, "{program}");
        }
    }
}
