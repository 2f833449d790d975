//! `PATCH /api/messages/{sessionId}/{jid}/{messageId}`

use serde::Deserialize;
use wagate_plugin_api::{Error, Host, Request, Response, lenient};

use crate::limits::MAX_TEXT;
use crate::{Messages, fields};

#[derive(Deserialize)]
struct Form {
    #[serde(default, deserialize_with = "lenient")]
    text: Option<String>,
}

pub(crate) fn edit(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let text = request.json::<Form>()?.text.filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| Error::bad_request("Text is required to edit message"))?;
    fields::at_most(&text, MAX_TEXT, "text")?;
    let chat = fields::chat(request)?;
    let id = fields::message_id(request)?;
    host.edit_message(&request.session()?.id, &chat, id, &text)?;
    Response::message("Message edited successfully")
}
