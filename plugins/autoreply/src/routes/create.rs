//! `POST /api/autoreplies/{sessionId}`

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::form::Form;
use crate::row::AutoReply;
use crate::rules::MAX_RULES;
use crate::{Autoreply, shelf};

pub(crate) fn create(_plugin: &Autoreply, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let form: Form = request.json()?;
    let id = shelf::IDS.make(host, &session.id);
    let rule = form.into_rule(id, host.now_ms(), "Missing required fields")?;
    let others = shelf::all(host, &session.id)?;
    if others.len() >= MAX_RULES as usize {
        return Err(Error::conflict(format!(
            "A session can have at most {MAX_RULES} rules"
        )));
    }
    shelf::put(host, &session.id, &others, &rule)?;
    Response::data(
        "Auto-reply created successfully",
        &AutoReply::of(rule, &session.id),
    )
}
