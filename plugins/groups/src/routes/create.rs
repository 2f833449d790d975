//! `POST /api/groups/{sessionId}/create`

use serde::Deserialize;
use serde_json::{Value, json};
use wagate_plugin_api::{Error, Host, Request, Response, lenient};

use super::subject;
use crate::{Groups, metadata, named, refusal};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    #[serde(deserialize_with = "lenient")]
    subject: Option<String>,
    #[serde(deserialize_with = "lenient")]
    participants: Option<Vec<Value>>,
}

/// `{data:{group}}` and `{group}`.
pub(crate) fn create(_plugin: &Groups, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let form: Form = request.json()?;
    let subject = subject::checked(form.subject.as_deref(), "subject is required")?;
    let people = match form.participants.as_deref() {
        None => return Err(Error::bad_request("participants (array) is required")),
        Some([]) => return Err(Error::bad_request("participants: at least 1 person")),
        Some(written) => named::people(written, is_jid)?,
    };
    let made = host.group_create(&request.session()?.id, subject, &people);
    let group = metadata::of(&refusal::as_admin(made, "create group")?);
    Response::with_fields(&json!({
        "message": "Operation successful",
        "data": { "group": group },
        "group": group,
    }))
}

/// What the contract asks for; LIDs are people's other addresses.
fn is_jid(person: &str) -> Result<(), &'static str> {
    let is = ["@s.whatsapp.net", "@c.us", "@lid"]
        .iter()
        .any(|end| person.trim().ends_with(end));
    if is {
        Ok(())
    } else {
        Err("must end in @s.whatsapp.net or @lid")
    }
}
