//! `verilume erase`: what the service keeps about somebody goes at once.

use clap::Args;
use verilume_store::{
    AuditAction, AuditStore as _, AuditSubject, CorrelationId, NewAuditEntry, PersonId, PersonStore as _,
    SessionId, SessionStore as _, SqlStore, StoreError, StoreErrorKind, Whose,
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
    /// An enrolled person, by their personId: name, notes, templates.
    #[arg(long, value_name = "ID", value_parser = person)]
    person: Option<PersonId>,
}

impl WhoseArgs {
    /// Whose sessions; `None` if it is about a person.
    fn sessions(&self) -> Option<Whose> {
        let session = self.session.clone().map(Whose::Session);
        let device = self.device.clone().map(Whose::Device);
        session.or(device).or_else(|| self.user.clone().map(Whose::User))
    }
}

fn person(text: &str) -> Result<PersonId, StoreError> {
    PersonId::parse(text)
}

fn session(text: &str) -> Result<SessionId, StoreError> {
    SessionId::parse(text)
}

fn name(text: &str) -> Result<CorrelationId, StoreError> {
    CorrelationId::new(text)
}

pub(crate) fn run(args: &EraseArgs) -> Result<(), Failure> {
    let erased = runtime()?.block_on(async {
        let store = args.store.open_existing().await?;
        let erased = match (&args.whose.person, args.whose.sessions()) {
            (Some(person), _) => erase_person(&store, person).await.map(|erased| format!("{erased} people")),
            (None, Some(whose)) => {
                let erased = store.erase_sessions_of(&whose, ACTOR, clock::unix()).await;
                erased.map(|erased| format!("{} sessions", erased.len()))
            }
            (None, None) => Ok("0 sessions".to_owned()),
        };
        store.close().await;
        erased.map_err(|error| args.store.failure(&error))
    })?;
    out::print(&format!("{erased} erased\n"));
    Ok(())
}

/// Put on record first: what cannot be recorded does not happen.
async fn erase_person(store: &SqlStore, person: &PersonId) -> Result<usize, StoreError> {
    let group = match store.group_of(person).await {
        Err(error) if error.kind() == StoreErrorKind::NotFound => return Ok(0),
        found => found?,
    };
    let entry = NewAuditEntry {
        at: clock::unix(),
        actor: ACTOR.into(),
        action: AuditAction::PersonErased,
        session: None,
        subject: Some(AuditSubject::person(&group.key, person)),
    };
    store.append_audit(&[entry]).await?;
    store.erase_person(&group.uid, person).await?;
    Ok(1)
}
