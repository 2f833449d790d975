//! `GET /api/messages/{sessionId}/download/{messageId}/media`

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::Messages;

/// Kinds of messages that never have a file.
const WITHOUT_FILE: [&str; 3] = ["TEXT", "LOCATION", "CONTACT"];

/// By WhatsApp's id, or by the row id that lists show.
pub(crate) fn download(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = &request.session()?.id;
    let id = request.param("messageId")?;
    let message = match host.message(session, id)? {
        Some(message) => Some(message),
        None => host.message_by_row(session, id)?,
    };
    let message = message.ok_or_else(|| Error::not_found("Message not found"))?;
    if WITHOUT_FILE.contains(&message.kind.as_str()) {
        return Err(Error::not_found("Message has no media"));
    }
    let file = host.media_of_message(session, &message.wa_id)?;
    // The host puts the file's name to it.
    Ok(Response::file_once(&file.handle).header("content-disposition", "attachment"))
}
