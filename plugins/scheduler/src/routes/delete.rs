//! `DELETE /api/scheduler/{sessionId}` and `DELETE /api/scheduler/{sessionId}/{scheduleId}`

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::item::{IDS, Status};
use crate::{Scheduler, shelf, timer};

/// All of a session. In its older form, one, by its id.
pub(crate) fn all_or_one(_plugin: &Scheduler, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = &request.session()?.id;
    let named = request.param("sessionId")?;
    if IDS.session_of(named).as_ref() == Some(session) {
        remove(host, session, named)?;
        return Response::data(
            "Scheduled message deleted successfully",
            &json!({ "success": true, "count": 1 }),
        );
    }
    let items = shelf::all(host, session)?;
    // First the messages: a timer that fires meanwhile finds nothing to send.
    shelf::delete_all(host, session, items.iter().map(|item| item.id.as_str()))?;
    for item in items.iter().filter(|item| item.status == Status::Pending) {
        timer::disarm(host, &item.id)?;
    }
    Response::data(
        "Scheduled messages deleted successfully",
        &json!({ "success": true, "count": items.len() }),
    )
}

pub(crate) fn one(_plugin: &Scheduler, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    remove(host, &request.session()?.id, request.param("scheduleId")?)?;
    Response::message("Operation successful")
}

fn remove(host: &dyn Host, session: &str, id: &str) -> Result<(), Error> {
    if shelf::get(host, session, id)?.is_none() {
        return Err(Error::not_found("Message not found"));
    }
    shelf::delete(host, session, id)?;
    timer::disarm(host, id)
}
