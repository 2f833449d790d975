//! `GET /api/labels/{sessionId}/chat/{jid}/labels`

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response, SessionRef};

use crate::row::LabelRow;
use crate::{Labels, shelf};

pub(crate) fn chat_labels(_plugin: &Labels, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let chat = host.chat_address(&session.id, request.param("jid")?)?;
    let rows = rows_of(host, session, &chat)?;
    Response::with_fields(&json!({
        "message": "Chat labels retrieved successfully", "data": { "labels": rows }, "labels": rows,
    }))
}

/// The labels of a chat, newest first.
pub(crate) fn rows_of(host: &dyn Host, session: &SessionRef, chat: &str) -> Result<Vec<LabelRow>, Error> {
    let ids = shelf::labels_of(host, &session.id, chat)?;
    let labels = shelf::all(host, &session.id)?;
    let of_chat = labels.iter().filter(|label| ids.contains(&label.id));
    Ok(of_chat.map(|label| LabelRow::of(label, session)).collect())
}
