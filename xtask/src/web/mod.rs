//! `cargo xtask web`: the modules of the web library, with their glue and weights, into an ignored folder, and the library
//! made with them.
//!
//! What is up to date is left alone.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;
use crate::shell::{Shell, say};
use crate::{assets, sdk};
use compiler::Compiler;

mod compiler;

/// Where everything goes, below the root. `sdk/web` takes it from there.
const GENERATED: &str = "sdk/web/generated";
/// Where the compiler writes; apart from the other builds, whose artefacts it would otherwise push out.
const TARGET: &str = "target/wasm";
/// A module of the web library: the crate's name, and the files' names below [`GENERATED`].
const MODULES: [(&str, &str, &str); 2] =
    [("verilume-wasm", "", "verilume"), ("verilume-sim-wasm", "sim", "verilume-sim")];
/// What a page fetches before a person is guided: the name in the list, and the file below `assets/`.
const WEIGHTS: [(&str, &str); 3] = [
    ("detector", "models/blazeface_short_8bit.onnx"),
    ("mesh", "models/facemesh_8bit.onnx"),
    ("iris", "models/iris_8bit.onnx"),
];

/// The most that the module may have, bytes after gzip. Origin: the project's budget.
const MODULE_BUDGET: u64 = 1_200_000;
/// The most that the weights may have together, bytes after gzip. Origin: the project's budget.
const WEIGHTS_BUDGET: u64 = 1_500_000;

/// Builds what is not up to date and prints how large it is.
pub(crate) fn run(assets: &assets::Options) -> Result<()> {
    assets::run(assets)?;
    let shell = Shell::at_workspace_root()?;
    let compiler = Compiler::find(&shell)?;
    for (package, _, _) in MODULES {
        compiler.build(&shell, package, TARGET)?;
    }
    for (package, folder, name) in MODULES {
        bind(&shell, package, folder, name)?;
    }
    copy(&shell, "sim/heads.bin", "sim/heads.bin")?;
    let mut listed = vec![("wasm", "verilume.wasm".to_owned())];
    for (name, file) in WEIGHTS {
        let target = file.replace("models/", "weights/");
        copy(&shell, file, &target)?;
        listed.push((name, target));
    }
    let files = list(&shell, &listed)?;
    report(&files)?;
    sdk::build(&shell)
}

/// Makes what a browser loads of what the compiler wrote.
fn bind(shell: &Shell, package: &str, folder: &str, name: &str) -> Result<()> {
    let compiled = format!("{TARGET}/wasm32-unknown-unknown/wasm/{}.wasm", package.replace('-', "_"));
    let folder = Path::new(GENERATED).join(folder);
    let (stamp, module) = (folder.join(format!(".{name}.stamp")), folder.join(format!("{name}.wasm")));
    let wanted = sha256_of(&shell.path(&compiled))?;
    let is_current = std::fs::read_to_string(root(shell, &stamp)).is_ok_and(|stamp| stamp == wanted);
    if is_current && root(shell, &module).is_file() {
        return Ok(());
    }
    std::fs::create_dir_all(root(shell, &folder))
        .with_context(|| format!("no folder {}", folder.display()))?;
    let folder_text = folder.to_str().context("the path is not valid UTF-8")?;
    shell.cargo(&["run", "--quiet", "--package", "xtask-bindgen", "--", &compiled, folder_text, name])?;
    let written = folder.join(format!("{name}_bg.wasm"));
    std::fs::rename(root(shell, &written), root(shell, &module))?;
    std::fs::write(root(shell, &stamp), wanted)?;
    Ok(())
}

/// Copies an asset, unless it is there already.
fn copy(shell: &Shell, asset: &str, target: &str) -> Result<()> {
    let (from, to) = (shell.path(&format!("assets/{asset}")), shell.path(&format!("{GENERATED}/{target}")));
    if to.is_file() && sha256_of(&from)? == sha256_of(&to)? {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::copy(&from, &to).with_context(|| format!("assets/{asset} could not be copied"))?;
    Ok(())
}

/// A file that a page fetches.
struct Listed {
    file: String,
    is_module: bool,
    bytes: u64,
    gzip_bytes: u64,
}

/// Writes the list that the web library is built with: names, sizes and hashes.
fn list(shell: &Shell, files: &[(&str, String)]) -> Result<Vec<Listed>> {
    let mut json = serde_json::Map::new();
    let mut listed = Vec::new();
    for (name, file) in files {
        let path = shell.path(&format!("{GENERATED}/{file}"));
        let bytes = std::fs::read(&path).with_context(|| format!("{} is not there", path.display()))?;
        let entry = serde_json::json!({ "file": file, "bytes": bytes.len(), "sha256": sha256_hex(&bytes) });
        json.insert((*name).to_owned(), entry);
        let (bytes, gzip_bytes) = (bytes.len() as u64, gzip_size(&bytes)?);
        listed.push(Listed { file: file.clone(), is_module: *name == "wasm", bytes, gzip_bytes });
    }
    let text = serde_json::to_string_pretty(&json)? + "\n";
    let path = shell.path(&format!("{GENERATED}/assets.json"));
    // An unchanged list keeps its time, so that nobody builds again because of it.
    if std::fs::read_to_string(&path).is_ok_and(|written| written == text) {
        return Ok(listed);
    }
    std::fs::write(path, text)?;
    Ok(listed)
}

/// Prints how large everything is; what is over its budget is an error.
fn report(files: &[Listed]) -> Result<()> {
    for Listed { file, bytes, gzip_bytes, .. } in files {
        say(&format!("{file}: {bytes} bytes, {gzip_bytes} after gzip"));
    }
    let sum = |is_module: bool| {
        files.iter().filter(|file| file.is_module == is_module).map(|file| file.gzip_bytes).sum::<u64>()
    };
    let budgets = [("the module", sum(true), MODULE_BUDGET), ("the weights", sum(false), WEIGHTS_BUDGET)];
    for (what, bytes, budget) in budgets {
        say(&format!("{what}: {bytes} bytes after gzip of at most {budget}"));
        if bytes > budget {
            let what =
                format!("{what} of the web library: {bytes} bytes after gzip, at most {budget} are allowed");
            return Err(
                Failure::new(what, "make it smaller: people wait for it before they are guided").into()
            );
        }
    }
    Ok(())
}

fn root(shell: &Shell, relative: &Path) -> PathBuf {
    shell.path("").join(relative)
}

fn sha256_of(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("{} is not there", path.display()))?;
    Ok(sha256_hex(&bytes))
}

fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn gzip_size(bytes: &[u8]) -> Result<u64> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len() as u64)
}
