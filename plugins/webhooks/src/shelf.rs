//! Where webhooks are kept: the host's store, one key a webhook, deleted with the session. A stamp that changes with
//! every change tells an instance whether what it remembers still holds.

use std::collections::HashMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use wagate_plugin_api::event::is_meant;
use wagate_plugin_api::{Error, Host, HostExt, SessionIds, StoreChange, StoreEntry};

use crate::payload::PayloadVersion;

/// More than a session can have.
const LIMIT: u32 = 1000;
/// Sessions an instance remembers; beyond that it begins anew.
const MAX_REMEMBERED: usize = 64;
/// Webhooks' ids lead to their session, so that the older form of the delete route finds it.
pub(crate) const IDS: SessionIds = SessionIds {
    prefix: "wh_",
    own_digits: 12,
};

/// A webhook as it is kept. Its secret is not here: the host has it, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Webhook {
    pub(crate) id: String,
    /// Who made it.
    pub(crate) user_id: String,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) events: Vec<String>,
    pub(crate) is_active: bool,
    pub(crate) has_secret: bool,
    pub(crate) payload_version: PayloadVersion,
    pub(crate) timeout_ms: Option<u32>,
    pub(crate) concurrency: Option<u32>,
    pub(crate) created_at_ms: i64,
    pub(crate) updated_at_ms: i64,
}

impl Webhook {
    /// Whether it wants to hear of this.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        self.is_active && self.events.iter().any(|asked| is_meant(asked, kind))
    }
}

/// All of a session, newest first.
pub(crate) fn all(host: &dyn Host, session: &str) -> Result<Vec<Webhook>, Error> {
    let entries = host.store_scan(&prefix(session), None, LIMIT)?;
    let mut webhooks = entries.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    webhooks.sort_by(|a, b| (b.created_at_ms, &b.id).cmp(&(a.created_at_ms, &a.id)));
    Ok(webhooks)
}

/// One of a session.
pub(crate) fn get(host: &dyn Host, session: &str, id: &str) -> Result<Webhook, Error> {
    let found = host.store_get_json(&key(session, id))?;
    found.ok_or_else(|| Error::not_found("Webhook not found"))
}

/// Writes one, new or changed.
pub(crate) fn put(host: &dyn Host, session: &str, webhook: &Webhook) -> Result<(), Error> {
    let value = serde_json::to_vec(webhook).map_err(|error| Error::internal(error.to_string()))?;
    let entry = StoreEntry {
        key: key(session, &webhook.id),
        value,
    };
    change(host, session, StoreChange::Put(entry))
}

/// Removes one.
pub(crate) fn delete(host: &dyn Host, session: &str, id: &str) -> Result<(), Error> {
    change(host, session, StoreChange::Delete(key(session, id)))
}

/// With a new stamp, so that no instance goes on with what it remembers.
fn change(host: &dyn Host, session: &str, change: StoreChange) -> Result<(), Error> {
    let stamp = StoreEntry {
        key: stamp_key(session),
        value: host.unique_id().into_bytes(),
    };
    Ok(host.store_apply(vec![change, StoreChange::Put(stamp)])?)
}

fn prefix(session: &str) -> String {
    format!("{session}/webhooks/")
}

fn key(session: &str, id: &str) -> String {
    format!("{session}/webhooks/{id}")
}

fn stamp_key(session: &str) -> String {
    format!("{session}/stamp")
}

fn read(entry: &StoreEntry) -> Result<Webhook, Error> {
    serde_json::from_slice(&entry.value)
        .map_err(|error| Error::internal(format!("webhook {}: {error}", entry.key)))
}

/// What an instance remembers, by session.
#[derive(Default)]
pub(crate) struct Shelf {
    sessions: HashMap<String, Remembered>,
}

struct Remembered {
    stamp: Vec<u8>,
    webhooks: Rc<Vec<Webhook>>,
}

impl Shelf {
    /// All of a session, with one look into the store when nothing has changed.
    pub(crate) fn webhooks(&mut self, host: &dyn Host, session: &str) -> Result<Rc<Vec<Webhook>>, Error> {
        // First the stamp: what is read after it is at least as new.
        let Some(stamp) = host.store_get(&stamp_key(session))? else {
            return Ok(Rc::default());
        };
        if let Some(known) = self.sessions.get(session).filter(|known| known.stamp == stamp) {
            return Ok(Rc::clone(&known.webhooks));
        }
        let webhooks = Rc::new(all(host, session)?);
        if self.sessions.len() >= MAX_REMEMBERED {
            self.sessions.clear();
        }
        let remembered = Remembered {
            stamp,
            webhooks: Rc::clone(&webhooks),
        };
        self.sessions.insert(session.to_owned(), remembered);
        Ok(webhooks)
    }
}

#[cfg(test)]
mod tests {
    use wagate_plugin_api::testing::{FakeHost, SESSION_ID};

    use super::*;

    #[test]
    fn an_id_leads_to_its_session() {
        let host = FakeHost::default();
        let id = IDS.make(&host, SESSION_ID);
        assert_eq!(IDS.session_of(&id).as_deref(), Some(SESSION_ID));
        assert_ne!(id, IDS.make(&host, SESSION_ID));
        for odd in ["", "wh_", "wh_xyz", "shop", &"0".repeat(60)] {
            assert_eq!(IDS.session_of(odd), None, "{odd}");
        }
    }
}
