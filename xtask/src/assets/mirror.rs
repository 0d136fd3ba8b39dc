//! A folder that stands in for the registries where they cannot be reached.
//!
//! It holds package archives under the names their registry gives them, or the files themselves under their last path
//! component. Whatever it holds is hashed like a download.

use std::path::{Path, PathBuf};

use super::archive;
use super::lock::{Asset, PipArchive, Source};
use crate::failure::Failure;

/// What the mirror has for an asset.
pub(super) struct Found {
    /// Where it lay.
    pub(super) path: PathBuf,
    /// The bytes of the file the lock names.
    pub(super) bytes: Vec<u8>,
}

/// A mirror that was named must be there, whether or not it is needed.
pub(super) fn check(mirror: &Path) -> Result<(), Failure> {
    names(mirror).map(drop)
}

/// What to put into a mirror for an asset.
pub(super) fn advice(asset: &Asset) -> String {
    let name = Path::new(&asset.file).file_name().unwrap_or_default().to_string_lossy();
    format!("or put {name} into a folder and name that with --mirror (or VERILUME_ASSETS_MIRROR)")
}

/// Looks for an asset: the bare file first, then the archive. None where the mirror has neither.
pub(super) fn find(mirror: &Path, asset: &Asset) -> Result<Option<Found>, Failure> {
    let bare = mirror.join(Path::new(&asset.file).file_name().unwrap_or_default());
    if bare.is_file() {
        let bytes = archive::read_plain(&bare)?;
        return Ok(Some(Found { path: bare, bytes }));
    }
    let Some(path) = archive_path(mirror, &asset.source)? else {
        return Ok(None);
    };
    let bytes = archive::extract(&path, &asset.file)?;
    Ok(Some(Found { path, bytes }))
}

fn archive_path(mirror: &Path, source: &Source) -> Result<Option<PathBuf>, Failure> {
    let name = names(mirror)?.into_iter().find(|name| is_archive_of(name, source));
    Ok(name.map(|name| mirror.join(name)))
}

/// What lies in the mirror, sorted.
fn names(mirror: &Path) -> Result<Vec<String>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(
            format!("the mirror {} is not readable: {error}", mirror.display()),
            "name an existing folder with --mirror (or VERILUME_ASSETS_MIRROR), or none to use the registries",
        )
    };
    let mut names = vec![];
    for entry in std::fs::read_dir(mirror).map_err(unreadable)? {
        names.push(entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Whether a registry would give the source's archive this name.
fn is_archive_of(name: &str, source: &Source) -> bool {
    match source {
        Source::Npm { package, version } => {
            name == format!("{}-{version}.tgz", package.trim_start_matches('@').replace('/', "-"))
        }
        Source::Pip { package, version, archive: PipArchive::Source(_) } => name
            .strip_suffix(".tar.gz")
            .and_then(|stem| stem.rsplit_once('-'))
            .is_some_and(|(name, found)| normalised(name) == normalised(package) && found == version),
        Source::Pip { package, version, archive } => {
            let parts = name.strip_suffix(".whl").map(|stem| stem.split('-').collect::<Vec<_>>());
            let Some([name, found, .., abi, platforms]) = parts.as_deref() else {
                return false;
            };
            let fits = match archive {
                PipArchive::Wheel(tags) => {
                    *abi == tags.abi && platforms.split('.').any(|platform| platform == tags.platform)
                }
                _ => true,
            };
            normalised(name) == normalised(package) && found == version && fits
        }
        Source::Git { .. } => false,
    }
}

/// Package names that differ in case and in `-`, `_` and `.` are the same to pip.
fn normalised(name: &str) -> String {
    name.to_lowercase().replace(['-', '.'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::lock::WheelTags;

    fn pip(archive: PipArchive) -> Source {
        Source::Pip { package: "scikit-image".into(), version: "0.26.0".into(), archive }
    }

    #[test]
    fn archives_are_known_by_their_registry_names() {
        let npm = Source::Npm { package: "@mediapipe/face_detection".into(), version: "0.4.1".into() };
        assert!(is_archive_of("mediapipe-face_detection-0.4.1.tgz", &npm));
        assert!(!is_archive_of("mediapipe-face_detection-0.4.2.tgz", &npm));
        assert!(is_archive_of("scikit_image-0.26.0-py3-none-any.whl", &pip(PipArchive::UniversalWheel)));
        assert!(!is_archive_of("scikit_image-0.26.0.tar.gz", &pip(PipArchive::UniversalWheel)));
        let source = pip(PipArchive::Source(super::super::store::Sha256Hex::of(b"")));
        assert!(is_archive_of("scikit-image-0.26.0.tar.gz", &source));
    }

    #[test]
    fn a_wheel_for_another_system_is_passed_over() {
        let tags = WheelTags {
            python: "3.12".into(),
            implementation: "cp".into(),
            abi: "cp312".into(),
            platform: "manylinux_2_28_x86_64".into(),
        };
        let source = pip(PipArchive::Wheel(tags));
        let name = "scikit_image-0.26.0-cp312-cp312-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl";
        assert!(is_archive_of(name, &source));
        assert!(!is_archive_of("scikit_image-0.26.0-cp312-cp312-win_amd64.whl", &source));
    }
}
