//! `verilume keys`: keys for app servers, and the key of pictures.

use clap::{Args, Subcommand};
use verilume_server::{ImageVault, TemplateVault, create_api_key};
use verilume_store::{
    ApiKeyId, ApiKeyRecord, ApiKeyStore as _, KeyLabel, Scope, Scopes, StoreError, StoreErrorKind,
};

use crate::clock;
use crate::failure::{Exit, Failure, chain};
use crate::serve::runtime;
use crate::store::{MasterKeyArgs, StoreArgs};
use crate::{out, store};

#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make a key. The last line printed is the key; it is never shown again. To change a key, make the new one, give it
    /// to the app server, then revoke the old one: both work meanwhile.
    Create(CreateArgs),
    /// List the keys by their ids, the newest first.
    List(StoreArgs),
    /// Refuse a key from now on.
    Revoke(RevokeArgs),
    /// Make new keys for pictures and templates, wrap every picture's key and seal every template by them, while the service
    /// runs.
    Rotate(RotateArgs),
}

#[derive(Debug, Args)]
struct CreateArgs {
    /// What the key may do: sessions (create, read, erase), read, faces (detect, compare), identify (enrol people, find out
    /// who somebody is), admin; several with commas.
    #[arg(long, value_name = "SCOPES", value_delimiter = ',', required = true, value_parser = scope)]
    scope: Vec<Scope>,
    #[command(flatten)]
    store: StoreArgs,
    /// A name to know it by, 1 to 64 characters.
    #[arg(long, value_name = "NAME", default_value = "app server", value_parser = label)]
    label: KeyLabel,
}

#[derive(Debug, Args)]
struct RevokeArgs {
    /// The key's id, as `keys list` shows it.
    #[arg(value_name = "ID", value_parser = id)]
    id: ApiKeyId,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
struct RotateArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    master_key: MasterKeyArgs,
}

fn scope(text: &str) -> Result<Scope, StoreError> {
    Scope::parse(text)
}

fn label(text: &str) -> Result<KeyLabel, StoreError> {
    KeyLabel::new(text)
}

fn id(text: &str) -> Result<ApiKeyId, StoreError> {
    ApiKeyId::parse(text)
}

pub(crate) fn run(args: &KeysArgs) -> Result<(), Failure> {
    match &args.command {
        KeysCommand::Create(args) => create(args),
        KeysCommand::List(args) => list(args),
        KeysCommand::Revoke(args) => revoke(args),
        KeysCommand::Rotate(args) => rotate(args),
    }
}

fn create(args: &CreateArgs) -> Result<(), Failure> {
    let scopes = Scopes::new(&args.scope).map_err(|error| {
        Failure::new(Exit::Arguments, "scopes_unusable", chain(&error), "say --scope sessions, for example")
    })?;
    let key = runtime()?.block_on(async {
        let store = args.store.open().await?;
        let key = create_api_key(store.as_ref(), &args.label, &scopes).await;
        store.close().await;
        key.map_err(|error| args.store.failure(&error))
    })?;
    out::print(&format!(
        "A key for \"{}\". It is kept as a hash and cannot be shown again:\n{}\n",
        args.label.as_str(),
        key.expose()
    ));
    Ok(())
}

fn list(args: &StoreArgs) -> Result<(), Failure> {
    let keys = runtime()?.block_on(async {
        let store = args.open_existing().await?;
        let keys = store.api_keys().await;
        store.close().await;
        keys.map_err(|error| args.failure(&error))
    })?;
    for key in keys {
        out::print(&line(&key));
    }
    Ok(())
}

fn line(key: &ApiKeyRecord) -> String {
    let scopes: Vec<&str> = key.scopes.iter().map(Scope::as_str).collect();
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {}", clock::rfc3339(at)),
        (None, Some(at)) => format!("ends {}", clock::rfc3339(at)),
        (None, None) => "live".to_owned(),
    };
    let made = clock::rfc3339(key.created_at);
    format!("{}\t{made}\t{}\t{state}\t{}\n", key.id.as_str(), scopes.join(","), key.label.as_str())
}

fn revoke(args: &RevokeArgs) -> Result<(), Failure> {
    runtime()?.block_on(async {
        let store = args.store.open_existing().await?;
        let revoked = store.revoke_api_key(&args.id, clock::unix()).await;
        store.close().await;
        revoked.map_err(|error| match error.kind() {
            StoreErrorKind::NotFound => Failure::new(
                Exit::Arguments,
                "key_unknown",
                chain(&error),
                "`verilume keys list` shows the ids",
            ),
            _ => args.store.failure(&error),
        })
    })?;
    out::print(&format!("{} is refused from now on\n", args.id.as_str()));
    Ok(())
}

fn rotate(args: &RotateArgs) -> Result<(), Failure> {
    let (pictures, templates) = runtime()?.block_on(async {
        let settings = args.store.settings(&[args.master_key.option()])?;
        let store = store::open_existing(&settings).await?;
        // Only one that is there, and opens both: a key made here would be none that the service knows.
        let master = store::existing_master_key(&settings, &store).await?.ok_or_else(no_master_key)?;
        let now = clock::unix();
        let templates = TemplateVault::new(store.clone() as _, master.clone());
        let rotated = match ImageVault::new(store.clone() as _, master).rotate(now).await {
            Ok(pictures) => templates.rotate(now).await.map(|templates| (pictures, templates)),
            Err(error) => Err(error),
        };
        store.close().await;
        rotated.map_err(|error| {
            let next = "name the key that the service uses with --master-key FILE";
            Failure::new(Exit::Service, "rotation_failed", chain(&error), next)
        })
    })?;
    out::print(&format!(
        "new keys; {pictures} pictures are wrapped by one, {templates} templates are sealed by the other\n"
    ));
    Ok(())
}

fn no_master_key() -> Failure {
    let message = "without a master key there are neither pictures nor templates";
    let next = "name it with --master-key FILE; in a data folder `verilume serve` makes it";
    Failure::new(Exit::Arguments, "master_key_missing", message, next)
}
