//! `welcomeMessage`: for who writes for the first time, and for who joins a group.

use wagate_plugin_api::bot::BotConfig;
use wagate_plugin_api::{Error, Host, OutgoingText};

use crate::incoming::Incoming;

/// Of a new chat all messages are looked at; one with more is not new.
const LOOKED_AT: u32 = 50;

/// To somebody whose first message this is. What they wrote right after it may be stored by now too.
pub(crate) fn first_message(
    host: &dyn Host,
    session: &str,
    config: &BotConfig,
    message: &Incoming,
) -> Result<(), Error> {
    let Some(welcome) = text(config).filter(|_| !message.is_group && !message.from_me) else {
        return Ok(());
    };
    let stored = host.messages(session, &message.chat, None, LOOKED_AT)?;
    let is_whole = stored.len() < usize::try_from(LOOKED_AT).unwrap_or(usize::MAX);
    let is_first = stored.first().is_none_or(|oldest| oldest.wa_id == message.wa_id);
    if !(is_whole && is_first) {
        return Ok(());
    }
    config.hold(host, session)?;
    Ok(host
        .send_text(session, &OutgoingText::new(&message.chat, welcome))
        .map(drop)?)
}

/// Into a group that these people joined.
pub(crate) fn joined(
    host: &dyn Host,
    session: &str,
    config: &BotConfig,
    group: &str,
    people: Vec<String>,
) -> Result<(), Error> {
    let Some(welcome) = text(config).filter(|_| !people.is_empty()) else {
        return Ok(());
    };
    config.hold(host, session)?;
    let welcome = OutgoingText {
        to: group.to_owned(),
        text: welcome.to_owned(),
        mentions: people,
    };
    Ok(host.send_text(session, &welcome).map(drop)?)
}

fn text(config: &BotConfig) -> Option<&str> {
    config
        .welcome_message
        .as_deref()
        .filter(|text| !text.trim().is_empty())
}
