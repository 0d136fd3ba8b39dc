//! The web library as a package: its node packages, its build, its tests, and the browser for them.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;
use crate::shell::{Shell, say};

/// The package, below the root.
const PACKAGE: &str = "sdk/web";
/// What was installed last: the hash of the list of packages.
const STAMP: &str = "sdk/web/node_modules/.installed";
/// Where tests are told what browser to take.
const BROWSER_VARIABLE: &str = "VERILUME_CHROMIUM";
/// Where systems keep it.
const BROWSERS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// Builds the package into `sdk/web/dist`. What it is made of has to be there.
pub(crate) fn build(shell: &Shell) -> Result<()> {
    install(shell)?;
    npm(shell, &["run", "--silent", "build"])
}

/// Runs the package's tests: of its parts, as it is packed, and of every state in a browser.
pub(crate) fn test(shell: &Shell) -> Result<()> {
    install(shell)?;
    npm(&with_browser(shell)?, &["test"])
}

/// Runs everything together, with this program as the service: whole checks in a browser, one after the other.
pub(crate) fn end_to_end(shell: &Shell, program: &str) -> Result<()> {
    install(shell)?;
    let program = shell.path(program);
    let program = program.to_str().context("the path of the repository is not valid UTF-8")?;
    npm(&with_browser(shell)?.with("VERILUME_PROGRAM", program), &["run", "test:e2e"])
}

fn with_browser(shell: &Shell) -> Result<Shell> {
    Ok(shell.clone().with(BROWSER_VARIABLE, browser(shell)?))
}

/// Installs the node packages of the lock file, unless they were installed before.
fn install(shell: &Shell) -> Result<()> {
    let lock = shell.path(PACKAGE).join("package-lock.json");
    let lock = std::fs::read(&lock).with_context(|| format!("{} cannot be read", lock.display()))?;
    let wanted: String = Sha256::digest(&lock).iter().map(|byte| format!("{byte:02x}")).collect();
    let stamp = shell.path(STAMP);
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    npm(shell, &["ci", "--no-audit", "--no-fund"])?;
    std::fs::write(&stamp, wanted).with_context(|| format!("{} cannot be written", stamp.display()))
}

fn npm(shell: &Shell, args: &[&str]) -> Result<()> {
    shell.run("npm", &[&["--prefix", PACKAGE], args].concat())
}

/// A Chromium: the one that is named, the system's, Debian's package where it can be installed, else Playwright's own.
fn browser(shell: &Shell) -> Result<String> {
    let named = std::env::var(BROWSER_VARIABLE).ok().filter(|named| !named.is_empty());
    let of_system = || BROWSERS.into_iter().find(|browser| Path::new(browser).is_file()).map(str::to_owned);
    if let Some(browser) = named.or_else(of_system) {
        return Ok(browser);
    }
    if install_debians(shell)
        && let Some(browser) = of_system()
    {
        return Ok(browser);
    }
    fetch_playwrights(shell)
}

/// Whether Debian's package could be installed: it takes apt-get, and its rights.
fn install_debians(shell: &Shell) -> bool {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|told| told.stdout.trim_ascii() == b"0");
    let has_apt = Command::new("apt-get").arg("--version").stdout(Stdio::null()).status().is_ok();
    is_root
        && has_apt
        && shell.run("apt-get", &["update", "-q"]).is_ok()
        && shell.run("apt-get", &["install", "-y", "-q", "--no-install-recommends", "chromium"]).is_ok()
}

/// The browser that Playwright fetches for itself.
fn fetch_playwrights(shell: &Shell) -> Result<String> {
    say("there is no Chromium: Playwright fetches its own");
    let cli = "sdk/web/node_modules/playwright-core/cli.js";
    let fetched = shell.run("node", &[cli, "install", "chromium"]);
    let ask = "import('playwright-core').then(({ chromium }) => console.log(chromium.executablePath()))";
    let told = Command::new("node").args(["-e", ask]).current_dir(shell.path(PACKAGE)).output();
    let place = told.map(|told| String::from_utf8_lossy(&told.stdout).trim().to_owned()).unwrap_or_default();
    if fetched.is_ok() && Path::new(&place).is_file() {
        return Ok(place);
    }
    let hint = format!(
        "install one (Debian: `apt-get install chromium`; elsewhere `node {cli} install chromium`), or name it in {BROWSER_VARIABLE}"
    );
    Err(Failure::new("no Chromium for the tests in a browser", hint).into())
}
