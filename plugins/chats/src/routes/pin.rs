//! `PUT /api/chat/{sessionId}/{jid}/pin`

use serde::Deserialize;
use wagate_plugin_api::{Error, Host, Request, Response, lenient};

use crate::{Chats, switch};

#[derive(Debug, Deserialize)]
struct Form {
    #[serde(default, deserialize_with = "lenient")]
    pin: Option<bool>,
}

pub(crate) fn pin(_plugin: &Chats, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let on = switch::wanted(request, "pin", request.json::<Form>()?.pin)?;
    host.chat_pin(&request.session()?.id, request.param("jid")?, on)?;
    Response::message(if on {
        "Chat pinned successfully"
    } else {
        "Chat unpinned successfully"
    })
}
