//! One function an event kind.

use serde::Deserialize;
use wagate_plugin_api::bot::BotConfig;
use wagate_plugin_api::{Error, Event, Host, HostError};

use crate::incoming::Incoming;
use crate::{Bot, command, presence, uptime, welcome};

/// A group can be filled at once; so many are named.
const MAX_WELCOMED: usize = 50;

pub(crate) fn message(_plugin: &Bot, host: &dyn Host, event: &Event) -> Result<(), Error> {
    let session = &event.session.id;
    let Some(message) = Incoming::of(event)? else {
        return Ok(());
    };
    let config = config(host, session)?;
    if config.auto_read && !message.from_me {
        match host.chat_mark_read(session, &message.chat, std::slice::from_ref(&message.wa_id)) {
            // The session's own settings have the last word, and a message may be gone again.
            Ok(()) | Err(HostError::Conflict(_) | HostError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    welcome::first_message(host, session, &config, &message)?;
    command::answer(host, event, &config, &message)
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Change {
    jid: String,
    action: String,
    participants: Vec<String>,
    participants_alt: Vec<Option<String>>,
}

pub(crate) fn participant(plugin: &Bot, host: &dyn Host, event: &Event) -> Result<(), Error> {
    let session = &event.session.id;
    let change: Change = event.data()?;
    if !plugin.welcome_in_groups || change.action != "add" {
        return Ok(());
    }
    let own = host.session(session)?;
    let is_own = |jid: &String| own.pn.as_ref() == Some(jid) || own.lid.as_ref() == Some(jid);
    let alternatives = change.participants_alt.iter().flatten();
    // The account itself was added: it welcomes nobody to where it is new.
    if change.participants.iter().chain(alternatives).any(is_own) {
        return Ok(());
    }
    let people = change.participants.into_iter().take(MAX_WELCOMED).collect();
    welcome::joined(host, session, &config(host, session)?, &change.jid, people)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Connection {
    status: String,
}

pub(crate) fn connection(_plugin: &Bot, host: &dyn Host, event: &Event) -> Result<(), Error> {
    let session = &event.session.id;
    let is_connected = event.data::<Connection>()?.status == "CONNECTED";
    uptime::note(host, session, is_connected, event.timestamp_ms)?;
    if is_connected && config(host, session)?.always_online {
        presence::show(host, session, true)?;
    }
    Ok(())
}

fn config(host: &dyn Host, session: &str) -> Result<BotConfig, Error> {
    BotConfig::parse(host.document(session)?.as_deref())
}
