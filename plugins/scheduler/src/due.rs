//! A timer is due: the message is sent, once, whatever is interrupted meanwhile.
//!
//! The message of an occurrence has the same id at every try, so that a repetition never leaves twice. An occurrence
//! is claimed in the store before it is sent: a change that comes too late is refused then.

#[cfg(test)]
mod tests;

use wagate_plugin_api::messages::{SendOptions, Sent};
use wagate_plugin_api::{Error, Fire, Host, HostError, Level, SessionRef, ext};

use crate::item::{Attempt, Item, Status};
use crate::shelf::Kept;
use crate::{Scheduler, media, shelf, timer};

const CONNECTED: &str = "CONNECTED";
/// Tries of an occurrence when it is not known what became of the one before.
const MAX_TRIES: u32 = 3;
/// Longest reason, in characters.
const MAX_REASON: usize = 500;
/// How often a change of the message by somebody else is waited out.
const CLAIMS: u32 = 3;

/// How an occurrence ends.
enum Outcome {
    Sent { message_id: String, at_ms: i64 },
    Failed { reason: String },
}

/// At least once for each occurrence. An error here makes the host come again.
pub(crate) fn on_timer(plugin: &Scheduler, host: &dyn Host, fire: &Fire) -> Result<(), Error> {
    let (Some(session), Some(id)) = (&fire.session, timer::item_of(&fire.name)) else {
        // A timer of another version of this plugin. An error would only be tried again.
        host.log(Level::Info, &format!("nothing to do for the timer {}", fire.name));
        return Ok(());
    };
    for _ in 0..CLAIMS {
        let Some(kept) = shelf::get(host, &session.id, id)? else {
            return Ok(());
        };
        if kept.item.status != Status::Pending {
            return Ok(());
        }
        if kept.item.send_at_ms > fire.due_ms {
            // It was moved meanwhile.
            timer::arm(host, &session.id, &kept.item, Some(kept.item.send_at_ms))?;
            return Ok(());
        }
        if occurrence(plugin, host, session, &kept, fire.due_ms)? {
            return Ok(());
        }
    }
    Err(HostError::unavailable("the scheduled message is being changed").into())
}

/// False when somebody changed the message before it could be claimed.
fn occurrence(
    plugin: &Scheduler,
    host: &dyn Host,
    session: &SessionRef,
    kept: &Kept,
    due_ms: i64,
) -> Result<bool, Error> {
    let tries = kept.item.tries(due_ms);
    let message_id = kept.item.message_id_for(due_ms);
    let end = |kept: &Kept, outcome| finish(plugin, host, &session.id, kept, outcome).map(|()| true);
    if tries > 0 && has_left(host, &session.id, &message_id)? {
        let at_ms = host.now_ms();
        return end(kept, Outcome::Sent { message_id, at_ms });
    }
    let status = host.session(&session.id)?.status;
    let late_ms = host.now_ms().saturating_sub(due_ms.max(kept.item.set_at_ms));
    if late_ms > plugin.settings.max_late_ms() {
        let reason = too_late(&kept.item, &status);
        return end(kept, Outcome::Failed { reason });
    }
    if status != CONNECTED {
        return Err(HostError::unavailable("Session not ready").into());
    }
    let claimed = with_attempt(&kept.item, due_ms, tries + 1, Some(host.now_ms()));
    let Some(claimed) = shelf::replace(host, &session.id, kept, claimed)? else {
        return Ok(false);
    };
    let options = SendOptions {
        quote: None,
        mentions: Vec::new(),
        view_once: false,
        ext: vec![("messageId".to_owned(), message_id)],
    };
    let content = media::content_of(&claimed.item);
    let sent = host.send(&session.id, &claimed.item.jid, &content, &options);
    match sent.and_then(accepted) {
        Ok(sent) => end(
            &claimed,
            Outcome::Sent {
                message_id: sent.id,
                at_ms: sent.timestamp_ms,
            },
        ),
        Err(error) if may_succeed(&error, tries + 1) => {
            // Waiting for better times does not count.
            let tries = if is_uncertain(&error) {
                tries + 1
            } else {
                tries.max(1)
            };
            let mut open = with_attempt(&claimed.item, due_ms, tries, None);
            open.reason = Some(reason(&error));
            shelf::replace(host, &session.id, &claimed, open)?;
            Err(error.into())
        }
        Err(error) => {
            let reason = reason(&error);
            end(&claimed, Outcome::Failed { reason })
        }
    }
}

/// The connection may have gone: then the host keeps the message, and sends it when it is back.
fn accepted(sent: Sent) -> Result<Sent, HostError> {
    match ext(&sent.ext, "waitsUntilMs") {
        Some(_) => Err(HostError::unavailable("the message waits for the connection")),
        None => Ok(sent),
    }
}

fn too_late(item: &Item, status: &str) -> String {
    let why = match &item.reason {
        _ if status != CONNECTED => format!("the session is {status}"),
        Some(reason) => reason.clone(),
        None => "nobody was there at its moment".to_owned(),
    };
    format!("Too late: {why}")
}

/// Whether the message of an interrupted try is on its way.
fn has_left(host: &dyn Host, session: &str, message_id: &str) -> Result<bool, Error> {
    let found = host.message(session, message_id)?;
    Ok(found.is_some_and(|message| message.from_me && !matches!(&*message.status, "PENDING" | "FAILED")))
}

/// Waiting helps for what is not possible now. What may have happened is tried again a few times.
fn may_succeed(error: &HostError, tries: u32) -> bool {
    match error {
        HostError::Unavailable { .. } | HostError::RateLimited { .. } => true,
        error => is_uncertain(error) && tries < MAX_TRIES,
    }
}

/// Whether it may have left all the same.
fn is_uncertain(error: &HostError) -> bool {
    matches!(error, HostError::Timeout(_) | HostError::Internal(_))
}

fn reason(error: &HostError) -> String {
    let text = match error {
        HostError::Denied(text)
        | HostError::NotFound(text)
        | HostError::Invalid(text)
        | HostError::Conflict(text)
        | HostError::Timeout(text)
        | HostError::Unavailable { message: text, .. } => text.clone(),
        HostError::RateLimited { .. } => "too many messages at the same time".to_owned(),
        HostError::Internal(_) => "Internal Server Error".to_owned(),
    };
    text.chars().take(MAX_REASON).collect()
}

fn with_attempt(item: &Item, due_ms: i64, tries: u32, since_ms: Option<i64>) -> Item {
    Item {
        attempt: Some(Attempt {
            due_ms,
            tries,
            since_ms,
        }),
        ..item.clone()
    }
}

/// Writes down how it ended. A recurring message goes on waiting, for its next time.
fn finish(
    plugin: &Scheduler,
    host: &dyn Host,
    session: &str,
    kept: &Kept,
    outcome: Outcome,
) -> Result<(), Error> {
    let mut item = kept.item.clone();
    item.attempt = None;
    let ended = match outcome {
        Outcome::Sent { message_id, at_ms } => {
            item.message_id = Some(message_id);
            item.sent_at_ms = Some(at_ms);
            item.reason = None;
            Status::Sent
        }
        Outcome::Failed { reason } => {
            item.reason = Some(reason);
            Status::Failed
        }
    };
    item.status = ended;
    if item.cron.is_some() {
        item.timezone = host.timezone();
        item.last_status = Some(ended);
        if let Some(next_ms) = timer::next(host, session, &item)? {
            item.send_at_ms = next_ms;
            item.status = Status::Pending;
        }
    }
    let is_over = item.status != Status::Pending;
    // Removed or changed meanwhile: that holds.
    let is_written = shelf::replace(host, session, kept, item)?.is_some();
    if is_written && is_over {
        shelf::prune(host, session, plugin.settings.keep_finished())?;
    }
    Ok(())
}
