//! `GET /api/chats/{sessionId}/by-label/{labelId}` and `GET /api/chats/by-label/{labelId}`

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::row::LabelRow;
use crate::{Labels, shelf};

pub(crate) fn by_label(_plugin: &Labels, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let id = request.param("labelId")?;
    // The contract's status here, unlike elsewhere.
    if shelf::is_foreign(&session.id, id) {
        return Err(Error::bad_request("Label does not belong to this session"));
    }
    let label = shelf::get(host, &session.id, id)?;
    let chats = shelf::chats_of(host, &session.id, id)?;
    Response::with_fields(&json!({
        "label": LabelRow::of(&label, session), "count": chats.len(), "chats": chats,
    }))
}
