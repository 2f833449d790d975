//! `POST /api/messages/{sessionId}/broadcast`

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::json;
use wagate_plugin_api::{Error, Host, HostError, Request, Response, jid};

use crate::log::{Log, Status};
use crate::pace::{MAX_DELAY_MS, Pause};
use crate::{Broadcast, progress, run, shelf};

/// Longest text, in characters.
const MAX_TEXT: usize = 65_536;

#[derive(Deserialize)]
struct Form {
    recipients: Option<Vec<String>>,
    message: Option<String>,
    delay: Option<f64>,
}

/// A request that is in order.
struct Wanted {
    recipients: Vec<String>,
    message: String,
    pause: Pause,
}

pub(crate) fn create(plugin: &Broadcast, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let wanted = request.json::<Form>()?.wanted(plugin)?;
    let session = &request.session()?.id;
    if host.session(session)?.status != "CONNECTED" {
        return Err(HostError::unavailable("Session not ready").into());
    }
    make_room(plugin, host, session)?;
    let now_ms = host.now_ms();
    let mut log = Log {
        id: host.unique_id(),
        total: u32::try_from(wanted.recipients.len()).unwrap_or(u32::MAX),
        sent: 0,
        failed: 0,
        status: Status::Running,
        pause: wanted.pause,
        started_at_ms: now_ms,
        completed_at_ms: None,
        reason: None,
        round: 0,
    };
    if log.total == 0 {
        log.end(Status::Completed, now_ms);
    }
    shelf::create(host, session, &log, &wanted.message, &wanted.recipients)?;
    if log.status == Status::Running {
        // The first one at once. What cannot start is not left behind as if it ran.
        run::set_timer(host, session, &log, now_ms)
            .or_else(|error| shelf::remove(host, session, &log).and(Err(error)))?;
    }
    progress::state(host, session, &log);
    Response::data(
        "Broadcast started",
        &json!({ "broadcastId": log.id, "total": log.total }),
    )
}

/// Forgets the oldest that are over; a 409 when too many are not.
fn make_room(plugin: &Broadcast, host: &dyn Host, session: &str) -> Result<(), Error> {
    let all = shelf::all(host, session)?;
    let open = all.iter().filter(|log| !log.status.is_over()).count();
    let most = plugin.settings.max_open() as usize;
    if open >= most {
        return Err(Error::conflict(format!(
            "{open} broadcasts of this session are running or paused, and {most} can be"
        )));
    }
    let surplus = (all.len() + 1).saturating_sub(plugin.settings.keep() as usize);
    for log in all.iter().filter(|log| log.status.is_over()).take(surplus) {
        shelf::remove(host, session, log)?;
    }
    Ok(())
}

impl Form {
    fn wanted(self, plugin: &Broadcast) -> Result<Wanted, Error> {
        let written = self
            .recipients
            .ok_or_else(|| Error::bad_request("recipients is required"))?;
        let message = self
            .message
            .filter(|message| !message.is_empty())
            .ok_or_else(|| Error::bad_request("message is required"))?;
        if message.chars().count() > MAX_TEXT {
            return Err(Error::bad_request(format!(
                "message: at most {MAX_TEXT} characters"
            )));
        }
        let most = plugin.settings.max_recipients();
        if written.len() > most as usize {
            return Err(Error::bad_request(format!("recipients: at most {most}")));
        }
        let mut recipients = Vec::with_capacity(written.len());
        let mut seen = HashSet::with_capacity(written.len());
        for (n, text) in written.iter().enumerate() {
            let jid = jid::recipient(text, &format!("recipients[{n}]"))?;
            // Nobody gets it twice.
            if seen.insert(jid.clone()) {
                recipients.push(jid);
            }
        }
        Ok(Wanted {
            recipients,
            message,
            pause: pause(plugin, self.delay)?,
        })
    }
}

/// None, and 0 as clients' examples have it: the administrator's.
fn pause(plugin: &Broadcast, delay: Option<f64>) -> Result<Pause, Error> {
    let Some(delay) = delay.filter(|delay| *delay != 0.0) else {
        return Ok(plugin.settings.pause());
    };
    let most = std::time::Duration::from_millis(MAX_DELAY_MS);
    let read = std::time::Duration::try_from_secs_f64(delay / 1000.0);
    match read {
        Ok(pause) if pause <= most => Ok(Pause::of_delay(
            u64::try_from(pause.as_millis()).unwrap_or(MAX_DELAY_MS),
        )),
        _ => Err(Error::bad_request(format!(
            "delay: must be a number of milliseconds from 0 to {MAX_DELAY_MS}"
        ))),
    }
}
