//! Each name once a session, whatever its case: a key a name, taken before the label is written.

use wagate_plugin_api::{Error, Host, StoreChange, StoreEntry};

use crate::shelf;

pub(crate) const TAKEN: &str = "A label with this name already exists";

/// Takes a name for a label. One whose label is gone (its maker was interrupted) is free.
pub(crate) fn take(host: &dyn Host, session: &str, name: &str, id: &str) -> Result<(), Error> {
    let key = key(session, name);
    let held = host.store_get(&key)?;
    if let Some(holder) = &held {
        let holder = String::from_utf8_lossy(holder);
        if holder == id {
            return Ok(());
        }
        let known = shelf::find(host, session, &holder)?;
        if known.is_some_and(|label| same(&label.name, name)) {
            return Err(Error::conflict(TAKEN));
        }
    }
    if host.store_compare_and_put(&key, held.as_deref(), id.as_bytes())? {
        Ok(())
    } else {
        Err(Error::conflict(TAKEN))
    }
}

pub(crate) fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

pub(crate) fn given_up(session: &str, name: &str) -> StoreChange {
    StoreChange::Delete(key(session, name))
}

/// Of a label that is written back under its name.
pub(crate) fn taken(session: &str, name: &str, id: &str) -> StoreChange {
    StoreChange::Put(StoreEntry {
        key: key(session, name),
        value: id.as_bytes().to_owned(),
    })
}

fn key(session: &str, name: &str) -> String {
    format!("{session}/names/{}", name.to_lowercase())
}
