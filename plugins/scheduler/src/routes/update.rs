//! `PUT /api/scheduler/{sessionId}/{scheduleId}`

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::form::Form;
use crate::item::{Item, Status};
use crate::row::ScheduledMessage;
use crate::{Scheduler, shelf, timer};

const REQUIRED: &str = "JID, content, and sendAt are required";
/// How long a message counts as being sent without news of it.
const SENDING_MS: i64 = 2 * 60 * 1000;

/// Answers with the bare row, as the contract has it. What was sent stays sent; what failed waits again when its new
/// moment is ahead.
pub(crate) fn update(_plugin: &Scheduler, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let id = request.param("scheduleId")?;
    let form: Form = request.json()?;
    let old = shelf::get(host, &session.id, id)?;
    let Some(old) = old else {
        // The body is checked first, as the contract has it.
        form.create(host, id.to_owned(), REQUIRED)?;
        return Err(Error::not_found("Message not found"));
    };
    let (mut item, moment) = form.apply(old.item.clone(), host, REQUIRED)?;
    if is_being_sent(&old.item, host.now_ms()) {
        return Err(Error::conflict("The message is being sent now"));
    }
    let waits = match item.status {
        Status::Pending => true,
        Status::Failed => moment.is_some_and(|moment| moment > host.now_ms()),
        Status::Sent => false,
    };
    if waits {
        item.status = Status::Pending;
        item.reason = None;
        item.attempt = None;
        item.set_at_ms = host.now_ms();
    }
    let changed_meanwhile = || Error::conflict("The message was changed meanwhile: read it again");
    let kept = shelf::replace(host, &session.id, &old, item)?.ok_or_else(changed_meanwhile)?;
    if !waits {
        return Response::json(&ScheduledMessage::of(kept.item, &session.id));
    }
    let next_ms = match timer::arm(host, &session.id, &kept.item, moment) {
        Ok(next_ms) => next_ms,
        Err(error) => {
            // The timer it had still stands.
            shelf::replace(host, &session.id, &kept, old.item)?;
            return Err(error);
        }
    };
    let mut item = kept.item.clone();
    if item.cron.is_some() && item.send_at_ms != next_ms {
        item.send_at_ms = next_ms;
        shelf::replace(host, &session.id, &kept, item.clone())?;
    }
    Response::json(&ScheduledMessage::of(item, &session.id))
}

fn is_being_sent(item: &Item, now_ms: i64) -> bool {
    let since_ms = item.attempt.and_then(|attempt| attempt.since_ms);
    since_ms.is_some_and(|since_ms| now_ms.saturating_sub(since_ms) < SENDING_MS)
}
