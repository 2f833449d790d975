//! `POST /api/sessions/{id}/bot-config`

use serde_json::{Map, Value};
use wagate_plugin_api::bot::BotConfig;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Bot, presence, row};

/// The host checks each field, keeps what is not named, and seals the key. Answers in both of the contract's forms: the
/// row under `data`, and its fields beside it.
pub(crate) fn change(_plugin: &Bot, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = &request.session()?.id;
    let written: Map<String, Value> = request.json()?;
    let before = BotConfig::parse(host.document(session)?.as_deref())?;
    host.put_document(session, &Value::Object(written).to_string())?;
    row::note(host, session)?;
    let after = BotConfig::parse(host.document(session)?.as_deref())?;
    if before.always_online != after.always_online {
        presence::show_now(host, session, after.always_online);
    }
    let row = row::row(host, session)?;
    let mut fields = row.clone();
    fields.insert(
        "message".to_owned(),
        Value::from("Bot config updated successfully"),
    );
    fields.insert("data".to_owned(), Value::Object(row));
    Response::with_fields(&fields)
}
