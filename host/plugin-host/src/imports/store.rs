//! `store`: the plugin's own keys and values, with a quota for the sessions of each user, so that nobody's can use up what
//! others need.

use std::collections::BTreeSet;

use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;
use wagate_storage::plugin_store::StoreChange;

use crate::bindings::{error_to_wit, store, types};
use crate::services::{Services, storage_error};
use crate::state::State;

const MAX_KEY: usize = 512;
const MAX_VALUE: usize = 1024 * 1024;
const MAX_SCAN: u32 = 1000;
const MAX_CHANGES: usize = 1000;

impl store::Host for State {
    async fn get(&mut self, key: String) -> Result<Option<Vec<u8>>, types::Error> {
        let services = self.with_right(Right::Store).map_err(error_to_wit)?;
        let value = services.storage.plugin_get(&self.identity.plugin, &key).await;
        value.map_err(|error| error_to_wit(storage_error(&error)))
    }

    async fn put(&mut self, key: String, value: Vec<u8>) -> Result<(), types::Error> {
        self.apply(vec![store::Change::Put(store::Entry { key, value })])
            .await
    }

    async fn delete(&mut self, key: String) -> Result<(), types::Error> {
        self.apply(vec![store::Change::Delete(key)]).await
    }

    async fn scan(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<store::Entry>, types::Error> {
        let services = self.with_right(Right::Store).map_err(error_to_wit)?;
        let limit = i64::from(limit.min(MAX_SCAN));
        let entries = services
            .storage
            .plugin_scan(&self.identity.plugin, &prefix, after.as_deref(), limit)
            .await;
        let entries = entries.map_err(|error| error_to_wit(storage_error(&error)))?;
        Ok(entries
            .into_iter()
            .map(|(key, value)| store::Entry { key, value })
            .collect())
    }

    async fn apply(&mut self, changes: Vec<store::Change>) -> Result<(), types::Error> {
        let services = self.with_right(Right::Store).map_err(error_to_wit)?;
        if changes.len() > MAX_CHANGES {
            return Err(error_to_wit(HostError::Invalid(format!(
                "changes: at most {MAX_CHANGES}"
            ))));
        }
        let mut growth = Growth::default();
        for change in &changes {
            if let store::Change::Put(entry) = change {
                growth.bytes += check_entry(&entry.key, &entry.value).map_err(error_to_wit)?;
                growth.sessions.insert(session_of(&entry.key).to_owned());
            }
        }
        self.check_quota(&services, growth).await.map_err(error_to_wit)?;
        let changes = changes.into_iter().map(|change| match change {
            store::Change::Put(store::Entry { key, value }) => StoreChange::Put { key, value },
            store::Change::Delete(key) => StoreChange::Delete { key },
        });
        let done = services
            .storage
            .plugin_apply(&self.identity.plugin, changes.collect())
            .await;
        done.map_err(|error| error_to_wit(storage_error(&error)))
    }

    async fn compare_and_put(
        &mut self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    ) -> Result<bool, types::Error> {
        let services = self.with_right(Right::Store).map_err(error_to_wit)?;
        let growth = Growth {
            bytes: check_entry(&key, &value).map_err(error_to_wit)?,
            sessions: BTreeSet::from([session_of(&key).to_owned()]),
        };
        self.check_quota(&services, growth).await.map_err(error_to_wit)?;
        let done = services
            .storage
            .plugin_compare_and_put(&self.identity.plugin, &key, expected, value)
            .await;
        done.map_err(|error| error_to_wit(storage_error(&error)))
    }
}

/// What is to come into a plugin's store.
#[derive(Default)]
pub(super) struct Growth {
    /// Of all of it.
    pub(super) bytes: u64,
    /// For which sessions; empty: none.
    pub(super) sessions: BTreeSet<String>,
}

impl State {
    /// What is overwritten is not counted off: near the limit a plugin has to delete first.
    ///
    /// Takes `&mut self` for the same reason as [`State::with_session`].
    pub(super) async fn check_quota(&mut self, services: &Services, growth: Growth) -> Result<(), HostError> {
        let plugin = &self.identity.plugin;
        let limit = self.identity.store_bytes;
        let fits = |held: i64| u64::try_from(held).unwrap_or(0).saturating_add(growth.bytes) <= limit;
        let held = services.storage.plugin_held(plugin).await;
        // What all of them hold together, each of them may hold.
        if growth.bytes == 0 || fits(held.map_err(|error| storage_error(&error))?) {
            return Ok(());
        }
        for session in &growth.sessions {
            let held = services.storage.plugin_held_for(plugin, session).await;
            if !fits(held.map_err(|error| storage_error(&error))?) {
                return Err(HostError::Conflict(format!(
                    "the store is full: {limit} bytes for the sessions of a user, see store_mb under [limits] in {}",
                    self.identity.file
                )));
            }
        }
        Ok(())
    }
}

/// By convention keys begin with the row id of the session they are about.
fn session_of(key: &str) -> &str {
    key.split_once('/').map_or("", |(session, _)| session)
}

fn check_entry(key: &str, value: &[u8]) -> Result<u64, HostError> {
    if key.is_empty() || key.len() > MAX_KEY {
        return Err(HostError::Invalid(format!("key: 1 to {MAX_KEY} bytes")));
    }
    if value.len() > MAX_VALUE {
        return Err(HostError::Invalid(format!("value: at most {MAX_VALUE} bytes")));
    }
    Ok(u64::try_from(key.len() + value.len()).unwrap_or(u64::MAX))
}
