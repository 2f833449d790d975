//! `POST /api/messages/{sessionId}/{jid}/{messageId}/react`

use serde::Deserialize;
use wagate_plugin_api::messages::Content;
use wagate_plugin_api::{Error, Host, Request, Response, content, lenient};

use crate::limits::MAX_EMOJI;
use crate::{Messages, fields};

#[derive(Deserialize)]
struct Form {
    #[serde(default, deserialize_with = "lenient")]
    emoji: Option<String>,
}

pub(crate) fn react(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let form: Form = request.json()?;
    let emoji = form
        .emoji
        .ok_or_else(|| Error::bad_request("emoji is required"))?;
    if emoji.len() > MAX_EMOJI {
        return Err(Error::bad_request(format!("emoji: at most {MAX_EMOJI} bytes")));
    }
    let message = if emoji.is_empty() {
        "Reaction removed"
    } else {
        "Reaction sent"
    };
    let chat = fields::chat(request)?;
    let reaction = Content::Reaction((fields::message_id(request)?.to_owned(), emoji));
    let sent = host.send(&request.session()?.id, &chat, &reaction, &fields::plain())?;
    Response::data(message, &content::sent_json(&sent))
}
