//! Takes one file out of a package archive, or the archive as a whole, within bounds.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::GzDecoder;

use crate::failure::Failure;

/// Larger than any file the lock names.
const MAX_FILE_BYTES: u64 = 128 << 20;
/// Larger than any archive the lock names, unpacked.
const MAX_UNPACKED_BYTES: u64 = 1 << 30;

/// What to do about an archive that does not hold what it should.
const REFETCH: &str =
    "the archive is damaged or not the pinned one; if it lies in a mirror, replace it there, else run again";

/// The bytes of `file` in the archive, a wheel or a gzipped tar by its name; of the archive itself if `file` is its
/// name.
pub(super) fn extract(archive: &Path, file: &str) -> Result<Vec<u8>, Failure> {
    let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if name == file {
        return read_plain(archive);
    }
    let unreadable = |reason: String| Failure::new(format!("{name} is not readable: {reason}"), REFETCH);
    let reader = File::open(archive).map_err(|error| unreadable(error.to_string()))?;
    let reader = BufReader::new(reader);
    let found = match name.ends_with(".whl") {
        true => from_zip(reader, file),
        false => from_tar(reader, file),
    };
    match found {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Failure::new(format!("{name} holds no {file}"), REFETCH)),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

/// The bytes of a plain file.
pub(super) fn read_plain(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = File::open(path).and_then(read_bounded);
    read.map_err(|error| Failure::new(format!("{} is not readable: {error}", path.display()), REFETCH))
}

fn from_zip(reader: BufReader<File>, file: &str) -> std::io::Result<Option<Vec<u8>>> {
    let mut archive = zip::ZipArchive::new(reader).map_err(std::io::Error::other)?;
    match archive.by_name(file) {
        Ok(entry) => read_bounded(entry).map(Some),
        Err(zip::result::ZipError::FileNotFound) => Ok(None),
        Err(error) => Err(std::io::Error::other(error)),
    }
}

fn from_tar(reader: BufReader<File>, file: &str) -> std::io::Result<Option<Vec<u8>>> {
    let mut archive = tar::Archive::new(GzDecoder::new(reader).take(MAX_UNPACKED_BYTES));
    for entry in archive.entries()? {
        let entry = entry?;
        if entry.path()? == Path::new(file) {
            return read_bounded(entry).map(Some);
        }
    }
    Ok(None)
}

fn read_bounded(reader: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![];
    reader.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(len) if len <= MAX_FILE_BYTES => Ok(bytes),
        _ => Err(std::io::Error::other(format!("the file is larger than {} MiB", MAX_FILE_BYTES >> 20))),
    }
}
