//! `POST /api/messages/{sessionId}/broadcast/{logId}/pause`, `/resume` and `/cancel`

use std::cell::Cell;

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::log::{Log, Status};
use crate::row::Row;
use crate::{Broadcast, progress, run, shelf};

/// No message leaves after this, but one that is leaving now.
pub(crate) fn pause(_plugin: &Broadcast, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let log = change(host, request, |log| {
        log.is_open()?;
        log.status = Status::Paused;
        Ok(())
    })?;
    host.timer_cancel(&run::timer_name(&request.session()?.id, &log.id))?;
    answer(host, request, log, "Broadcast paused")
}

/// Goes on at once. Also where it only seems to run: its timer is set anew.
pub(crate) fn resume(_plugin: &Broadcast, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let was_paused = Cell::new(false);
    let log = change(host, request, |log| {
        log.is_open()?;
        was_paused.set(log.status == Status::Paused);
        log.status = Status::Running;
        log.reason = None;
        Ok(())
    })?;
    let session = &request.session()?.id;
    // One that runs waits for its next message, as it should; its timer may be lost all the same.
    if was_paused.get() || host.timer(&run::timer_name(session, &log.id))?.is_none() {
        run::set_timer(host, session, &log, host.now_ms())?;
    }
    answer(host, request, log, "Broadcast resumed")
}

/// For good: who has not got it does not get it.
pub(crate) fn cancel(_plugin: &Broadcast, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let now_ms = host.now_ms();
    let log = change(host, request, |log| {
        log.is_open()?;
        log.end(Status::Cancelled, now_ms);
        Ok(())
    })?;
    host.timer_cancel(&run::timer_name(&request.session()?.id, &log.id))?;
    answer(host, request, log, "Broadcast cancelled")
}

fn change(
    host: &dyn Host,
    request: &Request,
    make: impl Fn(&mut Log) -> Result<(), Error>,
) -> Result<Log, Error> {
    shelf::change(host, &request.session()?.id, request.param("logId")?, make)
}

fn answer(host: &dyn Host, request: &Request, log: Log, message: &str) -> Result<Response, Error> {
    let session = request.session()?;
    progress::state(host, &session.id, &log);
    let text = shelf::text(host, &session.id, &log.id)?;
    Response::data(message, &Row::of(log, text, session))
}
