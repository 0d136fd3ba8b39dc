//! `verilume backup`: a data folder in one file, consistent although the service runs.
//!
//! The file is a line of JSON that names what follows, with sizes and SHA-256, a line with the SHA-256 of the first, and then
//! those files one after the other.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::clock;
use crate::failure::{Exit, Failure, cannot_write};
use crate::serve::runtime;
use crate::store::{MASTER_KEY_FILE, MasterKeyArgs, StoreArgs};
use crate::tls::OWN_IDENTITY;
use crate::{out, store};

/// What the first line says.
pub(crate) const FORMAT: &str = "verilume backup";
pub(crate) const VERSION: u32 = 2;
/// The database's name in the data folder, and in a backup.
pub(crate) const DATABASE_FILE: &str = "verilume.db";
/// What else of the folder belongs to a backup, where it is there: keys, and the certificate that clients were told to
/// trust.
pub(crate) const OTHER_FILES: [&str; 2] = [MASTER_KEY_FILE, OWN_IDENTITY];
/// Bytes that are copied at once.
pub(crate) const CHUNK: usize = 64 << 10;

#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    master_key: MasterKeyArgs,
    /// The file to write; it must not be there. It holds keys: keep it as private as the data folder.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) format: String,
    pub(crate) version: u32,
    pub(crate) made_at: String,
    pub(crate) files: Vec<Part>,
}

/// One file of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// Lower-case hexadecimal digits.
    pub(crate) sha256: String,
}

pub(crate) fn run(args: &BackupArgs) -> Result<(), Failure> {
    let failed = |error: std::io::Error| cannot_write(&args.to, &error);
    let folder = args.to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Its owner's alone, on the disk of the backup.
    let scratch = tempfile::Builder::new().prefix(".verilume-backup-").tempdir_in(folder).map_err(failed)?;
    let copy = scratch.path().join(DATABASE_FILE);
    let settings = args.store.settings(&[args.master_key.option()])?;
    runtime()?.block_on(async {
        let store = store::open_existing(&settings).await?;
        let copied = store.copy_to(&copy).await.map_err(|error| store::failure(&settings, &error));
        // Without the key that opens what is sealed in it, it would be no backup.
        let key = store::existing_master_key(&settings, &store).await;
        store.close().await;
        copied.and(key)
    })?;
    let identity = args.store.folder()?.map(|folder| (OWN_IDENTITY, folder.join(OWN_IDENTITY)));
    // Wherever it lies: where it is restored it lies in the data folder.
    let key = store::master_key_file(&settings)?.map(|file| (MASTER_KEY_FILE, file));
    let others = key.into_iter().chain(identity).filter(|(_, file)| file.is_file());
    let files: Vec<(&str, PathBuf)> = [(DATABASE_FILE, copy)].into_iter().chain(others).collect();
    let whole = scratch.path().join("whole");
    write(&whole, &files).map_err(failed)?;
    // In one step, and never over another file.
    std::fs::hard_link(&whole, &args.to).map_err(failed)?;
    let sha256 = part("", &args.to).map_err(failed)?.sha256;
    out::print(&format!("{} written: it holds keys, keep it private\nSHA-256 {sha256}\n", args.to.display()));
    Ok(())
}

fn write(whole: &Path, files: &[(&str, PathBuf)]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut to = options.open(whole)?;
    let parts = files.iter().map(|(name, file)| part(name, file)).collect::<std::io::Result<_>>()?;
    let head = Head {
        format: FORMAT.to_owned(),
        version: VERSION,
        made_at: clock::rfc3339(clock::unix()),
        files: parts,
    };
    let head = serde_json::to_string(&head)?;
    writeln!(to, "{head}\n{}", hex(&Sha256::digest(&head)))?;
    for (_, file) in files {
        std::io::copy(&mut File::open(file)?, &mut to)?;
    }
    to.sync_all()
}

fn part(name: &str, file: &Path) -> std::io::Result<Part> {
    let (mut from, mut hash, mut bytes) = (File::open(file)?, Sha256::new(), 0);
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = from.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        hash.update(&chunk[..read]);
        bytes += read as u64;
    }
    Ok(Part { name: name.to_owned(), bytes, sha256: hex(&hash.finalize()) })
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A backup that cannot be used.
pub(crate) fn unusable(file: &Path, why: impl std::fmt::Display) -> Failure {
    let message = format!("{} cannot be restored: {why}", file.display());
    Failure::new(Exit::Input, "backup_unusable", message, "name a whole file that `verilume backup` wrote")
}
