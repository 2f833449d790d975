//! `POST /api/chat/{sessionId}/{jid}/presence`

use serde::Deserialize;
use wagate_plugin_api::chats::Presence;
use wagate_plugin_api::{Error, Host, Request, Response, lenient};

use crate::Chats;

const INVALID: &str =
    "Invalid presence. Must be one of: composing, recording, paused, available, unavailable";

#[derive(Debug, Deserialize)]
struct Form {
    // Some clients of the contract say `type`.
    #[serde(default, alias = "type", deserialize_with = "lenient")]
    presence: Option<String>,
}

pub(crate) fn presence(_plugin: &Chats, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let written = request.json::<Form>()?.presence.filter(|word| !word.is_empty());
    let written = written.ok_or_else(|| Error::bad_request("presence is required"))?;
    let presence = match written.as_str() {
        "composing" => Presence::Composing,
        "recording" => Presence::Recording,
        "paused" => Presence::Paused,
        "available" => Presence::Available,
        "unavailable" => Presence::Unavailable,
        _ => return Err(Error::bad_request(INVALID)),
    };
    let chat = request.param("jid")?;
    host.chat_set_presence(&request.session()?.id, chat, presence)?;
    Response::message(&format!("Presence '{written}' sent to {chat}"))
}
