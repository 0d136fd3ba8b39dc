//! Training: what is enrolled becomes what is searched.
//!
//! It opens every template and puts it into memory, so that the first search afterwards need not, and so that a template
//! that cannot be opened is noticed now. Other nodes see by the store that there is something new and read it themselves.

use std::sync::Arc;
use std::time::Duration;

use verilume_store::{BegunTraining, GroupKey, StoreError};

use super::SearchFault;
use crate::service::Service;

/// A training that has not ended by then never will. Origin: a million templates are opened in less than a minute.
const TRAINS_WITHIN: Duration = Duration::from_secs(600);

impl Service {
    /// Begins a training and goes on with it behind the caller's back.
    pub(crate) async fn train(self: &Arc<Self>, key: &GroupKey) -> Result<(), StoreError> {
        let now = self.clock.unix();
        let begun = self.store.begin_training(key, now, now.plus(TRAINS_WITHIN)).await?;
        let (service, key) = (Arc::clone(self), key.clone());
        tokio::spawn(async move { service.finish_training(&key, &begun).await });
        Ok(())
    }

    async fn finish_training(&self, key: &GroupKey, begun: &BegunTraining) {
        let gathered = self.gather_for(key, begun).await;
        if let Err(fault) = &gathered {
            tracing::error!(fault = ?fault, group.kind = key.kind.as_str(), "a training failed");
        }
        let ended = self.store.end_training(begun, gathered.is_ok(), self.clock.unix()).await;
        match ended {
            Ok(()) => {
                tracing::info!(group.kind = key.kind.as_str(), succeeded = gathered.is_ok(), "training ended")
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a training could not be ended");
            }
        }
    }

    async fn gather_for(&self, key: &GroupKey, begun: &BegunTraining) -> Result<(), SearchFault> {
        let group = self.store.group(key).await?;
        if group.uid == begun.group {
            self.gathered(&group, begun.searched).await?;
        }
        Ok(())
    }
}
