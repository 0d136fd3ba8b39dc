//! `verilume keys`: keys for app servers.

use clap::{Args, Subcommand};
use verilume_server::create_api_key;
use verilume_store::{KeyLabel, Scope, Scopes, StoreError};

use crate::config::StoreArgs;
use crate::failure::{Exit, Failure, chain};
use crate::out;
use crate::serve::{open, runtime, store_failure};

#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make a key. The last line printed is the key; it is never shown again.
    Create(CreateArgs),
}

#[derive(Debug, Args)]
struct CreateArgs {
    /// What the key may do: sessions (create, read, erase), read, admin; several with commas.
    #[arg(long, value_name = "SCOPES", value_delimiter = ',', required = true, value_parser = scope)]
    scope: Vec<Scope>,
    #[command(flatten)]
    store: StoreArgs,
    /// A name to know it by, 1 to 64 characters.
    #[arg(long, value_name = "NAME", default_value = "app server", value_parser = label)]
    label: KeyLabel,
}

fn scope(text: &str) -> Result<Scope, StoreError> {
    Scope::parse(text)
}

fn label(text: &str) -> Result<KeyLabel, StoreError> {
    KeyLabel::new(text)
}

pub(crate) fn run(args: &KeysArgs) -> Result<(), Failure> {
    let KeysCommand::Create(args) = &args.command;
    let scopes = Scopes::new(&args.scope).map_err(|error| {
        Failure::new(Exit::Arguments, "scopes_unusable", chain(&error), "say --scope sessions, for example")
    })?;
    let settings = args.store.settings(&[])?;
    let address = settings.store()?;
    let key = runtime()?.block_on(async {
        let store = open(&settings).await?;
        let key = create_api_key(store.as_ref(), &args.label, &scopes).await;
        store.close().await;
        key.map_err(|error| store_failure(&error, &address))
    })?;
    out::print(&format!(
        "A key for \"{}\". It is kept as a hash and cannot be shown again:\n{}\n",
        args.label.as_str(),
        key.expose()
    ));
    Ok(())
}
