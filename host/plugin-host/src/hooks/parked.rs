//! Events a hook could not handle: kept with the error instead of passed over, and brought again on request.

use thiserror::Error;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wagate_storage::StorageError;
use wagate_storage::events::EventRow;
use wagate_storage::parked::ParkedEvent;

use super::Dispatcher;
use super::worker::{FIRST_WAIT, call};
use crate::error::PluginCallError;
use crate::http::SessionRef;

/// Kept of a plugin in one session; beyond that the oldest go.
const KEEP: i64 = 1000;
/// Of an error that is kept, in characters.
const MAX_ERROR: usize = 500;

/// Why a parked event is still parked.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// There is no such event.
    #[error("there is no such parked event")]
    Unknown,
    /// The plugin does not serve, or has no hooks.
    #[error("the plugin does not serve")]
    NotServing,
    /// The hook failed again.
    #[error(transparent)]
    Failed(PluginCallError),
    /// The storage failed; the hook may have run.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Keeps the event, however long the storage needs. False on shutdown: the event comes again.
pub(super) async fn park(
    dispatcher: &Dispatcher,
    plugin: &str,
    row: &EventRow,
    error: &PluginCallError,
    tries: u32,
    shutdown: &CancellationToken,
) -> bool {
    let event = &row.event;
    tracing::error!(
        plugin.id = plugin, session.id = %event.session_id, event.id = %event.id, event.kind = %event.kind,
        "plugin {plugin} failed {tries} times on a {} event, which is parked: {error}", event.kind
    );
    let parked = ParkedEvent {
        plugin: plugin.to_owned(),
        event: row.clone(),
        error: text_of(error),
        attempts: i64::from(tries),
        parked_at: dispatcher.services.clock.now_ms(),
    };
    loop {
        match dispatcher.services.storage.park_event(parked.clone(), KEEP).await {
            Ok(0) => return true,
            Ok(dropped) => {
                tracing::warn!(
                    plugin.id = plugin, session.id = %event.session_id, dropped,
                    "more than {KEEP} events are parked: the oldest are given up"
                );
                return true;
            }
            Err(error) => {
                tracing::warn!(plugin.id = plugin, error = %error, "an event cannot be parked, trying again");
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => return false,
            () = sleep(FIRST_WAIT) => {}
        }
    }
}

fn text_of(error: &PluginCallError) -> String {
    error.to_string().chars().take(MAX_ERROR).collect()
}

impl Dispatcher {
    /// Brings a parked event again, once, with the id it has always had: what its hook has sent already is not sent
    /// twice.
    pub(crate) async fn replay(&self, plugin: &str, event_id: &str) -> Result<(), ReplayError> {
        let storage = &self.services.storage;
        let Some(mut parked) = storage.parked_event(plugin, event_id).await? else {
            return Err(ReplayError::Unknown);
        };
        let version = self.newest(plugin).ok_or(ReplayError::NotServing)?;
        let session_id = parked.event.event.session_id.clone();
        let Some(session) = storage.session(&session_id).await? else {
            return Err(ReplayError::Unknown);
        };
        let session = SessionRef {
            id: session.id,
            slug: session.slug,
        };
        match call(&version, &session, &parked.event).await {
            Ok(()) => {
                storage.unpark_event(plugin, &session_id, event_id).await?;
                Ok(())
            }
            Err(error) => {
                parked.error = text_of(&error);
                parked.attempts = 1;
                storage.park_event(parked, KEEP).await?;
                Err(ReplayError::Failed(error))
            }
        }
    }
}
