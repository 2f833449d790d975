//! `GET /api/messages/{sessionId}/broadcast/history` and `.../history/{logId}`

use serde_json::json;
use wagate_plugin_api::paging::{PageSize, Window};
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::row::Row;
use crate::{Broadcast, recipients, shelf};

const SIZE: PageSize = PageSize {
    default: 20,
    max: 100,
};

/// The newest first.
pub(crate) fn list(_plugin: &Broadcast, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let window = Window::of(request, SIZE)?;
    let session = request.session()?;
    let all = shelf::all(host, &session.id)?;
    let total = all.len();
    let mut rows = Vec::new();
    for log in window.cut(all.into_iter().rev()) {
        let message = shelf::text(host, &session.id, &log.id)?;
        rows.push(Row::of(log, message, session));
    }
    Response::with_fields(&json!({
        "message": "Broadcast history retrieved successfully", "data": rows,
        "total": total, "limit": window.limit, "offset": window.offset,
    }))
}

/// With each recipient.
pub(crate) fn one(_plugin: &Broadcast, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let log = shelf::get(host, &session.id, request.param("logId")?)?;
    let recipients = recipients::all(host, &session.id, &log)?;
    let message = shelf::text(host, &session.id, &log.id)?;
    let row = Row::of(log, message, session).with(recipients);
    Response::data("Broadcast retrieved successfully", &row)
}
