//! `PUT /api/chat/{sessionId}/{jid}/read`

use serde::Deserialize;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::Chats;

/// What the host takes in one call.
const MAX_MESSAGES: usize = 1000;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Form {
    message_ids: Option<Vec<String>>,
}

pub(crate) fn read(_plugin: &Chats, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let ids = request.json::<Form>()?.message_ids;
    match &ids {
        // An empty list would mean all of them.
        Some(ids) if ids.is_empty() || ids.len() > MAX_MESSAGES => {
            return Err(Error::bad_request(format!(
                "messageIds: 1 to {MAX_MESSAGES}; leave it out to mark the whole chat"
            )));
        }
        Some(ids) if ids.iter().any(String::is_empty) => {
            return Err(Error::bad_request("messageIds: must not be empty texts"));
        }
        _ => {}
    }
    host.chat_mark_read(
        &request.session()?.id,
        request.param("jid")?,
        &ids.unwrap_or_default(),
    )?;
    Response::message("Messages marked as read")
}
