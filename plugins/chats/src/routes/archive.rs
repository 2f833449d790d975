//! `PUT` and `POST /api/chat/{sessionId}/{jid}/archive`

use serde::Deserialize;
use wagate_plugin_api::{Error, Host, Request, Response, lenient};

use crate::{Chats, switch};

#[derive(Debug, Deserialize)]
struct Form {
    #[serde(default, deserialize_with = "lenient")]
    archive: Option<bool>,
}

pub(crate) fn archive(_plugin: &Chats, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let on = switch::wanted(request, "archive", request.json::<Form>()?.archive)?;
    host.chat_archive(&request.session()?.id, request.param("jid")?, on)?;
    Response::message(if on { "Chat archived" } else { "Chat unarchived" })
}
