//! Forgets what has ended long ago, endpoint by endpoint, a few at a time.

use std::time::Duration;

use tokio::time::Instant;
use wagate_storage::StorageError;
use wagate_storage::deliveries::EndpointState;

use crate::services::Services;

/// Between two rounds over all endpoints.
const EVERY: Duration = Duration::from_mins(1);
/// Endpoints looked at in one go.
const BATCH: i64 = 20;

/// Where it is in its round.
#[derive(Default)]
pub(super) struct Keeper {
    after: Option<String>,
    next_round: Option<Instant>,
}

impl Keeper {
    /// Looks at the next few endpoints, if it is time.
    pub(super) async fn look(&mut self, services: &Services) {
        if self.next_round.is_some_and(|next| next > Instant::now()) {
            return;
        }
        match self.go_on(services).await {
            Ok(true) => {}
            Ok(false) => {
                self.after = None;
                self.next_round = Some(Instant::now() + EVERY);
            }
            Err(error) => {
                tracing::warn!(error = %error, "old deliveries cannot be removed");
                self.next_round = Some(Instant::now() + EVERY);
            }
        }
    }

    /// False at the end of the round.
    async fn go_on(&mut self, services: &Services) -> Result<bool, StorageError> {
        let storage = &services.storage;
        let options = services.deliveries.options();
        let now = services.clock.now_ms();
        let keep = i64::try_from(options.keep.as_millis()).unwrap_or(i64::MAX);
        let before = now.saturating_sub(keep);
        let endpoints = storage.endpoint_ids(self.after.as_deref(), BATCH).await?;
        for id in &endpoints {
            let state = storage.endpoint_by_id(id).await?.map(|row| row.state);
            if state.is_some_and(|state| state != EndpointState::Active) {
                // Nobody tries them: they are given up when they would be forgotten.
                let error = "its endpoint took nothing for too long";
                storage.give_up_deliveries(id, before, error, now).await?;
            }
            storage
                .prune_deliveries(id, Some(before), options.keep_count)
                .await?;
        }
        self.after = endpoints.last().cloned();
        Ok(self.after.is_some())
    }
}
