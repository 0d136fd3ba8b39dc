//! The versions of the Azure contract that are served, and what differs between them.

use verilume_store::SessionKind;

/// A version of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ApiVersion {
    V1_1Preview1,
    V1_2Preview1,
    V1_2,
    V1_3Preview1,
}

impl ApiVersion {
    pub(super) const ALL: [Self; 4] =
        [Self::V1_1Preview1, Self::V1_2Preview1, Self::V1_2, Self::V1_3Preview1];

    /// Its name in a path.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::V1_1Preview1 => "v1.1-preview.1",
            Self::V1_2Preview1 => "v1.2-preview.1",
            Self::V1_2 => "v1.2",
            Self::V1_3Preview1 => "v1.3-preview.1",
        }
    }

    /// Attempts of a session if no number is asked for. Origin: the contract; up to v1.2 it lets a token be tried three
    /// times.
    pub(super) fn default_attempts(self) -> u32 {
        match self {
            Self::V1_3Preview1 => 1,
            _ => 3,
        }
    }

    /// Whether attempts tell the client's address and what the abuse rules found.
    pub(super) fn tells_abuse(self) -> bool {
        self == Self::V1_3Preview1
    }

    /// The forms of the session API it has. Clients made for the previews ask v1.2 for their form, too.
    pub(super) fn forms(self) -> &'static [Form] {
        match self {
            Self::V1_1Preview1 | Self::V1_2Preview1 => &[Form::Preview],
            Self::V1_2 => &[Form::Current, Form::Preview],
            Self::V1_3Preview1 => &[Form::Current],
        }
    }
}

impl ApiVersion {
    /// Where sessions' pictures are; more than one path where clients differ.
    pub(super) fn image_paths(self) -> Vec<String> {
        let names: &[&str] = match self {
            Self::V1_1Preview1 => &[],
            Self::V1_2Preview1 => &["session/sessionImages"],
            Self::V1_2 => &["sessionImages", "session/sessionImages"],
            Self::V1_3Preview1 => &["sessionImages"],
        };
        names.iter().map(|name| format!("/face/{}/{name}/{{sessionImageId}}", self.as_str())).collect()
    }
}

/// The shape of paths and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `detectLiveness-sessions`, from v1.2 on.
    Current,
    /// `detectLiveness/singleModal/sessions`, with lists and an audit.
    Preview,
}

/// Which part of the contract a request came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Contract {
    pub(super) version: ApiVersion,
    pub(super) form: Form,
    pub(super) kind: SessionKind,
}

impl Contract {
    /// Every part that is served.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        ApiVersion::ALL.into_iter().flat_map(|version| {
            version.forms().iter().flat_map(move |&form| {
                [SessionKind::Detect, SessionKind::DetectWithVerify].map(|kind| Self { version, form, kind })
            })
        })
    }

    /// Where its sessions are, as documented.
    pub(super) fn sessions_path(self) -> String {
        let name = match self.kind {
            SessionKind::DetectWithVerify => "detectLivenessWithVerify",
            _ => "detectLiveness",
        };
        let rest = match self.form {
            Form::Current => "-sessions",
            Form::Preview => "/singleModal/sessions",
        };
        format!("/face/{}/{name}{rest}", self.version.as_str())
    }
}
