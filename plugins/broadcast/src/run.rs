//! One message after the other, by a timer.
//!
//! The record in the store says whose turn it is. A timer that is brought a second time, a restart or a pause in the
//! middle of a send: none makes a message leave twice, because its id follows from the broadcast and the recipient.

use serde::{Deserialize, Serialize};
use wagate_plugin_api::messages::{Content, SendOptions};
use wagate_plugin_api::timers::Schedule;
use wagate_plugin_api::{Error, Fire, Host, HostError, Level};

use crate::log::{Log, Status};
use crate::recipients::Piece;
use crate::{pace, progress, recipients, shelf};

const TIMER: &str = "broadcast/";
/// A recipient whose message cannot be sent for so long, although the session is connected, has failed.
const PATIENCE_MS: u64 = 10 * 60 * 1000;
/// Refusals that are about the account: the next recipient would get the same, and asking on makes it worse.
const ABOUT_ACCOUNT: [&str; 4] = ["reach_out_timelock", "too_many_messages", "logged_out", "denied"];

/// What the timer carries.
#[derive(Serialize, Deserialize)]
struct Next {
    id: String,
    /// Whose turn it is.
    n: u32,
}

/// What became of a send.
enum Outcome {
    Sent,
    Failed(String),
    /// The broadcast pauses.
    Stop(String),
}

/// Sets the timer for the next message.
pub(crate) fn set_timer(host: &dyn Host, session: &str, log: &Log, at_ms: i64) -> Result<(), Error> {
    let next = Next {
        id: log.id.clone(),
        n: log.done(),
    };
    let payload = serde_json::to_string(&next).map_err(|error| Error::internal(error.to_string()))?;
    host.timer_set(
        &timer_name(session, &log.id),
        Some(session),
        &Schedule::At(at_ms),
        &payload,
    )?;
    Ok(())
}

/// The name of a broadcast's timer.
pub(crate) fn timer_name(session: &str, id: &str) -> String {
    format!("{TIMER}{session}/{id}")
}

/// The next message is due.
pub(crate) fn on_timer(host: &dyn Host, fire: &Fire) -> Result<(), Error> {
    let session = fire.session.as_ref().filter(|_| fire.name.starts_with(TIMER));
    let (Some(session), Ok(next)) = (session, serde_json::from_str::<Next>(&fire.payload)) else {
        // Of another version of this plugin. An error would only bring it again.
        host.log(Level::Info, &format!("nothing to do for the timer {}", fire.name));
        return Ok(());
    };
    let session = &session.id;
    let Some(mut log) = shelf::find(host, session, &next.id)? else {
        return Ok(());
    };
    if log.status == Status::Running && log.done() == next.n {
        log = step(host, session, &log, fire)?;
    }
    if log.status == Status::Running {
        set_timer(host, session, &log, log.pause.next_ms(host))?;
    }
    Ok(())
}

/// Sends to the one whose turn it is, and notes what became of it.
fn step(host: &dyn Host, session: &str, log: &Log, fire: &Fire) -> Result<Log, Error> {
    let n = log.done();
    let mut piece = Piece::with(host, session, &log.id, n)?;
    let recipient = piece.get(n)?;
    let text = shelf::text(host, session, &log.id)?;
    let now_ms = host.now_ms();
    let is_sent = match send(host, session, log, &recipient.jid, text, fire)? {
        Outcome::Sent => {
            recipient.sent_at_ms = Some(now_ms);
            true
        }
        Outcome::Failed(why) => {
            recipient.error = Some(recipients::reason(&why));
            false
        }
        Outcome::Stop(why) => return stop(host, session, log, &why),
    };
    let jid = recipient.jid.clone();
    piece.put(host)?;
    let log = shelf::change(host, session, &log.id, |log| {
        // Only once, whoever brings it.
        if log.done() == n {
            log.note(is_sent, now_ms);
        }
        Ok(())
    })?;
    progress::step(host, session, &log, &jid);
    if log.status == Status::Completed {
        progress::end(host, session, &log);
    }
    Ok(log)
}

fn send(
    host: &dyn Host,
    session: &str,
    log: &Log,
    jid: &str,
    text: String,
    fire: &Fire,
) -> Result<Outcome, Error> {
    let id = pace::message_id(&log.id, log.done(), log.round);
    let options = SendOptions {
        quote: None,
        mentions: Vec::new(),
        view_once: false,
        ext: vec![("messageId".to_owned(), id)],
    };
    let Err(error) = host.send(session, jid, &Content::Text(text), &options) else {
        return Ok(Outcome::Sent);
    };
    if ABOUT_ACCOUNT.contains(&error.code()) {
        return Ok(Outcome::Stop(words(&error)));
    }
    if error.is_temporary() && (fire.late_ms <= PATIENCE_MS || host.session(session)?.status != "CONNECTED") {
        // The host comes again with the same occurrence: a lost connection is waited for.
        return Err(error.into());
    }
    Ok(Outcome::Failed(words(&error)))
}

fn stop(host: &dyn Host, session: &str, log: &Log, why: &str) -> Result<Log, Error> {
    let log = shelf::change(host, session, &log.id, |log| {
        if log.status == Status::Running {
            log.status = Status::Paused;
            log.reason = Some(recipients::reason(why));
            log.round += 1;
        }
        Ok(())
    })?;
    let (done, total) = (log.done(), log.total);
    host.log(
        Level::Warn,
        &format!("broadcast {} pauses after {done} of {total}", log.id),
    );
    progress::state(host, session, &log);
    Ok(log)
}

/// For people, without the case's name.
fn words(error: &HostError) -> String {
    match error {
        HostError::Denied(text)
        | HostError::NotFound(text)
        | HostError::Invalid(text)
        | HostError::Conflict(text)
        | HostError::Timeout(text) => text.clone(),
        HostError::Unavailable { message, .. } => message.clone(),
        HostError::RateLimited { .. } => "too many messages".to_owned(),
        HostError::Internal(_) => "Internal Server Error".to_owned(),
    }
}
