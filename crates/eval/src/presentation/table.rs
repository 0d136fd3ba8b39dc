//! CSV files with a header, read with errors that name line and next step.

use std::fmt;
use std::path::{Path, PathBuf};

/// A table that cannot be used. Prints as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableError {
    path: PathBuf,
    line: Option<u64>,
    problem: String,
    hint: String,
}

impl TableError {
    /// Which line is at fault, from 1; `None` if it is the whole.
    pub fn line(&self) -> Option<u64> {
        self.line
    }

    /// What to do next, one line.
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for TableError {}

/// A table in memory.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    path: PathBuf,
    bytes: Vec<u8>,
    columns: Vec<String>,
    rows: Vec<(u64, csv::StringRecord)>,
}

/// One row of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TableRow<'a> {
    table: &'a Table,
    line: u64,
    record: &'a csv::StringRecord,
}

impl Table {
    /// Reads a table that has at least these columns.
    pub(crate) fn open(path: &Path, required: &[&str]) -> Result<Self, TableError> {
        let mut table =
            Self { path: path.to_owned(), bytes: Vec::new(), columns: Vec::new(), rows: Vec::new() };
        let bytes = std::fs::read(path).map_err(|error| table.unreadable(&error.into()))?;
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes.as_slice());
        let header = reader.headers().map_err(|error| table.unreadable(&error))?;
        let columns: Vec<String> = header.iter().map(str::to_owned).collect();
        if let Some(column) = columns.iter().enumerate().find(|(at, name)| columns[..*at].contains(name)) {
            let problem = format!("there are two columns `{}`", column.1);
            return Err(table.error(Some(1), problem, "rename or remove one of them"));
        }
        if let Some(missing) = required.iter().find(|name| !columns.iter().any(|column| column == *name)) {
            let problem = format!("there is no column `{missing}`");
            return Err(table.error(Some(1), problem, "the first line must name the columns"));
        }
        let mut lines = Lines { bytes: &bytes, at: 0, line: 1 };
        for record in reader.records() {
            let record = record.map_err(|error| table.unreadable(&error))?;
            table.rows.push((lines.line_of(&record), record));
        }
        Ok(Self { columns, bytes, ..table })
    }

    /// The file as it was read.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The names of the columns.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = TableRow<'_>> {
        self.rows.iter().map(|(line, record)| TableRow { table: self, line: *line, record })
    }

    pub(crate) fn error(
        &self,
        line: Option<u64>,
        problem: impl Into<String>,
        hint: impl Into<String>,
    ) -> TableError {
        TableError { path: self.path.clone(), line, problem: problem.into(), hint: hint.into() }
    }

    /// The one place where an error of the reader becomes one of the table.
    fn unreadable(&self, error: &csv::Error) -> TableError {
        let line = error.position().map(csv::Position::line);
        match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => self.error(
                line,
                format!("has {len} fields, the header {expected_len}"),
                "a value with a comma in it must stand in double quotes",
            ),
            csv::ErrorKind::Utf8 { .. } => self.error(line, "is not UTF-8", "save the file as UTF-8"),
            _ => self.error(line, format!("cannot be read: {error}"), "name a CSV file with a header"),
        }
    }
}

/// Counts lines as an editor does; the reader does not count empty ones before a record.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn line_of(&mut self, record: &csv::StringRecord) -> u64 {
        let begins = record.position().map_or(0, csv::Position::byte);
        while let Some(byte) = self.bytes.get(self.at) {
            if self.at as u64 >= begins && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
        self.line
    }
}

impl<'a> TableRow<'a> {
    /// The value of a column; empty where there is none.
    pub(crate) fn get(&self, column: &str) -> &'a str {
        let at = self.table.columns.iter().position(|name| name == column);
        at.and_then(|at| self.record.get(at)).unwrap_or_default()
    }

    /// The value of a column that must have one.
    pub(crate) fn required(&self, column: &str) -> Result<&'a str, TableError> {
        match self.get(column) {
            "" => Err(self.error(format!("`{column}` is empty"), "fill it in, or remove the line")),
            value => Ok(value),
        }
    }

    /// The number in a column, if there is one.
    pub(crate) fn number(&self, column: &str) -> Result<Option<f64>, TableError> {
        let text = self.get(column);
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Some(value)),
            _ => Err(self.error(
                format!("`{column}` is `{text}`, which is no number"),
                "write a number with a decimal point, or leave it empty",
            )),
        }
    }

    /// The line it begins on, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    pub(crate) fn error(&self, problem: impl Into<String>, hint: impl Into<String>) -> TableError {
        self.table.error(Some(self.line()), problem, hint)
    }
}
