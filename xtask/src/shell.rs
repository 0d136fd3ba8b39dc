//! Running other programs from the root of the workspace.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::workspace;

/// The product, below the root.
const VERILUME: &str = "target/release/verilume";

/// Prints one line of progress.
pub(crate) fn say(text: &str) {
    eprintln!("xtask: {text}");
}

/// Runs programs at the root of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Shell {
    root: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Shell {
    pub(crate) fn at_workspace_root() -> anyhow::Result<Self> {
        Ok(Self { root: workspace::root()?, environment: Vec::new() })
    }

    /// The same shell with one more environment variable.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    /// A path below the root.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Runs the cargo that runs this.
    pub(crate) fn cargo(&self, args: &[&str]) -> anyhow::Result<()> {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        self.run(&cargo, args)
    }

    /// Builds the product with some features and runs it.
    pub(crate) fn verilume(&self, features: &[&str], args: &[&str]) -> anyhow::Result<()> {
        self.build_verilume(features)?;
        let program = self.path(VERILUME);
        self.run(program.to_str().context("the path of the repository is not valid UTF-8")?, args)
    }

    /// Builds the product with some features.
    pub(crate) fn build_verilume(&self, features: &[&str]) -> anyhow::Result<()> {
        let mut build = vec!["build", "--release", "--package", "verilume"];
        build.extend(features.iter().flat_map(|feature| ["--features", feature]));
        self.cargo(&build)
    }

    /// The product, as it was built last.
    pub(crate) fn verilume_command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.path(VERILUME));
        command.args(args).current_dir(&self.root);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a program; its failure is ours.
    pub(crate) fn run(&self, program: &str, args: &[&str]) -> anyhow::Result<()> {
        let name = Path::new(program).file_name().map_or(program.into(), |name| name.to_string_lossy());
        say(&format!("{name} {}", args.join(" ")));
        let status = Command::new(program)
            .args(args)
            .current_dir(&self.root)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .status()
            .with_context(|| format!("`{name}` could not be started: is it installed?"))?;
        if !status.success() {
            bail!("`{name} {}` failed", args.join(" "));
        }
        Ok(())
    }
}
