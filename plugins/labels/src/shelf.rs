//! Where labels are kept: the host's store, one key a label, and two for each chat that has one, so that both questions
//! (whose chats, which labels) are one scan. Deleted with the session.

use serde::{Deserialize, Serialize};
use wagate_plugin_api::{Error, Host, HostExt, SessionIds, StoreChange, StoreEntry};

use crate::names;

/// How many labels a session can have.
pub(crate) const MAX_LABELS: usize = 200;
/// Entries of one scan.
const PAGE: u32 = 1000;
/// Scans of one question: more than the store holds by far.
const MAX_PAGES: usize = 200;
/// Changes of one batch.
const BATCH: usize = 1000;
/// Labels' ids lead to their session, so that the routes that name no session find it.
pub(crate) const IDS: SessionIds = SessionIds {
    prefix: "lbl_",
    own_digits: 12,
};

/// A label as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Label {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) color: u32,
    /// Its id at WhatsApp.
    pub(crate) wa_id: Option<String>,
    pub(crate) created_at_ms: i64,
    pub(crate) updated_at_ms: i64,
}

/// All labels of a session, newest first.
pub(crate) fn all(host: &dyn Host, session: &str) -> Result<Vec<Label>, Error> {
    let entries = host.store_scan(&format!("{session}/labels/"), None, PAGE)?;
    let mut labels = entries.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    labels.sort_by(|a, b| (b.created_at_ms, &b.id).cmp(&(a.created_at_ms, &a.id)));
    Ok(labels)
}

pub(crate) fn find(host: &dyn Host, session: &str, id: &str) -> Result<Option<Label>, Error> {
    Ok(host.store_get_json(&label_key(session, id))?)
}

pub(crate) fn get(host: &dyn Host, session: &str, id: &str) -> Result<Label, Error> {
    find(host, session, id)?.ok_or_else(|| Error::not_found("Label not found"))
}

/// Whether the id is one of another session's label.
pub(crate) fn is_foreign(session: &str, id: &str) -> bool {
    IDS.session_of(id)
        .is_some_and(|other| !other.eq_ignore_ascii_case(session))
}

/// Makes one.
pub(crate) fn create(
    host: &dyn Host,
    session: &str,
    name: String,
    color: u32,
    wa_id: Option<String>,
) -> Result<Label, Error> {
    if all(host, session)?.len() >= MAX_LABELS {
        return Err(Error::conflict(format!(
            "A session can have at most {MAX_LABELS} labels"
        )));
    }
    let now_ms = host.now_ms();
    let label = Label {
        id: IDS.make(host, session),
        name,
        color,
        wa_id,
        created_at_ms: now_ms,
        updated_at_ms: now_ms,
    };
    names::take(host, session, &label.name, &label.id)?;
    write(host, session, &label)?;
    Ok(label)
}

/// Writes a changed one. The name it had is free then.
pub(crate) fn change(host: &dyn Host, session: &str, before: &Label, after: &Label) -> Result<(), Error> {
    if before.name == after.name {
        return write(host, session, after);
    }
    names::take(host, session, &after.name, &after.id)?;
    let mut changes = vec![put(label_key(session, &after.id), after)?];
    // Another spelling has the same key: given up and taken again.
    changes.push(names::given_up(session, &before.name));
    changes.push(names::taken(session, &after.name, &after.id));
    Ok(host.store_apply(changes)?)
}

/// Writes it under the name it has already.
pub(crate) fn write(host: &dyn Host, session: &str, label: &Label) -> Result<(), Error> {
    Ok(host.store_put_json(&label_key(session, &label.id), label)?)
}

/// Removes one. First the label: what is left on chats when this is interrupted belongs to no label and is not shown.
pub(crate) fn delete(host: &dyn Host, session: &str, label: &Label) -> Result<(), Error> {
    let chats = chats_of(host, session, &label.id)?;
    let mut changes = vec![
        StoreChange::Delete(label_key(session, &label.id)),
        names::given_up(session, &label.name),
    ];
    for chat in chats {
        changes.push(StoreChange::Delete(by_chat(session, &chat, &label.id)));
        changes.push(StoreChange::Delete(by_label(session, &label.id, &chat)));
    }
    for some in changes.chunks(BATCH) {
        host.store_apply(some.to_vec())?;
    }
    Ok(())
}

/// Puts labels on a chat and takes others off, all at once.
pub(crate) fn assign(
    host: &dyn Host,
    session: &str,
    chat: &str,
    on: &[&Label],
    off: &[String],
) -> Result<(), Error> {
    let now_ms = host.now_ms();
    let mut changes = Vec::new();
    for label in on {
        changes.push(put(by_chat(session, chat, &label.id), &now_ms)?);
        changes.push(put(by_label(session, &label.id, chat), &now_ms)?);
    }
    for id in off {
        changes.push(StoreChange::Delete(by_chat(session, chat, id)));
        changes.push(StoreChange::Delete(by_label(session, id, chat)));
    }
    if changes.is_empty() {
        return Ok(());
    }
    Ok(host.store_apply(changes)?)
}

/// The chats that have a label, by address.
pub(crate) fn chats_of(host: &dyn Host, session: &str, id: &str) -> Result<Vec<String>, Error> {
    last_parts(host, &format!("{session}/of-label/{id}/"))
}

/// The ids of the labels a chat has.
pub(crate) fn labels_of(host: &dyn Host, session: &str, chat: &str) -> Result<Vec<String>, Error> {
    last_parts(host, &format!("{session}/of-chat/{chat}/"))
}

/// Chat and label, of all chats.
pub(crate) fn assignments(host: &dyn Host, session: &str) -> Result<Vec<(String, String)>, Error> {
    let found = last_parts(host, &format!("{session}/of-chat/"))?;
    let pair = |rest: String| {
        let (chat, label) = rest.split_once('/')?;
        Some((chat.to_owned(), label.to_owned()))
    };
    Ok(found.into_iter().filter_map(pair).collect())
}

/// What stands behind the prefix, of every key that has it.
fn last_parts(host: &dyn Host, prefix: &str) -> Result<Vec<String>, Error> {
    let mut parts = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let entries = host.store_scan(prefix, after.as_deref(), PAGE)?;
        let is_last = entries.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        after = entries.last().map(|entry| entry.key.clone());
        parts.extend(
            entries
                .iter()
                .filter_map(|entry| entry.key.strip_prefix(prefix))
                .map(str::to_owned),
        );
        if is_last {
            break;
        }
    }
    Ok(parts)
}

fn label_key(session: &str, id: &str) -> String {
    format!("{session}/labels/{id}")
}

fn by_chat(session: &str, chat: &str, id: &str) -> String {
    format!("{session}/of-chat/{chat}/{id}")
}

fn by_label(session: &str, id: &str, chat: &str) -> String {
    format!("{session}/of-label/{id}/{chat}")
}

fn put<T: Serialize>(key: String, value: &T) -> Result<StoreChange, Error> {
    let value = serde_json::to_vec(value).map_err(|error| Error::internal(error.to_string()))?;
    Ok(StoreChange::Put(StoreEntry { key, value }))
}

fn read(entry: &StoreEntry) -> Result<Label, Error> {
    serde_json::from_slice(&entry.value)
        .map_err(|error| Error::internal(format!("label {}: {error}", entry.key)))
}
