//! `verilume config`: is the configuration right, and what is in effect?

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;
use toml::Value;

use super::layers::{Setting, is_secret};
use super::{DEFAULTS, FileArgs, load};
use crate::failure::Failure;
use crate::out;

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Say whether a configuration is right, with the environment over it.
    Check {
        /// The file; without one, that of VERILUME_CONFIG.
        #[arg(value_name = "FILE", env = "VERILUME_CONFIG")]
        file: Option<PathBuf>,
    },
    /// Show every value in effect and where it is from. Secrets are shown as set or not set.
    Show {
        #[command(flatten)]
        file: FileArgs,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the defaults, a file to begin with.
    Default,
}

pub(crate) fn run(args: &ConfigArgs) -> Result<(), Failure> {
    match &args.command {
        ConfigCommand::Check { file } => {
            load(file.as_deref(), &[])?;
            out::print("the configuration is right\n");
        }
        ConfigCommand::Show { file, json } => {
            let (layers, _) =
                load(file.config.as_deref(), &[]).map_err(|failure| failure.told_as_json(*json))?;
            let text = if *json { as_json(layers.iter()) } else { as_text(layers.iter()) };
            out::print(&text);
        }
        ConfigCommand::Default => out::print(DEFAULTS),
    }
    Ok(())
}

/// A value as it may be shown.
fn shown(key: &str, value: &Value) -> Value {
    match (is_secret(key), value.as_str()) {
        (true, Some("")) => Value::String("not set".to_owned()),
        (true, _) => Value::String("set".to_owned()),
        (false, _) => value.clone(),
    }
}

fn as_text<'a>(settings: impl Iterator<Item = (&'a str, &'a Setting)>) -> String {
    let lines: Vec<(String, &Setting)> =
        settings.map(|(key, setting)| (format!("{key} = {}", shown(key, &setting.value)), setting)).collect();
    let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or_default();
    lines.iter().map(|(line, setting)| format!("{line:width$}  # {}\n", setting.origin)).collect()
}

fn as_json<'a>(settings: impl Iterator<Item = (&'a str, &'a Setting)>) -> String {
    let all: serde_json::Map<_, _> = settings
        .map(|(key, setting)| {
            let told = json!({ "value": shown(key, &setting.value), "from": setting.origin.to_string() });
            (key.to_owned(), told)
        })
        .collect();
    format!("{:#}\n", serde_json::Value::Object(all))
}
