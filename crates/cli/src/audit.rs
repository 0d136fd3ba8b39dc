//! `verilume audit`: the record of who read, changed or erased what.

use clap::{Args, Subcommand};
use verilume_store::{AuditChain, AuditEntry, AuditStore as _, PageSize, SqlStore};

use crate::clock;
use crate::config::Settings;
use crate::failure::{Exit, Failure, chain};
use crate::out;
use crate::serve::runtime;
use crate::store::StoreArgs;

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check that no entry was changed, removed or inserted. Prints the number of entries and the last hash: noted
    /// elsewhere, it also shows whether the end was cut off.
    Verify(StoreArgs),
    /// Print every entry, the oldest first: number, time, who, what, which session, and what else. People stand there by a
    /// hash of their ids.
    Show(StoreArgs),
}

pub(crate) fn run(args: &AuditArgs) -> Result<(), Failure> {
    match &args.command {
        AuditCommand::Verify(store) => verify(store),
        AuditCommand::Show(store) => show(store),
    }
}

fn verify(args: &StoreArgs) -> Result<(), Failure> {
    let settings = args.settings(&[])?;
    let chain = runtime()?.block_on(async {
        let store = crate::store::open(&settings).await?;
        let chain = verified(&settings, &store).await;
        store.close().await;
        chain
    })?;
    out::print(&format!("{} entries, unbroken\nlast hash {}\n", chain.entries(), chain.hash()));
    Ok(())
}

/// Follows the whole chain.
pub(crate) async fn verified(settings: &Settings, store: &SqlStore) -> Result<AuditChain, Failure> {
    let mut chain = AuditChain::START;
    follow(settings, store, |entry| chain.follow(entry).map_err(|error| broken(&error))).await?;
    Ok(chain)
}

fn broken(error: &verilume_store::StoreError) -> Failure {
    let next = "somebody wrote to the database past the service: compare with a backup, and find out who";
    Failure::new(Exit::Service, "audit_log_broken", chain(error), next)
}

fn show(args: &StoreArgs) -> Result<(), Failure> {
    let settings = args.settings(&[])?;
    runtime()?.block_on(async {
        let store = crate::store::open(&settings).await?;
        let told = follow(&settings, &store, tell).await;
        store.close().await;
        told
    })
}

fn tell(AuditEntry { sequence, entry, .. }: &AuditEntry) -> Result<(), Failure> {
    let session = entry.session.as_ref().map_or("-", |session| session.as_str());
    let at = clock::rfc3339(entry.at);
    let subject = entry.subject.as_ref().map_or("-", |subject| subject.as_str());
    let (actor, action) = (&entry.actor, entry.action.as_str());
    out::print(&format!("{sequence}\t{at}\t{actor}\t{action}\t{session}\t{subject}\n"));
    Ok(())
}

/// Hands every entry over, a page at a time.
async fn follow(
    settings: &Settings,
    store: &SqlStore,
    mut take: impl FnMut(&AuditEntry) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut after = 0;
    loop {
        let page = store.audit_log(after, PageSize::MAX).await;
        let page = page.map_err(|error| crate::store::failure(settings, &error))?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.sequence;
        page.iter().try_for_each(&mut take)?;
    }
}
