//! `DELETE /api/example/{sessionId}/reminders/{id}`: takes a reminder back.

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::timers::reminder_timer;
use crate::{Example, reminders};

pub(crate) fn forget_reminder(
    _plugin: &Example,
    host: &dyn Host,
    request: &Request,
) -> Result<Response, Error> {
    let session = request.session()?;
    let id = request.param("id")?;
    if reminders::get(host, &session.id, id)?.is_none() {
        return Err(Error::not_found("Reminder not found"));
    }
    host.timer_cancel(&reminder_timer(id))?;
    reminders::delete(host, &session.id, id)?;
    Response::message("Reminder taken back")
}
