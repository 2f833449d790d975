//! `PUT /api/autoreplies/{sessionId}/{replyId}`

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::form::Form;
use crate::row::AutoReply;
use crate::{Autoreply, shelf};

/// Answers with the bare row, as the contract has it. The checks come in its order: the body, then the rule.
pub(crate) fn replace(_plugin: &Autoreply, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let id = request.param("replyId")?;
    let form: Form = request.json()?;
    let mut rule = form.into_rule(id.to_owned(), 0, "Keyword and response are required")?;
    let Some(old) = shelf::get(host, &session.id, id)? else {
        return Err(Error::not_found("Rule not found"));
    };
    rule.created_at_ms = old.created_at_ms;
    let others = shelf::all(host, &session.id)?;
    shelf::put(host, &session.id, &others, &rule)?;
    Response::json(&AutoReply::of(rule, &session.id))
}
