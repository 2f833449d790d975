//! The same message again and again: one chat at a time, by a timer, until it is done or stopped.
//!
//! The record in the store says how far it is, the timer's payload which message is next. A timer that is brought a
//! second time sends nothing twice (the host ties a send to the occurrence) and goes on from where the record stands.

use serde::{Deserialize, Serialize};
use wagate_plugin_api::timers::Schedule;
use wagate_plugin_api::{Error, Fire, Host, HostError, Level, OutgoingText};

const TIMER: &str = "spam/";
/// After so long without a connection it is over: nobody expects the rest.
const MAX_LATE_MS: u64 = 15 * 60 * 1000;

/// Messages to one chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) chat: String,
    pub(crate) message: String,
    pub(crate) total: u32,
    pub(crate) sent: u32,
    pub(crate) delay_ms: u64,
}

/// What the timer carries.
#[derive(Serialize, Deserialize)]
struct Next {
    job: String,
    chat: String,
    /// How many were sent before.
    n: u32,
}

/// Begins at once; a 409 while another one to this chat is under way.
pub(crate) fn start(host: &dyn Host, session: &str, job: &Job) -> Result<(), Error> {
    let key = key(session, &job.chat);
    let before = host.store_get(&key)?;
    if before.is_some() && host.timer(&timer_name(session, &job.chat))?.is_some() {
        return Err(under_way());
    }
    // One without a timer was cut off in the middle of its start.
    if !host.store_compare_and_put(&key, before.as_deref(), &written(job)?)? {
        return Err(under_way());
    }
    set_timer(host, session, job, host.now_ms())
}

/// No message leaves after this, but one that is leaving now.
pub(crate) fn stop(host: &dyn Host, session: &str, chat: &str) -> Result<Job, Error> {
    let stored = host.store_get(&key(session, chat))?;
    let stored = stored.ok_or_else(|| Error::not_found("No repeated message is under way in this chat"))?;
    let job = read(&stored)?;
    host.store_delete(&key(session, chat))?;
    host.timer_cancel(&timer_name(session, chat))?;
    Ok(job)
}

/// The next message is due.
pub(crate) fn on_timer(host: &dyn Host, fire: &Fire) -> Result<(), Error> {
    let session = fire.session.as_ref().filter(|_| fire.name.starts_with(TIMER));
    let (Some(session), Ok(next)) = (session, serde_json::from_str::<Next>(&fire.payload)) else {
        // Of another version of this plugin. An error would only bring it again.
        host.log(Level::Info, &format!("nothing to do for the timer {}", fire.name));
        return Ok(());
    };
    let key = key(&session.id, &next.chat);
    let Some(stored) = host.store_get(&key)? else {
        return Ok(());
    };
    let mut job = read(&stored)?;
    if job.id != next.job {
        return Ok(());
    }
    if job.sent == next.n {
        let text = OutgoingText::new(&job.chat, &job.message);
        match host.send_text(&session.id, &text) {
            Ok(_) => {}
            Err(error) if error.is_temporary() && fire.late_ms <= MAX_LATE_MS => return Err(error.into()),
            Err(error) => return give_up(host, &key, &job, &error),
        }
        job.sent += 1;
        // Not there any more: it was stopped meanwhile.
        if !host.store_compare_and_put(&key, Some(&stored), &written(&job)?)? {
            return Ok(());
        }
    }
    if job.sent >= job.total {
        return Ok(host.store_delete(&key)?);
    }
    let delay = i64::try_from(job.delay_ms).unwrap_or(i64::MAX);
    set_timer(host, &session.id, &job, host.now_ms().saturating_add(delay))
}

fn give_up(host: &dyn Host, key: &str, job: &Job, error: &HostError) -> Result<(), Error> {
    let code = error.code();
    host.log(
        Level::Warn,
        &format!(
            "a repeated message ends after {} of {}: {code}",
            job.sent, job.total
        ),
    );
    Ok(host.store_delete(key)?)
}

fn set_timer(host: &dyn Host, session: &str, job: &Job, at_ms: i64) -> Result<(), Error> {
    let next = Next {
        job: job.id.clone(),
        chat: job.chat.clone(),
        n: job.sent,
    };
    let payload = serde_json::to_string(&next).map_err(|error| Error::internal(error.to_string()))?;
    let name = timer_name(session, &job.chat);
    host.timer_set(&name, Some(session), &Schedule::At(at_ms), &payload)?;
    Ok(())
}

fn under_way() -> Error {
    Error::conflict("A repeated message is already under way in this chat; DELETE the same path stops it")
}

fn timer_name(session: &str, chat: &str) -> String {
    format!("{TIMER}{session}/{chat}")
}

/// Deleted with the session.
fn key(session: &str, chat: &str) -> String {
    format!("{session}/spam/{chat}")
}

fn written(job: &Job) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(job).map_err(|error| Error::internal(error.to_string()))
}

fn read(stored: &[u8]) -> Result<Job, Error> {
    serde_json::from_slice(stored).map_err(|error| Error::internal(format!("a repeated message: {error}")))
}
