//! Writes the audit log: what is asked for together is written together, and nobody is answered before it is.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use verilume_store::{AuditAction, NewAuditEntry, SessionId, Store, UnixMillis};

/// Entries that wait to be written. Origin: every connection there may be.
const WAITING: usize = 1024;
/// Entries that are written in one transaction at most.
const AT_ONCE: usize = 256;

type Written = Result<(), Unwritten>;

/// The log could not be written: what was to be recorded must not happen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unwritten;

/// Takes entries for the audit log.
#[derive(Debug, Clone)]
pub(crate) struct AuditTrail {
    sender: mpsc::Sender<(NewAuditEntry, oneshot::Sender<Written>)>,
}

impl AuditTrail {
    /// Starts the writer. It ends with the last of its senders.
    pub(crate) fn start(store: Arc<dyn Store>) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(write(store, receiver));
        Self { sender }
    }

    /// Comes back when the entry is in the store.
    pub(crate) async fn record(
        &self,
        actor: &str,
        action: AuditAction,
        session: Option<&SessionId>,
        at: UnixMillis,
    ) -> Written {
        let entry = NewAuditEntry { at, actor: actor.to_owned(), action, session: session.cloned() };
        let (written, wait) = oneshot::channel();
        self.sender.send((entry, written)).await.map_err(|_stopped| Unwritten)?;
        wait.await.unwrap_or(Err(Unwritten))
    }
}

async fn write(
    store: Arc<dyn Store>,
    mut receiver: mpsc::Receiver<(NewAuditEntry, oneshot::Sender<Written>)>,
) {
    let mut waiting = Vec::with_capacity(AT_ONCE);
    while receiver.recv_many(&mut waiting, AT_ONCE).await > 0 {
        let (entries, askers): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
        let written = store.append_audit(&entries).await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "the audit log could not be written");
            Unwritten
        });
        for asker in askers {
            // Who has gone needs no answer.
            let _gone = asker.send(written);
        }
    }
}
