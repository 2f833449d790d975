//! What happens to a message.

use wagate_plugin_api::bot::{BotConfig, Mode, Sender};
use wagate_plugin_api::messages::{Content, Sent};
use wagate_plugin_api::{Error, Event, Host, HostError, IncomingMessage, Level, content};

use crate::rules::Rule;
use crate::{Autoreply, media, own};

/// Answers with the first rule that matches. A repeated event finds the same send already made: the host sees to it.
pub(crate) fn message(plugin: &Autoreply, host: &dyn Host, event: &Event) -> Result<(), Error> {
    let session = &event.session.id;
    let rules = plugin.shelf.borrow_mut().rules(host, session)?;
    // Most sessions have none: their messages are not even read.
    if rules.is_empty() && plugin.common.is_empty() {
        return Ok(());
    }
    let message: IncomingMessage = event.data()?;
    let chat = message.chat();
    let Some(text) = answerable(&message, chat) else {
        return Ok(());
    };
    let in_group = message.is_group || chat.ends_with("@g.us");
    let Some(rule) = rules
        .first(text, in_group)
        .or_else(|| plugin.common.first(text, in_group))
    else {
        return Ok(());
    };
    let config = config(host, session)?;
    let sender = Sender::of(&event.data()?);
    if !config.enabled || !config.is_answered(&sender) {
        return Ok(());
    }
    if sender.from_me && own::is_one(host, session, &message.key.id)? {
        return Ok(());
    }
    config.hold(host, session)?;
    let sent = answer(host, session, chat, &message.key.id, rule)?;
    // Its own event comes after this one, and would be looked at.
    match sent {
        Some(sent) if config.auto_reply_mode == Mode::Owner => own::note(host, session, &sent.id),
        _ => Ok(()),
    }
}

/// The text to compare, if this message may be answered at all: an answer to a status post or a newsletter would be read
/// by everyone.
fn answerable<'a>(message: &'a IncomingMessage, chat: &str) -> Option<&'a str> {
    let public = ["@broadcast", "@newsletter"]
        .iter()
        .any(|server| chat.ends_with(server));
    if public || message.kind != "TEXT" {
        return None;
    }
    message.content.as_deref().filter(|text| !text.is_empty())
}

/// The bot's settings; their defaults where the administrator does not let this plugin read them.
fn config(host: &dyn Host, session: &str) -> Result<BotConfig, Error> {
    match BotConfig::of(host, session) {
        Err(Error::Host(HostError::Denied(_))) => Ok(BotConfig::default()),
        other => other,
    }
}

/// Sends the file with its caption, or the text where there is none, or where it cannot be had.
fn answer(
    host: &dyn Host,
    session: &str,
    chat: &str,
    quote: &str,
    rule: &Rule,
) -> Result<Option<Sent>, Error> {
    let send = |answer: &Content| {
        let options = content::options(Some(quote.to_owned()), Vec::new());
        host.send(session, chat, answer, &options)
    };
    if let Some(url) = rule.media_url.as_deref().filter(|_| rule.is_media) {
        match media::content(host, url, rule.media_type, rule.response.as_deref()) {
            Ok((handle, medium)) => {
                let done = send(&medium);
                // It lives for a day at most.
                let _ = host.media_drop(&handle);
                match done {
                    // The host does not take it as what it was to be.
                    Err(HostError::Invalid(problem)) => told(host, &problem),
                    done => return Ok(done.map(Some)?),
                }
            }
            Err(Error::Host(error @ HostError::RateLimited { .. })) => return Err(error.into()),
            Err(problem) => told(host, &problem.to_string()),
        }
    }
    match &rule.response {
        Some(text) => Ok(Some(send(&Content::Text(text.clone()))?)),
        None => Ok(None),
    }
}

fn told(host: &dyn Host, problem: &str) {
    host.log(Level::Warn, &format!("the file of a rule is not sent: {problem}"));
}

#[cfg(test)]
mod tests;
