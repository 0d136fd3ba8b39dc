//! `verilume restore`: a backup put into an empty data folder.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest as _, Sha256};
use verilume_store::SqlStore;

use crate::backup::{CHUNK, DATABASE_FILE, FORMAT, Head, OTHER_FILES, Part, VERSION, hex, unusable};
use crate::failure::{Exit, Failure, cannot_write};
use crate::out;
use crate::serve::runtime;

/// The longest first line, bytes. Origin: three files need some hundred.
const MAX_HEAD: u64 = 16 << 10;

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// A file that `verilume backup` wrote.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The data folder; made if it is missing. It must hold no database.
    #[arg(long, value_name = "DIR", env = "VERILUME_DATA")]
    data: PathBuf,
}

pub(crate) fn run(args: &RestoreArgs) -> Result<(), Failure> {
    let mut from = BufReader::new(File::open(&args.from).map_err(|error| unusable(&args.from, error))?);
    let head = head(&args.from, &mut from)?;
    refuse_a_used_folder(&args.data)?;
    make_folder(&args.data).map_err(|error| cannot_write(&args.data, &error))?;
    // Under other names until all of it is right: what is damaged leaves no half of a database behind.
    let parts: Vec<(PathBuf, PathBuf)> =
        head.files.iter().map(|part| places(&args.data, &part.name)).collect();
    let written = head.files.iter().zip(&parts).try_for_each(|(part, (new, _))| {
        write_part(&mut from, part, new).map_err(|error| unusable(&args.from, error))
    });
    if let Err(failure) = written {
        parts.iter().for_each(|(new, _)| drop(std::fs::remove_file(new)));
        return Err(failure);
    }
    for (new, place) in &parts {
        std::fs::rename(new, place).map_err(|error| cannot_write(place, &error))?;
    }
    check(&args.data)?;
    out::print(&format!("{} holds the backup of {}\n", args.data.display(), head.made_at));
    Ok(())
}

fn head(file: &Path, from: &mut BufReader<File>) -> Result<Head, Failure> {
    let line = line(file, from)?;
    let head: Head = serde_json::from_str(&line).map_err(|_no_head| unusable(file, "it is no backup"))?;
    if head.format != FORMAT || head.version != VERSION {
        return Err(unusable(
            file,
            format!("it is of version {}, this program reads {VERSION}", head.version),
        ));
    }
    if self::line(file, from)? != hex(&Sha256::digest(&line)) {
        return Err(unusable(file, "its first line is damaged"));
    }
    let holds = |name: &str| head.files.iter().filter(|part| part.name == name).count();
    let known = holds(DATABASE_FILE) + OTHER_FILES.iter().map(|name| holds(name).min(1)).sum::<usize>();
    if holds(DATABASE_FILE) != 1 || known != head.files.len() {
        return Err(unusable(file, "it does not hold what a backup holds"));
    }
    Ok(head)
}

/// One line, without its end.
fn line(file: &Path, from: &mut BufReader<File>) -> Result<String, Failure> {
    let mut line = String::new();
    from.take(MAX_HEAD).read_line(&mut line).map_err(|error| unusable(file, error))?;
    Ok(line.trim_end_matches('\n').to_owned())
}

fn refuse_a_used_folder(data: &Path) -> Result<(), Failure> {
    let used = [DATABASE_FILE].iter().chain(&OTHER_FILES).find(|name| data.join(name).exists());
    let Some(used) = used else { return Ok(()) };
    let message = format!("{} holds {used} already", data.display());
    Err(Failure::new(Exit::Arguments, "folder_in_use", message, "name an empty folder with --data DIR"))
}

fn make_folder(data: &Path) -> std::io::Result<()> {
    let mut make = DirBuilder::new();
    make.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    make.create(data)
}

fn places(data: &Path, name: &str) -> (PathBuf, PathBuf) {
    (data.join(format!("{name}.restoring")), data.join(name))
}

fn write_part(from: &mut BufReader<File>, part: &Part, to: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let (mut to, mut hash, mut left) = (options.open(to)?, Sha256::new(), part.bytes);
    let mut chunk = vec![0; CHUNK];
    while left > 0 {
        let wanted = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        from.read_exact(&mut chunk[..wanted])?;
        hash.update(&chunk[..wanted]);
        to.write_all(&chunk[..wanted])?;
        left -= wanted as u64;
    }
    if hex(&hash.finalize()) != part.sha256 {
        return Err(std::io::Error::other(format!("{} in it is damaged", part.name)));
    }
    to.sync_all()
}

/// Opens it once: tables of an older release are brought up to date, those of a newer one refused.
fn check(data: &Path) -> Result<(), Failure> {
    runtime()?.block_on(async {
        let store = SqlStore::open_folder(data).await.map_err(|error| {
            let message = crate::failure::chain(&error);
            Failure::new(Exit::Service, "store_unusable", message, error.next_step())
        })?;
        store.close().await;
        Ok(())
    })
}
