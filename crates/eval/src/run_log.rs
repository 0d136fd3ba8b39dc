//! A log from which a stopped run goes on: a header, then one line of JSON for each finished piece of work.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a log holds.
pub(crate) struct Found<H, L> {
    pub(crate) header: H,
    pub(crate) lines: Vec<L>,
    /// Bytes of all whole lines.
    bytes: u64,
}

/// A log that is being written.
#[derive(Debug)]
pub(crate) struct RunLog {
    file: File,
}

impl RunLog {
    /// Goes on with what was found, or begins with a header. A last line that a stopped run left unfinished is dropped.
    pub(crate) fn resume<H: Serialize, L>(
        path: &Path,
        header: &H,
        found: Option<&Found<H, L>>,
    ) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        file.set_len(found.map_or(0, |found| found.bytes))?;
        let mut log = Self { file };
        if found.is_none() {
            log.add(header)?;
        }
        Ok(log)
    }

    /// Writes a line.
    pub(crate) fn add(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}

/// What a log holds; `None` where there is none or not even a header in it.
pub(crate) fn read<H: DeserializeOwned, L: DeserializeOwned>(path: &Path) -> io::Result<Option<Found<H, L>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut reader = BufReader::new(file);
    let mut line = String::new();
    let mut whole_line = |line: &mut String| {
        line.clear();
        reader.read_line(line).map(|bytes| if line.ends_with('\n') { bytes as u64 } else { 0 })
    };
    let mut bytes = whole_line(&mut line)?;
    if bytes == 0 {
        return Ok(None);
    }
    let header = serde_json::from_str(&line)?;
    let mut lines = Vec::new();
    loop {
        match whole_line(&mut line)? {
            0 => return Ok(Some(Found { header, lines, bytes })),
            more => bytes += more,
        }
        lines.push(serde_json::from_str(&line)?);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_is_dropped_and_the_run_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/run.jsonl");
        let none: Option<Found<String, u32>> = read(&path).unwrap();
        let mut log = RunLog::resume(&path, &"header".to_owned(), none.as_ref()).unwrap();
        log.add(&1).unwrap();
        log.add(&22).unwrap();
        drop(log);
        let cut = std::fs::read(&path).unwrap();
        std::fs::write(&path, &cut[..cut.len() - 2]).unwrap();

        let found: Option<Found<String, u32>> = read(&path).unwrap();
        let known = found.as_ref().unwrap();
        assert_eq!((known.header.as_str(), known.lines.as_slice()), ("header", [1].as_slice()));
        RunLog::resume(&path, &"header".to_owned(), found.as_ref()).unwrap().add(&3).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "\"header\"\n1\n3\n");
    }
}
