//! Where a session's rules are kept: the host's store, one key a rule, deleted with the session.

use serde::{Deserialize, Serialize};
use wagate_plugin_api::{Error, Host, HostExt, StoreChange, StoreEntry};

use crate::rules::{MAX_RULES, Rule};

/// A rule as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredRule {
    /// Sorts by age.
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) rule: Rule,
    pub(crate) is_media: bool,
    pub(crate) media_url: Option<String>,
    pub(crate) media_type: Option<String>,
    pub(crate) created_at_ms: i64,
}

/// All rules of a session, oldest first.
pub(crate) fn all(host: &dyn Host, session: &str) -> Result<Vec<StoredRule>, Error> {
    let entries = host.store_scan(&prefix(session), None, MAX_RULES)?;
    entries.into_iter().map(|entry| read(&entry)).collect()
}

/// One rule.
pub(crate) fn get(host: &dyn Host, session: &str, id: &str) -> Result<Option<StoredRule>, Error> {
    Ok(host.store_get_json(&key(session, id))?)
}

/// Writes a rule, new or changed.
pub(crate) fn put(host: &dyn Host, session: &str, rule: &StoredRule) -> Result<(), Error> {
    Ok(host.store_put_json(&key(session, &rule.id), rule)?)
}

/// Removes a rule; no error when there is none.
pub(crate) fn delete(host: &dyn Host, session: &str, id: &str) -> Result<(), Error> {
    Ok(host.store_delete(&key(session, id))?)
}

/// Removes all rules of a session at once. Returns how many.
pub(crate) fn clear(host: &dyn Host, session: &str) -> Result<usize, Error> {
    let entries = host.store_scan(&prefix(session), None, MAX_RULES)?;
    let count = entries.len();
    host.store_apply(
        entries
            .into_iter()
            .map(|entry| StoreChange::Delete(entry.key))
            .collect(),
    )?;
    Ok(count)
}

fn prefix(session: &str) -> String {
    format!("{session}/rules/")
}

fn key(session: &str, id: &str) -> String {
    format!("{session}/rules/{id}")
}

fn read(entry: &StoreEntry) -> Result<StoredRule, Error> {
    serde_json::from_slice(&entry.value)
        .map_err(|error| Error::internal(format!("rule {}: {error}", entry.key)))
}
