//! `verilume audit`: the record of who read, changed or erased what.

use clap::{Args, Subcommand};
use verilume_store::{AuditChain, AuditEntry, AuditStore as _, PageSize, SqlStore};

use crate::clock;
use crate::config::Settings;
use crate::failure::{Exit, Failure};
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
    /// elsewhere and given to --expect later, they also show whether the end was cut off or all of it written anew.
    Verify(VerifyArgs),
    /// Print every entry, the oldest first: number, time, who, what, which session, what else, and its hash. People stand
    /// there by a hash of their ids.
    Show(StoreArgs),
}

#[derive(Debug, Args)]
struct VerifyArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// A number of entries and the last hash, as an earlier run told them: the log must still begin with these entries.
    #[arg(long, value_name = "N:HASH", value_parser = noted)]
    expect: Option<Noted>,
}

/// What was noted of a chain: after how many entries it had which hash.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Noted {
    entries: u64,
    hash: String,
}

fn noted(text: &str) -> Result<Noted, String> {
    let parts = text.split_once(':').and_then(|(entries, hash)| Some((entries.parse().ok()?, hash)));
    match parts {
        Some((entries, hash)) if hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
            Ok(Noted { entries, hash: hash.to_ascii_lowercase() })
        }
        _ => Err("say a number, a colon and 64 hexadecimal digits".to_owned()),
    }
}

pub(crate) fn run(args: &AuditArgs) -> Result<(), Failure> {
    match &args.command {
        AuditCommand::Verify(args) => verify(args),
        AuditCommand::Show(store) => show(store),
    }
}

fn verify(args: &VerifyArgs) -> Result<(), Failure> {
    let settings = args.store.settings(&[])?;
    let chain = runtime()?.block_on(async {
        let store = crate::store::open_existing(&settings).await?;
        let chain = verified_against(&settings, &store, args.expect.as_ref()).await;
        store.close().await;
        chain
    })?;
    out::print(&format!("{} entries, unbroken\nlast hash {}\n", chain.entries(), chain.hash()));
    Ok(())
}

/// Follows the whole chain.
pub(crate) async fn verified(settings: &Settings, store: &SqlStore) -> Result<AuditChain, Failure> {
    verified_against(settings, store, None).await
}

async fn verified_against(
    settings: &Settings,
    store: &SqlStore,
    noted: Option<&Noted>,
) -> Result<AuditChain, Failure> {
    let mut chain = AuditChain::START;
    check_noted(&chain, noted)?;
    follow(settings, store, |entry| {
        chain.follow(entry).map_err(|error| broken(crate::failure::chain(&error)))?;
        check_noted(&chain, noted)
    })
    .await?;
    match noted.filter(|noted| noted.entries > chain.entries()) {
        Some(noted) => {
            let (left, entries) = (chain.entries(), noted.entries);
            Err(broken(format!("the audit log was cut off: it has {left} entries, and had {entries}")))
        }
        None => Ok(chain),
    }
}

/// Where a hash was noted the chain must have it.
fn check_noted(chain: &AuditChain, noted: Option<&Noted>) -> Result<(), Failure> {
    match noted.filter(|noted| noted.entries == chain.entries()) {
        Some(noted) if chain.hash().to_string() != noted.hash => {
            let entries = noted.entries;
            Err(broken(format!(
                "the audit log was replaced: its first {entries} entries are not those noted"
            )))
        }
        _ => Ok(()),
    }
}

fn broken(what: String) -> Failure {
    let next = "somebody wrote to the database past the service: compare with a backup, and find out who";
    Failure::new(Exit::Service, "audit_log_broken", what, next)
}

fn show(args: &StoreArgs) -> Result<(), Failure> {
    let settings = args.settings(&[])?;
    runtime()?.block_on(async {
        let store = crate::store::open_existing(&settings).await?;
        let told = follow(&settings, &store, tell).await;
        store.close().await;
        told
    })
}

fn tell(AuditEntry { sequence, entry, hash, .. }: &AuditEntry) -> Result<(), Failure> {
    let session = entry.session.as_ref().map_or("-", |session| session.as_str());
    let at = clock::rfc3339(entry.at);
    let subject = entry.subject.as_ref().map_or("-", |subject| subject.as_str());
    let (actor, action) = (&entry.actor, entry.action.as_str());
    out::print(&format!("{sequence}\t{at}\t{actor}\t{action}\t{session}\t{subject}\t{hash}\n"));
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

#[cfg(test)]
mod tests {
    use verilume_store::{AuditAction, NewAuditEntry};

    use super::*;

    #[test]
    fn what_was_noted_is_a_number_and_a_hash() {
        let hash = "aB".repeat(32);
        let expected = Noted { entries: 7, hash: hash.to_ascii_lowercase() };
        assert_eq!(noted(&format!("7:{hash}")), Ok(expected));
        for wrong in ["", "7", "7:", "x:0", &hash, &format!("-1:{hash}"), &format!("7:{hash}0")] {
            noted(wrong).unwrap_err();
        }
    }

    #[tokio::test]
    async fn a_hash_that_was_noted_holds_after_later_entries() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::open_folder(folder.path()).await.unwrap();
        let data = ("--data", "store.data", Some(folder.path().display().to_string()));
        let settings = Settings::of(None, &[data]).unwrap();
        let entry = NewAuditEntry {
            at: clock::unix(),
            actor: "operator".to_owned(),
            action: AuditAction::SessionsListed,
            session: None,
            subject: None,
        };
        let now = async || {
            let chain = verified(&settings, &store).await.unwrap();
            Noted { entries: chain.entries(), hash: chain.hash().to_string() }
        };
        let mut all = vec![now().await];
        for _ in 0..3 {
            store.append_audit(std::slice::from_ref(&entry)).await.unwrap();
            all.push(now().await);
        }
        for earlier in &all {
            verified_against(&settings, &store, Some(earlier)).await.unwrap();
        }
        let replaced = Noted { hash: all[2].hash.clone(), ..all[1].clone() };
        let cut_off = Noted { entries: 4, ..all[3].clone() };
        for (wrong, why) in [(replaced, "replaced"), (cut_off, "cut off")] {
            let told = verified_against(&settings, &store, Some(&wrong)).await.unwrap_err();
            assert!(format!("{told:?}").contains(why), "{told:?}");
        }
        store.close().await;
    }
}
