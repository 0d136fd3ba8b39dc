//! What an operator may switch while the service runs.

/// A switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Setting {
    /// Whether attempts are watched for abuse.
    AbuseMonitoring,
}

impl Setting {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::AbuseMonitoring => "abuse-monitoring",
        }
    }

    /// Before anybody has switched it.
    pub(crate) fn is_on_at_first(self) -> bool {
        match self {
            Self::AbuseMonitoring => true,
        }
    }
}
