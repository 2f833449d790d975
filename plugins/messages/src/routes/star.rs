//! `POST /api/messages/{sessionId}/{jid}/{messageId}/star`

use serde::Deserialize;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Messages, fields};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Form {
    star: Option<bool>,
    #[expect(dead_code, reason = "who wrote the message is known: only its type matters")]
    from_me: Option<bool>,
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
