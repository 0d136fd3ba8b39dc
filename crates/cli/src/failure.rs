//! How a command fails: one clear line, the next step, and a documented exit code.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use verilume_infer::{InferError, InferErrorKind};
use verilume_vision::models::ModelError;

use crate::out;

/// What went wrong, for whom it matters.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    code: &'static str,
    message: String,
    hint: String,
    json: bool,
}

/// Exit codes, as documented in `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Other = 1,
    Arguments = 2,
    Input = 3,
    Assets = 4,
    Service = 5,
    NotFinished = 6,
}

impl Failure {
    pub(crate) fn new(
        exit: Exit,
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { exit, code, message: message.into(), hint: hint.into(), json: false }
    }

    /// Also tell it as JSON on standard output, where the report would have been.
    pub(crate) fn told_as_json(self, json: bool) -> Self {
        Self { json, ..self }
    }

    /// What is wrong and what to do, for a report of its own.
    pub(crate) fn into_parts(self) -> (String, String) {
        (self.message, self.hint)
    }

    pub(crate) fn report(self) -> ExitCode {
        if self.json {
            let error = serde_json::json!({
                "error": { "code": self.code, "message": self.message, "hint": self.hint }
            });
            out::print(&format!("{error}\n"));
        }
        eprintln!("error: {}\n\nhint: {}", self.message, self.hint);
        ExitCode::from(self.exit as u8)
    }
}

impl From<InferError> for Failure {
    fn from(error: InferError) -> Self {
        let message = chain(&error);
        match error.kind() {
            InferErrorKind::WeightsMissing | InferErrorKind::WeightsUnreadable => Self::new(
                Exit::Assets,
                "assets_missing",
                message,
                "run `cargo xtask assets` in the repository, or name the folder it filled with --assets DIR",
            ),
            InferErrorKind::WeightsMismatch => Self::new(
                Exit::Assets,
                "assets_mismatch",
                message,
                "the assets are of another version: run `cargo xtask assets` again",
            ),
            InferErrorKind::EngineUnavailable => Self::new(
                Exit::Other,
                "engine_unavailable",
                message,
                "`cargo xtask bench` builds and fetches what a comparison needs",
            ),
            _ => Self::new(Exit::Other, "model_failed", message, REPORT),
        }
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Self::new(Exit::Other, "model_failed", chain(&error), REPORT)
    }
}

/// A file or folder that cannot be written.
pub(crate) fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        Exit::Arguments,
        "output_unwritable",
        format!("{} cannot be written: {error}", path.display()),
        "name a file or folder that can be created",
    )
}

/// The hint of a failure that no input should cause.
pub(crate) const REPORT: &str =
    "this should not happen: please report it with the version and the format of the input";

/// An error with its causes, outermost first.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
