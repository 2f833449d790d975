//! `POST /api/webhooks/{sessionId}/{id}/replay`: events of the log, once more.

use serde::Deserialize;
use serde_json::json;
use wagate_plugin_api::delivery::LoggedEvent;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::hooks::{Bodies, item};
use crate::payload::Told;
use crate::shelf::Webhook;
use crate::{Webhooks, shelf};

/// Read, and queued, at once.
const BATCH: u32 = 100;
/// Events looked at in one request; `nextSequence` says where the next one goes on.
const MAX_EVENTS: u32 = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Form {
    from_sequence: Option<u64>,
    to_sequence: Option<u64>,
}

/// Queues what the webhook asks for, under the ids it had: a receiver that has seen one knows it again.
pub(crate) fn replay(_plugin: &Webhooks, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let webhook = shelf::get(host, &session.id, request.param("id")?)?;
    let form: Form = request.json()?;
    let Some(from) = form.from_sequence.filter(|from| *from > 0) else {
        return Err(Error::bad_request("fromSequence: a number from 1 on"));
    };
    let to = form.to_sequence.unwrap_or(u64::MAX);
    if to < from {
        return Err(Error::bad_request("toSequence: not below fromSequence"));
    }
    if !webhook.is_active {
        return Err(Error::conflict("The webhook is not active"));
    }
    let mut after = from - 1;
    let (mut looked_at, mut queued, mut left_out) = (0, 0_usize, 0_usize);
    let next = loop {
        let batch = host.events_after(&session.id, after, BATCH)?;
        let is_last = (batch.len() as u64) < u64::from(BATCH);
        let within: Vec<&LoggedEvent> = batch.iter().filter(|event| event.sequence <= to).collect();
        let reached_end = is_last || within.len() < batch.len();
        let items = within
            .iter()
            .filter(|event| webhook.wants(&event.kind))
            .map(|event| one(&webhook, &session.slug, event))
            .collect::<Result<Vec<_>, _>>()?;
        let ids = host.delivery_enqueue_all(&session.id, &items)?;
        queued += ids.iter().flatten().count();
        left_out += ids.iter().filter(|id| id.is_none()).count();
        if let Some(last) = batch.last() {
            after = last.sequence;
        }
        looked_at += BATCH;
        if reached_end {
            break None;
        }
        if looked_at >= MAX_EVENTS {
            break Some(after + 1);
        }
    };
    if left_out > 0 && queued == 0 {
        return Err(Error::conflict("The webhook's endpoint takes nothing now"));
    }
    Response::data(
        "Events queued again",
        &json!({ "queued": queued, "leftOut": left_out, "nextSequence": next }),
    )
}

fn one(
    webhook: &Webhook,
    slug: &str,
    event: &LoggedEvent,
) -> Result<wagate_plugin_api::delivery::Item, Error> {
    let told = Told {
        id: &event.id,
        kind: &event.kind,
        slug,
        sequence: event.sequence,
        chat_sequence: event.chat_sequence,
        timestamp_ms: event.timestamp_ms,
        schema: event.schema,
        data: &event.data,
    };
    item(
        webhook,
        &told,
        event.chat.as_deref(),
        &mut Bodies::default(),
        true,
    )
}
