//! An error for people: what failed, and what to do next.

use std::fmt;

/// What failed, with the next step.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    what: String,
    hint: String,
}

impl Failure {
    /// Both parts are sentences without a final stop.
    pub(crate) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }

    /// The same failure, said of `subject`.
    pub(crate) fn of(self, subject: &str) -> Self {
        Self { what: format!("{subject}: {}", self.what), hint: self.hint }
    }

    /// The same failure, with one more thing to do about it.
    pub(crate) fn or(self, also: &str) -> Self {
        Self { hint: format!("{}; {also}", self.hint), ..self }
    }

    /// Only what failed.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// Only the next step.
    pub(crate) fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n\nhint: {}", self.what, self.hint)
    }
}

impl std::error::Error for Failure {}
