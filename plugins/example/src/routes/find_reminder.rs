//! `GET /api/example/reminders/{id}`: one reminder, of whichever session. `resolve.rs` has found it, and the host has
//! checked that the caller may use it.

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Example, reminders};

pub(crate) fn find_reminder(
    _plugin: &Example,
    host: &dyn Host,
    request: &Request,
) -> Result<Response, Error> {
    let session = request.session()?;
    let found = reminders::get(host, &session.id, request.param("id")?)?;
    let reminder = found.ok_or_else(|| Error::not_found("Reminder not found"))?;
    Response::data_only(&reminder)
}
