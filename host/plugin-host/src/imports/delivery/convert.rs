//! Rows as plugins see them.

use wagate_storage::deliveries::{
    AttemptRow, DeliveryCounts, DeliveryRow, DeliveryState, EndpointRow, EndpointState,
};
use wagate_storage::events::EventRow;

use crate::bindings::delivery;

fn positive(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn small(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

pub(super) fn status_to_wit(row: EndpointRow, counts: DeliveryCounts) -> delivery::EndpointStatus {
    delivery::EndpointStatus {
        name: row.name,
        url: row.url,
        status: match row.state {
            EndpointState::Active => "ACTIVE",
            EndpointState::Paused => "PAUSED",
            EndpointState::Disabled => "DISABLED",
        }
        .to_owned(),
        reason: row.reason,
        failing_since_ms: row.failing_since,
        held_until_ms: row.hold_until,
        pending: positive(counts.pending),
        delivered: positive(counts.delivered),
        dead: positive(counts.dead),
        ext: Vec::new(),
    }
}

pub(super) fn state_to_wit(row: DeliveryRow) -> delivery::State {
    let last = row.last.unwrap_or_default();
    let tried = row.attempts > 0;
    let ext = [
        ("key", Some(row.delivery.key)),
        ("lane", Some(row.delivery.lane)),
        ("label", Some(row.delivery.label)),
        ("lastAtMs", tried.then(|| last.at.to_string())),
        ("durationMs", tried.then(|| last.duration_ms.to_string())),
    ];
    delivery::State {
        id: row.delivery.id,
        status: row.state.as_str().to_owned(),
        attempts: small(row.attempts),
        last_status: last.status,
        last_error: last.error,
        created_at_ms: row.delivery.created_at,
        next_attempt_ms: match row.state {
            DeliveryState::Pending => row.next_ms,
            DeliveryState::Delivered | DeliveryState::Dead => None,
        },
        ext: ext
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect(),
    }
}

pub(super) fn attempt_to_wit(row: AttemptRow) -> delivery::Attempt {
    delivery::Attempt {
        id: row.id,
        delivery: row.delivery_id,
        label: row.label,
        number: small(row.number),
        at_ms: row.outcome.at,
        duration_ms: small(row.outcome.duration_ms),
        status: row.outcome.status,
        error: row.outcome.error,
        response: row.outcome.response,
        body: row.body,
        ext: Vec::new(),
    }
}

pub(super) fn event_to_wit(row: EventRow) -> delivery::LoggedEvent {
    delivery::LoggedEvent {
        id: row.event.id,
        kind: row.event.kind,
        sequence: positive(row.sequence),
        chat: row.event.chat,
        chat_sequence: row.chat_sequence.map(positive),
        timestamp_ms: row.event.timestamp,
        schema: u32::try_from(row.event.schema).unwrap_or(0),
        data: row.event.data,
        ext: Vec::new(),
    }
}
