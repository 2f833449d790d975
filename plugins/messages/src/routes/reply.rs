//! `POST /api/messages/{sessionId}/{jid}/{messageId}/reply` and `POST /api/messages/{sessionId}/{jid}/reply`

use serde::Deserialize;
use serde_json::Value;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Messages, fields};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Form {
    #[serde(default, deserialize_with = "wagate_plugin_api::lenient")]
    message_id: Option<String>,
    message: Option<Value>,
    mentions: Option<Vec<String>>,
    #[expect(
        dead_code,
        reason = "who wrote the quoted message is known: only its type matters"
    )]
    from_me: Option<bool>,
}

pub(crate) fn by_path(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let form: Form = request.json()?;
    reply(host, request, fields::message_id(request)?, &form)
}

pub(crate) fn by_body(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let form: Form = request.json()?;
    let id = form.message_id.as_deref().filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Error::bad_request("messageId is required"))?;
    fields::is_message_id(id, "messageId")?;
    reply(host, request, id, &form)
}

fn reply(host: &dyn Host, request: &Request, id: &str, form: &Form) -> Result<Response, Error> {
    let message = fields::message(form.message.as_ref())?;
    let to = fields::recipient(request)?;
    let mentions = form.mentions.as_deref().unwrap_or_default();
    let options = fields::options(Some(id.to_owned()), mentions)?;
    let sent = host.send(&request.session()?.id, &to, &message, &options)?;
    let text = fields::words(form.message.as_ref());
    Response::data("Message sent successfully", &fields::with_text(&sent, text))
}
