//! Where scheduled messages are kept: the host's store, one key a message, deleted with the session.

use wagate_plugin_api::{Error, Host, StoreChange};

use crate::item::{Item, Status};

/// Entries the host hands out at once.
const PAGE: u32 = 500;
/// More than a session can have: 1000 that wait and 1000 that are over.
const MAX_PAGES: u32 = 8;

/// A message with what stands in the store, to see later whether it has changed.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) item: Item,
    bytes: Vec<u8>,
}

/// All of a session, by their moment.
pub(crate) fn all(host: &dyn Host, session: &str) -> Result<Vec<Item>, Error> {
    let prefix = prefix(session);
    let (mut items, mut after): (Vec<Item>, Option<String>) = (Vec::new(), None);
    for _ in 0..MAX_PAGES {
        let page = host.store_scan(&prefix, after.as_deref(), PAGE)?;
        for entry in &page {
            items.push(read(&entry.key, &entry.value)?);
        }
        if page.len() < PAGE as usize {
            break;
        }
        after = page.into_iter().next_back().map(|entry| entry.key);
    }
    items.sort_by(|a, b| (a.send_at_ms, &a.id).cmp(&(b.send_at_ms, &b.id)));
    Ok(items)
}

/// One of a session.
pub(crate) fn get(host: &dyn Host, session: &str, id: &str) -> Result<Option<Kept>, Error> {
    let key = key(session, id);
    let Some(bytes) = host.store_get(&key)? else {
        return Ok(None);
    };
    Ok(Some(Kept {
        item: read(&key, &bytes)?,
        bytes,
    }))
}

/// Writes a new one.
pub(crate) fn add(host: &dyn Host, session: &str, item: Item) -> Result<Kept, Error> {
    let bytes = written(&item)?;
    host.store_put(&key(session, &item.id), &bytes)?;
    Ok(Kept { item, bytes })
}

/// Writes one that was read before, unless somebody changed or removed it meanwhile: none then.
pub(crate) fn replace(host: &dyn Host, session: &str, old: &Kept, item: Item) -> Result<Option<Kept>, Error> {
    let bytes = written(&item)?;
    let key = key(session, &item.id);
    let is_written = host.store_compare_and_put(&key, Some(&old.bytes), &bytes)?;
    Ok(is_written.then_some(Kept { item, bytes }))
}

/// Removes one; no error when there is none.
pub(crate) fn delete(host: &dyn Host, session: &str, id: &str) -> Result<(), Error> {
    Ok(host.store_delete(&key(session, id))?)
}

/// Removes several.
pub(crate) fn delete_all<'a>(
    host: &dyn Host,
    session: &str,
    ids: impl Iterator<Item = &'a str>,
) -> Result<(), Error> {
    let changes: Vec<StoreChange> = ids.map(|id| StoreChange::Delete(key(session, id))).collect();
    for part in changes.chunks(PAGE as usize) {
        host.store_apply(part.to_vec())?;
    }
    Ok(())
}

/// Removes the oldest of those that are over, beyond so many.
pub(crate) fn prune(host: &dyn Host, session: &str, keep: usize) -> Result<(), Error> {
    let items = all(host, session)?;
    let over: Vec<&Item> = items
        .iter()
        .filter(|item| item.status != Status::Pending)
        .collect();
    let surplus = over.len().saturating_sub(keep);
    delete_all(
        host,
        session,
        over.into_iter().take(surplus).map(|item| item.id.as_str()),
    )
}

fn prefix(session: &str) -> String {
    format!("{session}/items/")
}

fn key(session: &str, id: &str) -> String {
    format!("{session}/items/{id}")
}

fn read(key: &str, bytes: &[u8]) -> Result<Item, Error> {
    serde_json::from_slice(bytes)
        .map_err(|error| Error::internal(format!("scheduled message {key}: {error}")))
}

fn written(item: &Item) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(item).map_err(|error| Error::internal(error.to_string()))
}
