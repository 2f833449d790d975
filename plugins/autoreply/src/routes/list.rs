//! `GET /api/autoreplies/{sessionId}`

use wagate_plugin_api::{Error, Host, Request, Response, SessionRow};

use crate::row::AutoReplyWithSession;
use crate::{Autoreply, shelf};

pub(crate) fn list(_plugin: &Autoreply, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let rules = shelf::all(host, &session.id)?;
    let row = SessionRow::from(host.session(&session.id)?);
    let rows: Vec<_> = rules
        .into_iter()
        .rev()
        .map(|rule| AutoReplyWithSession::of(rule, &row))
        .collect();
    Response::data("Auto-replies retrieved successfully", &rows)
}
