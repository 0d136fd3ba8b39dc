//! Creates sessions: those that are asked for together are written together.

use std::sync::Arc;

use verilume_store::{NewSession, SessionRecord, Store, StoreError, StoreErrorKind};

use crate::together::Together;

type Created = Result<SessionRecord, Uncreated>;

/// The session could not be created. Why is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Uncreated(pub(crate) StoreErrorKind);

impl Uncreated {
    fn logged(error: &StoreError) -> Self {
        tracing::error!(error = error as &dyn std::error::Error, "sessions could not be created");
        Self(error.kind())
    }
}

/// Takes sessions to create.
#[derive(Debug)]
pub(crate) struct Creations(Together<NewSession, Created>);

impl Creations {
    /// Starts the writer.
    pub(crate) fn start(store: Arc<dyn Store>) -> Self {
        Self(Together::start(move |sessions| create(Arc::clone(&store), sessions)))
    }

    /// Comes back when the session is in the store.
    pub(crate) async fn create(&self, session: NewSession) -> Created {
        self.0.ask(session).await.unwrap_or(Err(Uncreated(StoreErrorKind::Unavailable)))
    }
}

async fn create(store: Arc<dyn Store>, sessions: Vec<NewSession>) -> Vec<Created> {
    match store.create_sessions(&sessions).await {
        Ok(records) => records.into_iter().map(Ok).collect(),
        // One that cannot be kept is no reason to refuse the others.
        Err(error) if error.kind() == StoreErrorKind::AlreadyExists => {
            let mut created = Vec::with_capacity(sessions.len());
            for session in &sessions {
                created.push(store.create_session(session).await.map_err(|error| Uncreated::logged(&error)));
            }
            created
        }
        Err(error) => vec![Err(Uncreated::logged(&error)); sessions.len()],
    }
}

#[cfg(test)]
mod tests {
    use verilume_store::{SqlStore, UnixMillis};

    use super::*;
    use crate::testing::new_session;

    #[tokio::test]
    async fn one_that_cannot_be_kept_takes_no_other_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqlStore::open_folder(folder.path()).await.unwrap());
        let sessions = [1, 2, 1, 3].map(|number| new_session(number, UnixMillis::from_millis(1)));
        let kinds = async || {
            let created = create(Arc::clone(&store) as _, sessions.to_vec()).await;
            created.into_iter().map(|one| one.err().map(|Uncreated(kind)| kind)).collect::<Vec<_>>()
        };
        let taken = Some(StoreErrorKind::AlreadyExists);
        assert_eq!(kinds().await, [None, None, taken, None]);
        assert_eq!(kinds().await, [taken; 4]);
        store.close().await;
        assert_eq!(kinds().await, [Some(StoreErrorKind::Unavailable); 4]);
    }
}
