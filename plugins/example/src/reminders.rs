//! Where reminders are kept: what they say and whether they were sent. When they are due is the timer's affair.

use serde::{Deserialize, Serialize};
use wagate_plugin_api::{Error, Host, HostExt, StoreChange, StoreEntry};

/// A reminder as it is kept, and as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reminder {
    /// Sorts by age.
    pub(crate) id: String,
    /// A phone number or a JID.
    pub(crate) to: String,
    pub(crate) text: String,
    pub(crate) due_ms: i64,
    /// WhatsApp's id of the message, once it was sent.
    pub(crate) message_id: Option<String>,
}

/// A reminder of the session.
pub(crate) fn get(host: &dyn Host, session: &str, id: &str) -> Result<Option<Reminder>, Error> {
    Ok(host.store_get_json(&key(session, id))?)
}

/// Up to `limit` reminders of the session, the oldest first, that come after the one named.
pub(crate) fn list(
    host: &dyn Host,
    session: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Reminder>, Error> {
    let after = after.map(|id| key(session, id));
    let entries = host.store_scan(&key(session, ""), after.as_deref(), limit)?;
    entries.iter().map(read).collect()
}

/// Writes a new reminder and, in the same step, the note which session it belongs to.
pub(crate) fn create(host: &dyn Host, session: &str, reminder: &Reminder) -> Result<(), Error> {
    let value = serde_json::to_vec(reminder).map_err(|error| Error::internal(error.to_string()))?;
    host.store_apply(vec![
        StoreChange::Put(StoreEntry {
            key: key(session, &reminder.id),
            value,
        }),
        StoreChange::Put(StoreEntry {
            key: owner_key(&reminder.id),
            value: session.as_bytes().to_owned(),
        }),
    ])?;
    Ok(())
}

/// Writes a reminder that is already known.
pub(crate) fn update(host: &dyn Host, session: &str, reminder: &Reminder) -> Result<(), Error> {
    Ok(host.store_put_json(&key(session, &reminder.id), reminder)?)
}

/// Removes a reminder; no error when there is none.
pub(crate) fn delete(host: &dyn Host, session: &str, id: &str) -> Result<(), Error> {
    host.store_apply(vec![
        StoreChange::Delete(key(session, id)),
        StoreChange::Delete(owner_key(id)),
    ])?;
    Ok(())
}

/// The session a reminder belongs to.
pub(crate) fn owner(host: &dyn Host, id: &str) -> Result<Option<String>, Error> {
    let stored = host.store_get(&owner_key(id))?;
    Ok(stored.and_then(|bytes| String::from_utf8(bytes).ok()))
}

/// Deleted with the session.
fn key(session: &str, id: &str) -> String {
    format!("{session}/reminders/{id}")
}

/// Not deleted with the session: it then leads to a session that does not exist, which is the right answer.
fn owner_key(id: &str) -> String {
    format!("owners/{id}")
}

fn read(entry: &StoreEntry) -> Result<Reminder, Error> {
    serde_json::from_slice(&entry.value)
        .map_err(|error| Error::internal(format!("reminder {}: {error}", entry.key)))
}
