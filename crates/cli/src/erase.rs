//! `verilume erase`: what the service keeps about somebody goes at once.

use clap::Args;
use verilume_store::{
    AuditAction, AuditStore as _, CorrelationId, NewAuditEntry, SessionId, SessionStore as _, SqlStore,
    StoreError, StoreErrorKind, Whose,
};

use crate::clock;
use crate::failure::Failure;
use crate::out;
use crate::serve::runtime;
use crate::store::StoreArgs;

/// Who stands in the audit log for this command.
const ACTOR: &str = "operator";

#[derive(Debug, Args)]
pub(crate) struct EraseArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    whose: WhoseArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct WhoseArgs {
    /// One session.
    #[arg(long, value_name = "ID", value_parser = session)]
    session: Option<SessionId>,
    /// Every session with this deviceCorrelationId.
    #[arg(long, value_name = "NAME", value_parser = name)]
    device: Option<CorrelationId>,
    /// Every session with this userCorrelationId.
    #[arg(long, value_name = "NAME", value_parser = name)]
    user: Option<CorrelationId>,
}

fn session(text: &str) -> Result<SessionId, StoreError> {
    SessionId::parse(text)
}

fn name(text: &str) -> Result<CorrelationId, StoreError> {
    CorrelationId::new(text)
}

pub(crate) fn run(args: &EraseArgs) -> Result<(), Failure> {
    let erased = runtime()?.block_on(async {
        let store = args.store.open().await?;
        let erased = erase(&store, &args.whose).await;
        store.close().await;
        erased.map_err(|error| args.store.failure(&error))
    })?;
    out::print(&format!("{erased} sessions erased\n"));
    Ok(())
}

async fn erase(store: &SqlStore, args: &WhoseArgs) -> Result<usize, StoreError> {
    let now = clock::unix();
    let of = args.device.clone().map(Whose::Device).or(args.user.clone().map(Whose::User));
    let erased = match (&args.session, of) {
        (Some(id), _) => match store.erase_session(id, now).await {
            Ok(()) => vec![id.clone()],
            Err(error) if error.kind() == StoreErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        },
        (None, Some(whose)) => store.erase_sessions_of(&whose).await?,
        (None, None) => Vec::new(),
    };
    let action = AuditAction::SessionErased;
    let entry =
        |id: &SessionId| NewAuditEntry { at: now, actor: ACTOR.into(), action, session: Some(id.clone()) };
    store.append_audit(&erased.iter().map(entry).collect::<Vec<_>>()).await?;
    Ok(erased.len())
}
