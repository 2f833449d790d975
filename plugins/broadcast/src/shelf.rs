//! Where broadcasts are kept: the host's store, deleted with the session.

use wagate_plugin_api::{Error, Host, HostExt, StoreChange, StoreEntry};

use crate::log::Log;
use crate::recipients;

/// More than a session can have.
const LIMIT: u32 = 1000;
/// Others may change a broadcast at the same time: a pause, a message that leaves.
const TRIES: u32 = 10;

/// All of a session, the oldest first.
pub(crate) fn all(host: &dyn Host, session: &str) -> Result<Vec<Log>, Error> {
    let entries = host.store_scan(&key(session, ""), None, LIMIT)?;
    entries.iter().map(|entry| read(&entry.value)).collect()
}

/// One of a session, if it is there.
pub(crate) fn find(host: &dyn Host, session: &str, id: &str) -> Result<Option<Log>, Error> {
    let stored = host.store_get(&key(session, id))?;
    stored.as_deref().map(read).transpose()
}

/// One of a session.
pub(crate) fn get(host: &dyn Host, session: &str, id: &str) -> Result<Log, Error> {
    find(host, session, id)?.ok_or_else(not_found)
}

/// What it says.
pub(crate) fn text(host: &dyn Host, session: &str, id: &str) -> Result<String, Error> {
    Ok(host.store_get_json(&text_key(session, id))?.unwrap_or_default())
}

/// Writes a new one, with everything that belongs to it, or nothing.
pub(crate) fn create(
    host: &dyn Host,
    session: &str,
    log: &Log,
    text: &str,
    jids: &[String],
) -> Result<(), Error> {
    let mut changes = recipients::changes(session, &log.id, jids)?;
    changes.push(put(text_key(session, &log.id), &text)?);
    changes.push(put(key(session, &log.id), log)?);
    Ok(host.store_apply(changes)?)
}

/// Forgets one, with everything that belongs to it.
pub(crate) fn remove(host: &dyn Host, session: &str, log: &Log) -> Result<(), Error> {
    let mut changes: Vec<StoreChange> = recipients::keys(session, log).map(StoreChange::Delete).collect();
    changes.push(StoreChange::Delete(text_key(session, &log.id)));
    changes.push(StoreChange::Delete(key(session, &log.id)));
    Ok(host.store_apply(changes)?)
}

/// Changes one, whoever else does; the change is made again when another one came first.
pub(crate) fn change(
    host: &dyn Host,
    session: &str,
    id: &str,
    make: impl Fn(&mut Log) -> Result<(), Error>,
) -> Result<Log, Error> {
    let key = key(session, id);
    for _ in 0..TRIES {
        let stored = host.store_get(&key)?.ok_or_else(not_found)?;
        let mut log = read(&stored)?;
        make(&mut log)?;
        let value = serde_json::to_vec(&log).map_err(|error| Error::internal(error.to_string()))?;
        if host.store_compare_and_put(&key, Some(&stored), &value)? {
            return Ok(log);
        }
    }
    Err(Error::conflict(
        "The broadcast is being changed by others; try again",
    ))
}

fn not_found() -> Error {
    Error::not_found("Broadcast not found")
}

fn put<T: serde::Serialize>(key: String, value: &T) -> Result<StoreChange, Error> {
    let value = serde_json::to_vec(value).map_err(|error| Error::internal(error.to_string()))?;
    Ok(StoreChange::Put(StoreEntry { key, value }))
}

fn read(stored: &[u8]) -> Result<Log, Error> {
    serde_json::from_slice(stored).map_err(|error| Error::internal(format!("a stored broadcast: {error}")))
}

fn key(session: &str, id: &str) -> String {
    format!("{session}/logs/{id}")
}

fn text_key(session: &str, id: &str) -> String {
    format!("{session}/text/{id}")
}
