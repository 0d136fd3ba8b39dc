//! How the service runs: defaults, then a file, then the environment, then options of the command line.

mod command;
mod layers;
#[cfg(test)]
mod reference;
mod settings;

use std::path::{Path, PathBuf};

use clap::Args;

pub(crate) use command::{ConfigArgs, run};
pub(crate) use layers::Layers;
pub(crate) use settings::{LogFormat, Settings, StoreAddress, TlsSource};

use crate::failure::{Exit, Failure};

/// Every key with its default: the lowest layer.
const DEFAULTS: &str = include_str!("config.default.toml");

/// Where the configuration is.
#[derive(Debug, Args)]
pub(crate) struct FileArgs {
    /// Configuration file (docs/reference/configuration.md); options and the environment stand above it.
    #[arg(long, value_name = "FILE", env = "VERILUME_CONFIG")]
    pub(crate) config: Option<PathBuf>,
}

/// An option of the command line: its name, the key it sets, and its value if it was given.
pub(crate) type OptionValue = (&'static str, &'static str, Option<String>);

impl Settings {
    /// The settings with a file, the environment and these options in effect.
    pub(crate) fn of(file: Option<&Path>, options: &[OptionValue]) -> Result<Self, Failure> {
        let (_, settings) = load(file, options)?;
        Ok(settings)
    }
}

/// All layers, and what they come to.
fn load(file: Option<&Path>, options: &[OptionValue]) -> Result<(Layers, Settings), Failure> {
    let mut layers = Layers::defaults(DEFAULTS);
    let mut problems = Vec::new();
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let message = format!("{} cannot be read: {error}", path.display());
            let hint = "name a readable file with --config, or leave it out: every key has a default";
            Failure::new(Exit::Arguments, "config_unreadable", message, hint)
        })?;
        problems.extend(layers.file(path, &text));
    }
    problems.extend(layers.environment(std::env::vars_os()));
    problems.extend(layers.options(options));
    let settings = if problems.is_empty() { Settings::read(&layers) } else { Err(problems) };
    settings.map(|settings| (layers, settings)).map_err(|problems| {
        let hint = "docs/reference/configuration.md has every key; `verilume config show` says where each value is from";
        Failure::new(Exit::Arguments, "config_invalid", problems.join("\n"), hint)
    })
}
