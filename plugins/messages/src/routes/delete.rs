//! `DELETE /api/messages/{sessionId}/{jid}/{messageId}`

use serde::Deserialize;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Messages, fields};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Query {
    /// For this account alone.
    for_me: bool,
}

pub(crate) fn delete(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let query: Query = request.query_as()?;
    let chat = fields::chat(request)?;
    let id = fields::message_id(request)?;
    let session = &request.session()?.id;
    if query.for_me {
        host.delete_message_for_me(session, &chat, id)?;
        return Response::message("Message deleted for this account");
    }
    host.delete_message(session, &chat, id)?;
    Response::message("Message deleted for everyone")
}
