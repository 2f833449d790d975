//! `POST /api/scheduler/{sessionId}`, and `POST /api/scheduler` with the session in the body

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::form::Form;
use crate::item::{IDS, Status};
use crate::row::ScheduledMessage;
use crate::{Scheduler, shelf, timer};

const REQUIRED: &str = "Missing required fields";

pub(crate) fn create(plugin: &Scheduler, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let row = schedule(plugin, host, request)?;
    Response::data("Message scheduled successfully", &row)
}

/// Answers with the bare row, as the contract has it.
pub(crate) fn legacy(plugin: &Scheduler, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    Response::json(&schedule(plugin, host, request)?)
}

fn schedule(plugin: &Scheduler, host: &dyn Host, request: &Request) -> Result<ScheduledMessage, Error> {
    let session = request.session()?;
    let form: Form = request.json()?;
    let (item, first_ms) = form.create(host, IDS.make(host, &session.id), REQUIRED)?;
    let max = plugin.settings.max_pending();
    let items = shelf::all(host, &session.id)?;
    if items.iter().filter(|item| item.status == Status::Pending).count() >= max {
        return Err(Error::conflict(format!(
            "A session can have at most {max} messages that wait (max_pending)"
        )));
    }
    // First the message: a timer that fires at once finds it.
    let kept = shelf::add(host, &session.id, item)?;
    let next_ms = match timer::arm(host, &session.id, &kept.item, first_ms) {
        Ok(next_ms) => next_ms,
        Err(error) => {
            shelf::delete(host, &session.id, &kept.item.id)?;
            timer::disarm(host, &kept.item.id)?;
            return Err(error);
        }
    };
    let mut item = kept.item.clone();
    if item.send_at_ms != next_ms && item.cron.is_some() {
        item.send_at_ms = next_ms;
        // Not when it has fired already: then it knows its next time.
        shelf::replace(host, &session.id, &kept, item.clone())?;
    }
    Ok(ScheduledMessage::of(item, &session.id))
}
