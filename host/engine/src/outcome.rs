//! What became of a sent message: server acknowledgements and receipts, written down as they come.
//!
//! These are acknowledged to WhatsApp by the library before we see them: a crash within the few milliseconds until
//! the write may lose one (`host/ARCHITECTURE.md`, known limits). A message status never goes backwards.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::{Map, Value, json};
use wagate_protocol::event::kind;
use wagate_storage::events::NewEvent;
use wagate_storage::journal::SendState;
use wagate_storage::messages::{MessageRow, MessageStatus, StatusChange};
use wagate_storage::receipts::{NewReceipt, ReceiptKind, Risen, TellReceipt};
use whatsapp_rust::Jid;

use crate::context::SessionContext;
use crate::normalise::{self, Person, event_id, known};

/// One thing to write down.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The server's word on a send; the text is its refusal.
    Ack {
        message_id: String,
        error: Option<String>,
    },
    /// A receipt from a recipient.
    Receipt {
        message_ids: Vec<String>,
        kind: ReceiptKind,
        from: Jid,
        from_alt: Option<Jid>,
        /// When, ms.
        at: i64,
    },
}

/// Writes one down, with its event. Errors are logged: there is nobody to tell, and the message stays as it was.
pub(crate) async fn record(context: &Arc<SessionContext>, outcome: Outcome) {
    match outcome {
        Outcome::Ack { message_id, error } => {
            let (state, status) = match &error {
                None => (SendState::Accepted, MessageStatus::Sent),
                Some(_) => (SendState::Failed, MessageStatus::Failed),
            };
            if let Err(error) = context
                .shared
                .storage
                .finish_send(&context.id, &message_id, state, error.as_deref())
                .await
            {
                tracing::error!(session.id = %context.id, error = %error, "an acknowledgement was not written down");
            }
            advance(context, message_id, status, error).await;
        }
        Outcome::Receipt {
            message_ids,
            kind,
            from,
            from_alt,
            at,
        } => {
            let participant = known(context, Person::from_pair(&from, from_alt.as_ref()))
                .await
                .canonical;
            let receipts = message_ids
                .into_iter()
                .map(|wa_id| NewReceipt {
                    session_id: context.id.to_string(),
                    wa_id,
                    participant: participant.clone(),
                    kind,
                    at,
                })
                .collect();
            receive(context, receipts).await;
        }
    }
}

async fn receive(context: &Arc<SessionContext>, receipts: Vec<NewReceipt>) {
    let told = Arc::clone(context);
    let tell: TellReceipt = Box::new(move |risen: &Risen| {
        let mut events = steps_of(&told, &risen.row, risen.before, risen.origin.as_deref());
        if risen.before == risen.row.status {
            // Nothing rose but that it was played.
            events.push(status_event(&told, &risen.row, risen.row.status, "_played"));
        }
        for event in &mut events {
            add_counts(event, risen);
        }
        events
    });
    match context.shared.storage.record_receipts(receipts, tell).await {
        Ok(true) => context.shared.announce(),
        Ok(false) => {}
        Err(error) => {
            tracing::error!(session.id = %context.id, error = %error, "a receipt was not written down");
        }
    }
}

/// In a group the status stands for all: said with how many there are.
fn add_counts(event: &mut NewEvent, risen: &Risen) {
    if risen.row.chat.ends_with("@g.us") {
        let counts = risen.counts;
        let counts = json!({
            "recipients": counts.recipients, "delivered": counts.delivered, "read": counts.read, "played": counts.played,
        });
        add(event, "receipts", counts);
    }
}

/// To a status event.
fn add(event: &mut NewEvent, name: &str, value: Value) {
    if event.kind != kind::MESSAGE_STATUS {
        return;
    }
    if let Ok(mut data) = serde_json::from_str::<Map<String, Value>>(&event.data) {
        data.insert(name.to_owned(), value);
        event.data = Value::Object(data).to_string();
    }
}

async fn advance(
    context: &Arc<SessionContext>,
    wa_id: String,
    status: MessageStatus,
    refusal: Option<String>,
) {
    let change = StatusChange {
        session_id: context.id.to_string(),
        wa_id,
        status,
    };
    let told = Arc::clone(context);
    let tell = Box::new(move |row: &MessageRow, before, origin: Option<&str>| {
        let mut events = steps_of(&told, row, before, origin);
        if let (Some(refusal), Some(event)) = (refusal, events.last_mut()) {
            add(event, "error", Value::from(refusal));
        }
        events
    });
    match context.shared.storage.advance_status(change, tell).await {
        Ok(true) => context.shared.announce(),
        Ok(false) => {}
        Err(error) => {
            tracing::error!(session.id = %context.id, error = %error, "a message status was not written down");
        }
    }
}

/// A rise told step by step: a receipt may overtake the server's acknowledgement, and whoever reads the events still
/// sees "sent" first, once.
fn steps_of(
    context: &SessionContext,
    row: &MessageRow,
    before: MessageStatus,
    origin: Option<&str>,
) -> Vec<NewEvent> {
    if row.status == before {
        return Vec::new();
    }
    let mut events = Vec::with_capacity(3);
    let was_not_sent = matches!(before, MessageStatus::Pending | MessageStatus::Failed);
    if was_not_sent && row.status != MessageStatus::Failed {
        events.push(normalise::sent_event(context, row, origin));
        if row.status != MessageStatus::Sent {
            events.push(status_event(context, row, MessageStatus::Sent, ""));
        }
    }
    events.push(status_event(context, row, row.status, ""));
    events
}

fn status_event(context: &SessionContext, row: &MessageRow, status: MessageStatus, what: &str) -> NewEvent {
    let data = json!({
        "keyId": row.wa_id, "remoteJid": row.chat, "fromMe": true, "status": status.as_str(), "chat": row.chat,
        "played": row.played,
    });
    let id = format!(
        "{}_{}{what}",
        event_id(row, kind::MESSAGE_STATUS),
        status.as_str().to_lowercase()
    );
    context.event(id, kind::MESSAGE_STATUS, Some(row.chat.clone()), &data)
}
