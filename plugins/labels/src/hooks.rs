//! What was done on the phone, with `sync_whatsapp`.

use serde::Deserialize;
use wagate_plugin_api::{Error, Event, Host};

use crate::form::MAX_COLOR;
use crate::{Labels, shelf, sync};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Updated {
    id: String,
    name: String,
    color: u32,
    deleted: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Assigned {
    id: String,
    chat: String,
    key_id: Option<String>,
    #[serde(rename = "assigned")]
    is_on: bool,
}

pub(crate) fn updated(plugin: &Labels, host: &dyn Host, event: &Event) -> Result<(), Error> {
    if !plugin.sync.is_on() {
        return Ok(());
    }
    let session = &event.session.id;
    let theirs: Updated = event.data()?;
    let Some(own) = sync::by_wa_id(host, session, &theirs.id)? else {
        if !theirs.deleted && !theirs.name.is_empty() {
            sync::adopt(host, session, &theirs.id, &theirs.name, theirs.color)?;
        }
        return Ok(());
    };
    if theirs.deleted {
        return shelf::delete(host, session, &own);
    }
    let mut after = own.clone();
    after.color = theirs.color.min(MAX_COLOR);
    if !theirs.name.is_empty() {
        after.name = theirs.name;
    }
    if after == own {
        return Ok(());
    }
    after.updated_at_ms = event.timestamp_ms;
    match shelf::change(host, session, &own, &after) {
        // Another label has the name here: this one keeps its own.
        Err(error) if error.status() == 409 => {
            after.name.clone_from(&own.name);
            shelf::change(host, session, &own, &after)
        }
        done => done,
    }
}

pub(crate) fn assigned(plugin: &Labels, host: &dyn Host, event: &Event) -> Result<(), Error> {
    if !plugin.sync.is_on() {
        return Ok(());
    }
    let session = &event.session.id;
    let theirs: Assigned = event.data()?;
    // Labels here are on chats, not on messages.
    if theirs.key_id.is_some() || theirs.chat.is_empty() {
        return Ok(());
    }
    let Some(label) = sync::by_wa_id(host, session, &theirs.id)? else {
        return Ok(());
    };
    if theirs.is_on {
        shelf::assign(host, session, &theirs.chat, &[&label], &[])
    } else {
        shelf::assign(host, session, &theirs.chat, &[], &[label.id])
    }
}
