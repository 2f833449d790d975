//! How the bot answers: quoting the command.

use wagate_plugin_api::messages::{Content, SendOptions};
use wagate_plugin_api::{Error, Host, content};

use crate::incoming::Incoming;

pub(crate) fn text(host: &dyn Host, session: &str, to: &Incoming, text: &str) -> Result<(), Error> {
    send(host, session, to, &Content::Text(text.to_owned()))
}

pub(crate) fn send(host: &dyn Host, session: &str, to: &Incoming, answer: &Content) -> Result<(), Error> {
    let options = content::options(Some(to.wa_id.clone()), Vec::new());
    Ok(host.send(session, &to.chat, answer, &options).map(drop)?)
}

/// An emoji on the command.
pub(crate) fn react(host: &dyn Host, session: &str, to: &Incoming, emoji: &str) -> Result<(), Error> {
    let reaction = Content::Reaction((to.wa_id.clone(), emoji.to_owned()));
    let options: SendOptions = content::options(None, Vec::new());
    Ok(host.send(session, &to.chat, &reaction, &options).map(drop)?)
}
