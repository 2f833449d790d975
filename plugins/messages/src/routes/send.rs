//! `POST /api/messages/{sessionId}/{jid}/send`

use serde::Deserialize;
use serde_json::Value;
use wagate_plugin_api::{Error, Host, Request, Response, content};

use crate::{Messages, fields};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Form {
    message: Option<Value>,
    mentions: Option<Vec<String>>,
    quoted_message_id: Option<String>,
}

pub(crate) fn send(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let form: Form = request.json()?;
    let message = fields::message(form.message.as_ref())?;
    let to = fields::recipient(request)?;
    let quote = form.quoted_message_id.filter(|id| !id.is_empty());
    if let Some(id) = &quote {
        fields::is_message_id(id, "quotedMessageId")?;
    }
    let options = fields::options(quote, &form.mentions.unwrap_or_default())?;
    let sent = host.send(&request.session()?.id, &to, &message, &options)?;
    Response::data("Message sent successfully", &content::sent_json(&sent))
}
