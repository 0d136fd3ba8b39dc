//! Writes the audit log: what is asked for together is written together, and nobody is answered before it is.

use std::sync::Arc;

use verilume_store::{AuditAction, AuditSubject, NewAuditEntry, SessionId, Store, UnixMillis};

use crate::together::Together;

type Written = Result<(), Unwritten>;

/// The log could not be written: what was to be recorded must not happen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unwritten;

/// Takes entries for the audit log.
#[derive(Debug)]
pub(crate) struct AuditTrail(Together<NewAuditEntry, Written>);

impl AuditTrail {
    /// Starts the writer.
    pub(crate) fn start(store: Arc<dyn Store>) -> Self {
        Self(Together::start(move |entries| write(Arc::clone(&store), entries)))
    }

    /// Comes back when the entry is in the store.
    pub(crate) async fn record(
        &self,
        actor: &str,
        action: AuditAction,
        session: Option<&SessionId>,
        subject: Option<AuditSubject>,
        at: UnixMillis,
    ) -> Written {
        let entry = NewAuditEntry { at, actor: actor.to_owned(), action, session: session.cloned(), subject };
        self.0.ask(entry).await.unwrap_or(Err(Unwritten))
    }
}

async fn write(store: Arc<dyn Store>, entries: Vec<NewAuditEntry>) -> Vec<Written> {
    let written = store.append_audit(&entries).await.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "the audit log could not be written");
        Unwritten
    });
    vec![written; entries.len()]
}
