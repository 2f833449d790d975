//! Every event, to every webhook that wants it.

use wagate_plugin_api::delivery::Item;
use wagate_plugin_api::{Error, Event, Host};

use crate::Webhooks;
use crate::payload::{PayloadVersion, Told, body};
use crate::shelf::Webhook;

/// What one call queues at most.
const BATCH: usize = 100;
const CONTENT_TYPE: &str = "application/json";

/// Queues the event once for each webhook. Repeated, it finds its deliveries queued: the key is the event's.
pub(crate) fn any(plugin: &Webhooks, host: &dyn Host, event: &Event) -> Result<(), Error> {
    let session = &event.session.id;
    let webhooks = plugin.shelf.borrow_mut().webhooks(host, session)?;
    let wanting: Vec<&Webhook> = webhooks
        .iter()
        .filter(|webhook| webhook.wants(&event.kind))
        .collect();
    let told = Told {
        id: &event.id,
        kind: &event.kind,
        slug: &event.session.slug,
        sequence: event.sequence,
        chat_sequence: event.chat_sequence,
        timestamp_ms: event.timestamp_ms,
        schema: event.schema,
        data: &event.data,
    };
    let mut bodies = Bodies::default();
    for some in wanting.chunks(BATCH) {
        let items = some
            .iter()
            .map(|webhook| item(webhook, &told, event.chat.as_deref(), &mut bodies, false))
            .collect::<Result<Vec<_>, _>>()?;
        host.delivery_enqueue_all(session, &items)?;
    }
    Ok(())
}

/// Each version is written once, however many want it.
#[derive(Default)]
pub(crate) struct Bodies {
    contract: Option<String>,
    later: Option<String>,
}

impl Bodies {
    fn of(&mut self, told: &Told<'_>, version: PayloadVersion) -> Result<String, Error> {
        let place = match version {
            PayloadVersion::Contract => &mut self.contract,
            PayloadVersion::Later => &mut self.later,
        };
        if let Some(written) = place {
            return Ok(written.clone());
        }
        Ok(place.insert(body(told, version)?).clone())
    }
}

/// One delivery. Those of a chat keep their order, and what belongs to no chat has a lane of its own.
pub(crate) fn item(
    webhook: &Webhook,
    told: &Told<'_>,
    chat: Option<&str>,
    bodies: &mut Bodies,
    again: bool,
) -> Result<Item, Error> {
    Ok(Item {
        endpoint: webhook.id.clone(),
        key: key(told.sequence, told.id),
        lane: chat.unwrap_or_default().to_owned(),
        label: told.kind.to_owned(),
        content_type: CONTENT_TYPE.to_owned(),
        body: bodies.of(told, webhook.payload_version)?,
        ext: if again {
            vec![("again".to_owned(), "true".to_owned())]
        } else {
            Vec::new()
        },
    })
}

fn key(sequence: u64, event_id: &str) -> String {
    format!("{sequence}/{event_id}")
}

/// Sequence and id of the event that a delivery with this key tells.
pub(crate) fn event_of(key: &str) -> Option<(u64, &str)> {
    let (sequence, id) = key.split_once('/')?;
    Some((sequence.parse().ok()?, id))
}
