//! `PUT /api/groups/{sessionId}/{jid}/subject`, `PUT /api/groups/{jid}/subject`

use serde::Deserialize;
use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response, lenient};

use crate::{Groups, named, refusal};

/// Longest subject, in characters.
const MAX_SUBJECT: usize = 100;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    #[serde(deserialize_with = "lenient")]
    subject: Option<String>,
}

pub(crate) fn update(_plugin: &Groups, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    set(host, request, "subject is required")
}

pub(crate) fn legacy(_plugin: &Groups, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    set(host, request, "sessionId and subject are required")
}

fn set(host: &dyn Host, request: &Request, missing: &str) -> Result<Response, Error> {
    let form: Form = request.json()?;
    let subject = checked(form.subject.as_deref(), missing)?;
    let group = named::group(request)?;
    let set = host.group_set_subject(&request.session()?.id, &group, subject);
    refusal::as_admin(set, "update group subject")?;
    Response::with_fields(&json!({ "message": "Group subject updated successfully", "subject": subject }))
}

/// The subject as it is set: 1 to 100 characters.
pub(super) fn checked<'a>(subject: Option<&'a str>, missing: &str) -> Result<&'a str, Error> {
    let subject = subject.map(str::trim).filter(|subject| !subject.is_empty());
    let subject = subject.ok_or_else(|| Error::bad_request(missing))?;
    if subject.chars().count() > MAX_SUBJECT {
        return Err(Error::bad_request(format!(
            "Subject must be {MAX_SUBJECT} characters or less"
        )));
    }
    Ok(subject)
}
