//! `GET /api/chat/{sessionId}/{jid}`

use wagate_plugin_api::paging::{PageSize, Window};
use wagate_plugin_api::{Error, Host, MessageRow, Request, Response};

use crate::Chats;

/// 100 is what the contract promises; 500 what the host hands out at once.
const PAGE: PageSize = PageSize {
    default: 100,
    max: 500,
};

pub(crate) fn messages(_plugin: &Chats, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let limit = Window::of(request, PAGE)?.limit;
    let before = request.query("before").filter(|id| !id.is_empty());
    let messages = host.messages(&session.id, request.param("jid")?, before.as_deref(), limit)?;
    let rows: Vec<MessageRow> = messages
        .into_iter()
        .map(|message| MessageRow::of(message, &session.id))
        .collect();
    Response::data_only(&rows)
}
