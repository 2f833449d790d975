//! `POST /api/messages/{sessionId}/{jid}/{messageId}/star`

use serde::Deserialize;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Messages, fields};

/// `fromMe` is not read: who wrote the message is known.
#[derive(Deserialize)]
struct Form {
    star: Option<bool>,
}

pub(crate) fn star(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let on = request.json::<Form>()?.star.unwrap_or(true);
    let chat = fields::chat(request)?;
    let id = fields::message_id(request)?;
    host.star_message(&request.session()?.id, &chat, id, on)?;
    Response::message(if on {
        "Message starred"
    } else {
        "Message unstarred"
    })
}
