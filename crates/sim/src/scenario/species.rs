//! What can be in front of the camera.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Who or what is in front of the camera. The names are those of the command line and the reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Species {
    /// A person.
    #[default]
    BonaFide,
    /// A photo with its own background, on flat paper.
    FlatPrint,
    /// The same on bent paper.
    BentPrint,
    /// A photo cut out along the person, on flat paper, in front of the real room.
    CutOut,
    /// The same on bent paper.
    CutOutBent,
    /// A display that shows a photo or video which does not react.
    ReplayStatic,
    /// A display that shows a recording of another genuine session.
    ReplaySession,
    /// A display whose whole picture is tinted with the flash's colours, late.
    AdaptiveReplayScreen,
    /// A display whose shown person is tinted with the flash's colours, late.
    AdaptiveReplayFace,
    /// A photo or video fed in place of the camera, which does not react.
    #[serde(rename = "injected-static")]
    InjectedStatic,
    /// The same with the person tinted with the flash's colours, without delay.
    InjectedTint,
    /// A recording of another genuine session fed in place of the camera.
    InjectedSession,
    /// A real-time face swap that takes over the mean colour of the face it covers.
    Deepfake,
    /// A paper photo with holes for the eyes, worn.
    PaperMask,
    /// A worn mask with the shape of a face: a declared miss of the flash tests.
    #[serde(rename = "mask-3d")]
    Mask3d,
    /// An injected video relit with a face model: a declared miss of the flash tests.
    RelitInjection,
}

/// A name that is no species.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no species {name:?}")]
pub struct UnknownSpeciesError {
    name: String,
}

impl Species {
    /// All species.
    pub const ALL: [Self; 16] = [
        Self::BonaFide,
        Self::FlatPrint,
        Self::BentPrint,
        Self::CutOut,
        Self::CutOutBent,
        Self::ReplayStatic,
        Self::ReplaySession,
        Self::AdaptiveReplayScreen,
        Self::AdaptiveReplayFace,
        Self::InjectedStatic,
        Self::InjectedTint,
        Self::InjectedSession,
        Self::Deepfake,
        Self::PaperMask,
        Self::Mask3d,
        Self::RelitInjection,
    ];

    /// The name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BonaFide => "bona-fide",
            Self::FlatPrint => "flat-print",
            Self::BentPrint => "bent-print",
            Self::CutOut => "cut-out",
            Self::CutOutBent => "cut-out-bent",
            Self::ReplayStatic => "replay-static",
            Self::ReplaySession => "replay-session",
            Self::AdaptiveReplayScreen => "adaptive-replay-screen",
            Self::AdaptiveReplayFace => "adaptive-replay-face",
            Self::InjectedStatic => "injected-static",
            Self::InjectedTint => "injected-tint",
            Self::InjectedSession => "injected-session",
            Self::Deepfake => "deepfake",
            Self::PaperMask => "paper-mask",
            Self::Mask3d => "mask-3d",
            Self::RelitInjection => "relit-injection",
        }
    }

    /// Whether it is an attack.
    pub fn is_attack(self) -> bool {
        self != Self::BonaFide
    }

    /// Whether it is an attack that light reflection alone cannot tell from a person; reported, not required to fail.
    pub fn is_declared_miss(self) -> bool {
        matches!(self, Self::Mask3d | Self::RelitInjection)
    }
}

impl fmt::Display for Species {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Species {
    type Err = UnknownSpeciesError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|species| species.name() == name);
        found.ok_or_else(|| UnknownSpeciesError { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for species in Species::ALL {
            assert_eq!(species.name().parse(), Ok(species));
        }
        assert!("mask".parse::<Species>().is_err());
    }
}
