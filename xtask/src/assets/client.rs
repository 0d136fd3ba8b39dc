//! The ordinary package clients: pip, npm and git, as this machine has them configured.
//!
//! What a client prints names hosts and is long; a failure here says which of few things went wrong and what to do.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::archive;
use super::lock::{PipArchive, Source};
use super::store::Sha256Hex;
use crate::failure::Failure;

/// The interpreter version named for wheels that fit any: only their metadata is compared with it.
const ANY_PYTHON: &str = "3.12";

/// A package on this machine.
#[derive(Debug, Clone)]
pub(super) enum Package {
    /// An archive as its registry serves it.
    Archive(PathBuf),
    /// A bare repository that has fetched one commit.
    Repository { folder: PathBuf, commit: String },
}

impl Package {
    /// The bytes of one file of the package.
    pub(super) fn read(&self, file: &str) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Archive(path) => archive::extract(path, file),
            Self::Repository { folder, commit } => {
                let object = format!("{commit}:{file}");
                let output = run(git(folder).args(["cat-file", "blob", &object]), &GIT)?;
                match output.status.success() {
                    true => Ok(output.stdout),
                    false => Err(Failure::new(
                        format!("the repository holds no {file} at {commit}"),
                        "correct `version` or `file` in assets.lock.toml",
                    )),
                }
            }
        }
    }
}

/// Fetches packages; tests put something else in its place.
pub(super) trait Fetch {
    /// Downloads a package into `folder`, which is empty.
    fn fetch(&self, source: &Source, folder: &Path) -> Result<Package, Failure>;
}

/// The clients of this machine.
pub(super) struct SystemClients;

impl Fetch for SystemClients {
    fn fetch(&self, source: &Source, folder: &Path) -> Result<Package, Failure> {
        match source {
            Source::Pip { package, version, archive } => {
                fetch_pip(package, version, archive, folder)?;
                only_file(folder).map(Package::Archive)
            }
            Source::Npm { package, version } => {
                fetch_npm(package, version, folder)?;
                only_file(folder).map(Package::Archive)
            }
            Source::Git { repository, commit } => fetch_git(repository, commit, folder),
        }
    }
}

/// A client, and how to recognise in its words what went wrong.
struct Client {
    name: &'static str,
    install: &'static str,
    /// The program is there but the client is not.
    missing: &'static [&'static str],
    /// The registry has no such package, version or commit.
    unknown: &'static [&'static str],
    /// The registry could not be reached. Looked for first: pip also says that it found no version then.
    unreachable: &'static [&'static str],
}

const PIP: Client = Client {
    name: "python3 -m pip",
    install: "install Python 3 with pip",
    missing: &["No module named pip"],
    unknown: &["No matching distribution", "Could not find a version"],
    unreachable: &[
        "ConnectionError",
        "Max retries",
        "name resolution",
        "timed out",
        "ProxyError",
        "SSLError",
    ],
};

const NPM: Client = Client {
    name: "npm",
    install: "install Node.js with npm",
    missing: &[],
    unknown: &["E404", "ETARGET", "ENOVERSIONS"],
    unreachable: &["ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH"],
};

const GIT: Client = Client {
    name: "git",
    install: "install git",
    missing: &[],
    unknown: &["not our ref", "couldn't find remote ref", "not found"],
    unreachable: &["unable to access", "Could not resolve", "Could not read from remote", "timed out"],
};

fn fetch_pip(package: &str, version: &str, archive: &PipArchive, folder: &Path) -> Result<(), Failure> {
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]);
    command.args(["--no-deps", "--timeout", "20", "--retries", "2", "--dest"]).arg(folder);
    let requirement = format!("{package}=={version}");
    // Outlives the command; removed with the function.
    let requirements;
    match archive {
        PipArchive::UniversalWheel => {
            command.args(["--only-binary", ":all:", "--python-version", ANY_PYTHON, &requirement]);
        }
        PipArchive::Wheel(tags) => {
            command.args(["--only-binary", ":all:", "--python-version", &tags.python]);
            command.args(["--implementation", &tags.implementation, "--abi", &tags.abi]);
            command.args(["--platform", &tags.platform, &requirement]);
        }
        PipArchive::Source(sha256) => {
            requirements = requirements_file(&requirement, sha256)?;
            command
                .args(["--no-binary", package, "--require-hashes", "--requirement"])
                .arg(requirements.path());
        }
    }
    let output = run(&mut command, &PIP)?;
    if String::from_utf8_lossy(&output.stderr).contains("DO NOT MATCH THE HASHES") {
        return Err(Failure::new(
            "the source archive is not the pinned one",
            "compare with `sdist_sha256` in assets.lock.toml; do not go on if you did not expect this",
        ));
    }
    succeeded(&output, &PIP)
}

/// pip takes the hash of an archive only from a requirements file.
fn requirements_file(requirement: &str, sha256: &Sha256Hex) -> Result<tempfile::NamedTempFile, Failure> {
    let written = tempfile::NamedTempFile::new().and_then(|file| {
        std::fs::write(file.path(), format!("{requirement} --hash=sha256:{sha256}\n"))?;
        Ok(file)
    });
    written.map_err(|error| {
        Failure::new(format!("a temporary file cannot be written: {error}"), "free some space and run again")
    })
}

fn fetch_npm(package: &str, version: &str, folder: &Path) -> Result<(), Failure> {
    let mut command = Command::new("npm");
    command.args(["pack", "--silent", "--ignore-scripts", "--fetch-retries=2", "--fetch-timeout=60000"]);
    // Silence would hide the reason of a failure too.
    command.arg("--loglevel=error").arg("--pack-destination").arg(folder);
    command.arg(format!("{package}@{version}")).current_dir(folder);
    succeeded(&run(&mut command, &NPM)?, &NPM)
}

fn fetch_git(repository: &str, commit: &str, folder: &Path) -> Result<Package, Failure> {
    succeeded(&run(git(folder).args(["init", "--quiet", "--bare", "."]), &GIT)?, &GIT)?;
    let fetch = ["fetch", "--quiet", "--no-tags", "--depth", "1", repository, commit];
    succeeded(&run(git(folder).args(fetch), &GIT)?, &GIT)?;
    Ok(Package::Repository { folder: folder.to_owned(), commit: commit.to_owned() })
}

fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).env("GIT_TERMINAL_PROMPT", "0");
    // Hooks and the like set these; they would lead git away from `folder`.
    command.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    command
}

fn run(command: &mut Command, client: &Client) -> Result<Output, Failure> {
    // The reasons are recognised by their English words.
    command.env("LC_ALL", "C").stdin(Stdio::null());
    command.output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => missing(client),
        _ => Failure::new(format!("{} cannot be started: {error}", client.name), client.install),
    })
}

fn missing(client: &Client) -> Failure {
    Failure::new(format!("{} is not installed", client.name), client.install)
}

fn succeeded(output: &Output, client: &Client) -> Result<(), Failure> {
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| words.contains(phrase));
    Err(if says(client.missing) {
        missing(client)
    } else if says(client.unreachable) {
        Failure::new(
            format!("{} could not reach its registry", client.name),
            "connect to the network and run again",
        )
    } else if says(client.unknown) {
        Failure::new(
            format!("{} found no such package or version", client.name),
            "check `package` and `version` in assets.lock.toml",
        )
    } else {
        Failure::new(
            format!("{} failed ({})", client.name, output.status),
            "fetch the package by hand to see why",
        )
    })
}

fn only_file(folder: &Path) -> Result<PathBuf, Failure> {
    let mut files = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    match (files.next(), files.next()) {
        (Some(file), None) => Ok(file.path()),
        _ => Err(Failure::new("the client did not download exactly one archive", "run again")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[track_caller]
    fn check(client: &Client, stderr: &str, expected: &str) {
        use std::os::unix::process::ExitStatusExt as _;
        let status = std::process::ExitStatus::from_raw(1 << 8);
        let output = Output { status, stdout: vec![], stderr: stderr.into() };
        assert_eq!(succeeded(&output, client).unwrap_err().what(), expected);
    }

    #[cfg(unix)]
    #[test]
    fn the_reason_is_recognised() {
        check(&PIP, "/usr/bin/python3: No module named pip", "python3 -m pip is not installed");
        check(
            &PIP,
            "WARNING: NewConnectionError\nERROR: No matching distribution found for x",
            "python3 -m pip could not reach its registry",
        );
        check(
            &PIP,
            "ERROR: No matching distribution found",
            "python3 -m pip found no such package or version",
        );
        check(&NPM, "npm ERR! code E404", "npm found no such package or version");
        check(&NPM, "npm ERR! code ENOTFOUND", "npm could not reach its registry");
        check(&GIT, "fatal: unable to access", "git could not reach its registry");
        check(&GIT, "fatal: remote error: upload-pack: not our ref", "git found no such package or version");
        check(&GIT, "fatal: something else", "git failed (exit status: 1)");
    }

    #[test]
    fn a_missing_client_is_named() {
        let error = run(&mut Command::new("a-client-that-is-not-there"), &NPM).unwrap_err();
        assert_eq!(error.to_string(), "npm is not installed\n\nhint: install Node.js with npm");
    }
}
