//! MANIFEST.csv: which captures there are, and what each of them truly is.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::table::{Table, TableError, TableRow};
use crate::media;

/// The species of an attack that names none.
pub const UNSPECIFIED: &str = "unspecified";

/// What a capture truly is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// A bona fide presentation: a live person.
    Live,
    /// A presentation attack.
    Spoof,
}

impl Label {
    /// As it stands in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Spoof => "spoof",
        }
    }

    pub(super) fn of(row: &TableRow<'_>) -> Result<Self, TableError> {
        match row.required("label")?.to_lowercase().as_str() {
            "live" => Ok(Self::Live),
            "spoof" => Ok(Self::Spoof),
            other => Err(row.error(
                format!("the label `{other}` is not known"),
                "write `live` for a person before the camera and `spoof` for an attack",
            )),
        }
    }
}

/// What is known of a capture besides its pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// Live or spoof.
    pub label: Label,
    /// The species of presentation attack instrument; empty for a live capture.
    pub attack_type: String,
    /// Who is or seems to be before the camera; empty if not known.
    pub subject: String,
    /// Captures of one group are not independent of one another; empty if not known.
    pub group: String,
    /// Which part of the data it belongs to; empty if not known.
    pub split: String,
}

impl Truth {
    /// Reads the columns that describe a capture. An attack type beside the label `live` says nothing.
    pub(super) fn of(row: &TableRow<'_>) -> Result<Self, TableError> {
        let label = Label::of(row)?;
        let attack_type = match (label, row.get("attack_type")) {
            (Label::Live, _) => "",
            (Label::Spoof, "") => UNSPECIFIED,
            (Label::Spoof, named) => named,
        };
        let text = |column| row.get(column).to_owned();
        Ok(Self {
            label,
            attack_type: attack_type.to_owned(),
            subject: text("subject"),
            group: text("group"),
            split: text("split"),
        })
    }

    /// The first column in which two rows of one capture differ.
    fn difference(&self, other: &Self) -> Option<&'static str> {
        let columns = [
            ("label", self.label == other.label),
            ("attack_type", self.attack_type == other.attack_type),
            ("subject", self.subject == other.subject),
            ("group", self.group == other.group),
            ("split", self.split == other.split),
        ];
        columns.into_iter().find(|(_, same)| !same).map(|(column, _)| column)
    }
}

/// One file of a capture.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptureFile {
    /// Where it is.
    pub path: PathBuf,
    /// The same as the manifest writes it.
    pub written: String,
    /// When it was captured, milliseconds on any clock.
    pub timestamp_ms: Option<f64>,
}

/// One capture: a video, an image, a folder of frames, or several images in order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Capture {
    /// The value of the column `capture`, else the path as it is written. Unique.
    pub id: String,
    /// The path of its first file, as it is written.
    pub path: String,
    /// Its files, in order of time. Either all have a time or none.
    pub files: Vec<CaptureFile>,
    /// What it is.
    pub truth: Truth,
    /// Its value of the column whose values get rates of their own; empty if none was asked for.
    pub by: String,
}

impl Capture {
    /// What it is resampled with: its group, or itself where it has none.
    pub fn cluster(&self) -> &str {
        if self.truth.group.is_empty() { &self.id } else { &self.truth.group }
    }
}

/// The captures to evaluate.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// In the order in which they first appear.
    pub captures: Vec<Capture>,
}

impl Manifest {
    /// Reads a manifest and checks it against itself and the disk. Paths are relative to its folder. `split` keeps the
    /// captures of one split only; `by` names a column, any, whose values each capture keeps.
    pub fn open(path: &Path, split: Option<&str>, by: Option<&str>) -> Result<Self, TableError> {
        let table = Table::open(path, &["path", "label"])?;
        if let Some(column) = by.filter(|by| !table.columns().iter().any(|column| column == by)) {
            let known = listed(table.columns().iter().map(String::as_str));
            let problem = format!("there is no column `{column}` to give rates by");
            return Err(table.error(Some(1), problem, format!("the columns are {known}")));
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut reading = Reading { by: by.map(str::to_owned), ..Reading::default() };
        for row in table.rows() {
            reading.add(&row, folder)?;
        }
        reading.finish(&table, split)
    }
}

/// The captures while the rows come in.
#[derive(Default)]
struct Reading {
    by: Option<String>,
    captures: Vec<Capture>,
    by_id: HashMap<String, usize>,
    files: HashSet<(usize, PathBuf)>,
    lines: Vec<u64>,
}

impl Reading {
    fn add(&mut self, row: &TableRow<'_>, folder: &Path) -> Result<(), TableError> {
        let written = row.required("path")?;
        let truth = Truth::of(row)?;
        let file = CaptureFile {
            path: folder.join(written),
            written: written.to_owned(),
            timestamp_ms: timestamp(row)?,
        };
        if !file.path.exists() {
            return Err(row.error(
                format!("there is no `{}`", file.path.display()),
                "correct the path; paths are relative to the manifest's folder",
            ));
        }
        let named = row.get("capture");
        let id = if named.is_empty() { written } else { named };
        match self.by_id.get(id) {
            Some(_) if named.is_empty() => Err(row.error(
                format!("`{id}` is listed twice"),
                "remove one of the lines, or give both a value in the column `capture`",
            )),
            Some(at) => self.extend(*at, row, file, &truth),
            None => {
                self.by_id.insert(id.to_owned(), self.captures.len());
                self.files.insert((self.captures.len(), file.path.clone()));
                let path = written.to_owned();
                let by = self.by_of(row).to_owned();
                self.captures.push(Capture { id: id.to_owned(), path, files: vec![file], truth, by });
                self.lines.push(row.line());
                Ok(())
            }
        }
    }

    /// The value of the column that was asked for.
    fn by_of<'a>(&self, row: &TableRow<'a>) -> &'a str {
        self.by.as_deref().map_or("", |column| row.get(column))
    }

    /// Adds a file to a capture that is known already.
    fn extend(
        &mut self,
        at: usize,
        row: &TableRow<'_>,
        file: CaptureFile,
        truth: &Truth,
    ) -> Result<(), TableError> {
        let by = self.by_of(row);
        let capture = &mut self.captures[at];
        let id = &capture.id;
        let differs_by = self.by.as_deref().filter(|_| capture.by != by);
        if let Some(column) = capture.truth.difference(truth).or(differs_by) {
            return Err(row.error(
                format!("the capture `{id}` has two values of `{column}` (see line {})", self.lines[at]),
                "give all rows of one capture the same value, or rename one of the captures",
            ));
        }
        if capture.files[0].timestamp_ms.is_some() != file.timestamp_ms.is_some() {
            return Err(row.error(
                format!("only some rows of the capture `{id}` have a `timestamp_ms`"),
                "give a time to all rows of a capture, or to none: they are then 40 ms apart",
            ));
        }
        if !self.files.insert((at, file.path.clone())) {
            return Err(row.error(
                format!("the capture `{id}` lists `{}` twice", row.get("path")),
                "remove one of the lines",
            ));
        }
        capture.files.push(file);
        Ok(())
    }

    fn finish(self, table: &Table, split: Option<&str>) -> Result<Manifest, TableError> {
        let mut captures = self.captures;
        for (capture, line) in captures.iter_mut().zip(&self.lines) {
            only_images(capture).map_err(|problem| {
                let hint =
                    "a video is a capture by itself: give it a value of its own in the column `capture`";
                table.error(Some(*line), problem, hint)
            })?;
            capture
                .files
                .sort_by(|a, b| a.timestamp_ms.partial_cmp(&b.timestamp_ms).expect("times are finite"));
        }
        if let Some(split) = split {
            let splits: BTreeMap<String, ()> =
                captures.iter().map(|capture| (capture.truth.split.clone(), ())).collect();
            captures.retain(|capture| capture.truth.split == split);
            if captures.is_empty() {
                let known = listed(splits.keys().map(String::as_str));
                let problem = format!("there is no capture of the split `{split}`");
                return Err(table.error(None, problem, format!("the splits are {known}")));
            }
        }
        if captures.is_empty() {
            return Err(table.error(None, "there is nothing to evaluate", "add a line for each capture"));
        }
        Ok(Manifest { captures })
    }
}

/// Names for a hint.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The time of a row, if it has one.
fn timestamp(row: &TableRow<'_>) -> Result<Option<f64>, TableError> {
    let hint = "write milliseconds as a number that is not negative, or leave it empty";
    match row.number("timestamp_ms")? {
        Some(millis) if millis < 0.0 => Err(row.error("`timestamp_ms` is negative", hint)),
        other => Ok(other),
    }
}

/// Several files of one capture must be images.
fn only_images(capture: &Capture) -> Result<(), String> {
    if capture.files.len() < 2 {
        return Ok(());
    }
    // A file that cannot be read now is told of when it is its turn.
    let other =
        capture.files.iter().find(|file| file.path.is_dir() || !media::is_image(&file.path).unwrap_or(true));
    match other {
        None => Ok(()),
        Some(file) => Err(format!(
            "the capture `{}` has several rows, and `{}` is no image",
            capture.id,
            file.path.display()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n not really";

    fn manifest(text: &str) -> Result<Manifest, TableError> {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.png", "b.png", "c.png"] {
            std::fs::write(folder.path().join(name), PNG).unwrap();
        }
        std::fs::write(folder.path().join("v.y4m"), "YUV4MPEG2").unwrap();
        let path = folder.path().join("MANIFEST.csv");
        std::fs::write(&path, text).unwrap();
        Manifest::open(&path, None, None)
    }

    #[track_caller]
    fn refused(text: &str, line: u64, words: &str) {
        let error = manifest(text).unwrap_err();
        assert_eq!(error.line(), Some(line), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }

    #[test]
    fn rows_of_one_capture_become_frames_in_order_of_time() {
        let text = "\u{feff}label,timestamp_ms,path,capture,note\nlive,80,a.png,x,first\nlive,40,b.png,x,\n\
                    Spoof,,v.y4m,,\nspoof,,c.png,,\n";
        let captures = manifest(text).unwrap().captures;
        let ids: Vec<&str> = captures.iter().map(|capture| capture.id.as_str()).collect();
        assert_eq!(ids, ["x", "v.y4m", "c.png"]);
        assert!(captures[0].files[0].path.ends_with("b.png") && captures[0].files.len() == 2);
        assert_eq!((captures[0].path.as_str(), captures[0].cluster()), ("a.png", "x"));
        assert_eq!(captures[1].truth.attack_type, UNSPECIFIED);
    }

    #[test]
    fn contradictions_are_refused_with_their_line() {
        refused("path,label\na.png,real\n", 2, "`real` is not known");
        refused("path,label\n\na.png,\n", 3, "`label`");
        refused("path,label\r\na.png,live\r\nb.png,real\r\n", 3, "`real` is not known");
        refused("path,label,note\na.png,live,\"two\nlines\"\nb.png,real,\n", 4, "`real` is not known");
        refused("path,label\na.png,live\nb.png\n", 3, "has 1 fields");
        refused("path,label\na.png,live\nz.png,live\n", 3, "there is no");
        refused("path,label\na.png,live\na.png,live\n", 3, "twice");
        refused("path,label,capture\na.png,live,x\nb.png,spoof,x\n", 3, "two values of `label`");
        refused("path,label,capture,group\na.png,live,x,1\nb.png,live,x,2\n", 3, "two values of `group`");
        refused("path,label,capture,attack_type\na.png,spoof,x,p\nb.png,spoof,x,q\n", 3, "`attack_type`");
        refused("path,label,capture\na.png,live,x\na.png,live,x\n", 3, "twice");
        refused("path,label,capture\na.png,live,x\nv.y4m,live,x\n", 2, "is no image");
        refused("path,label,capture,timestamp_ms\na.png,live,x,1\nb.png,live,x,\n", 3, "only some rows");
        refused("path,label,timestamp_ms\na.png,live,soon\n", 2, "`soon`");
        refused("path,label,timestamp_ms\na.png,live,-1\n", 2, "negative");
    }

    #[test]
    fn without_captures_or_columns_there_is_nothing_to_do() {
        assert!(manifest("path,label\n").unwrap_err().to_string().contains("nothing to evaluate"));
        assert!(manifest("path\na.png\n").unwrap_err().to_string().contains("no column `label`"));
        assert!(manifest("").unwrap_err().to_string().contains("no column"));
    }

    #[test]
    fn a_split_can_be_chosen() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.png"), PNG).unwrap();
        std::fs::write(folder.path().join("b.png"), PNG).unwrap();
        let path = folder.path().join("m.csv");
        std::fs::write(&path, "path,label,split\na.png,live,train\nb.png,live,test\n").unwrap();
        let chosen = Manifest::open(&path, Some("test"), None).unwrap();
        assert_eq!(chosen.captures.len(), 1);
        let error = Manifest::open(&path, Some("dev"), None).unwrap_err();
        assert!(error.hint().contains("`test`, `train`"), "{}", error.hint());
    }

    #[test]
    fn any_column_can_give_rates_if_it_is_there_and_every_row_of_a_capture_agrees() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.png", "b.png"] {
            std::fs::write(folder.path().join(name), PNG).unwrap();
        }
        let path = folder.path().join("m.csv");
        let by = |text: &str, column: &str| {
            std::fs::write(&path, text).unwrap();
            Manifest::open(&path, None, Some(column))
        };
        let devices = "path,label,device\na.png,live,phone\nb.png,live,\n";
        let read = by(devices, "device").unwrap().captures;
        assert_eq!((read[0].by.as_str(), read[1].by.as_str()), ("phone", ""));
        let error = by(devices, "skin").unwrap_err();
        assert!(error.to_string().contains("no column `skin`"), "{error}");
        assert_eq!(error.hint(), "the columns are `path`, `label`, `device`");
        let frames = "path,label,capture,device\na.png,live,x,phone\nb.png,live,x,webcam\n";
        assert!(by(frames, "device").unwrap_err().to_string().contains("two values of `device`"));
        assert!(by(frames, "capture").is_ok(), "nobody asked for the column that differs");
    }
}
