//! What became of a sent message: server acknowledgements and receipts, written down as they come.
//!
//! These are acknowledged to WhatsApp by the library before we see them: a crash within the few milliseconds until
//! the write may lose one (`host/ARCHITECTURE.md`, known limits). A message status never goes backwards.

use std::sync::Arc;

use serde_json::json;
use wagate_protocol::event::kind;
use wagate_storage::events::NewEvent;
use wagate_storage::journal::SendState;
use wagate_storage::messages::{MessageRow, MessageStatus, StatusChange};

use crate::context::SessionContext;
use crate::normalise::{self, event_id};

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
        status: MessageStatus,
    },
}

/// Writes one down, with its event. Errors are logged: there is nobody to tell, and the message stays as it was.
pub(crate) async fn record(context: &Arc<SessionContext>, outcome: Outcome) {
    match outcome {
        Outcome::Ack { message_id, error } => {
            let (state, status) = match error {
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
            advance(context, message_id, status).await;
        }
        Outcome::Receipt { message_ids, status } => {
            for message_id in message_ids {
                advance(context, message_id, status).await;
            }
        }
    }
}

async fn advance(context: &Arc<SessionContext>, wa_id: String, status: MessageStatus) {
    let change = StatusChange {
        session_id: context.id.to_string(),
        wa_id,
        status,
    };
    let told = Arc::clone(context);
    let tell = Box::new(move |row: &MessageRow, before| events_of(&told, row, before));
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
fn events_of(context: &SessionContext, row: &MessageRow, before: MessageStatus) -> Vec<NewEvent> {
    let mut events = Vec::with_capacity(3);
    let was_not_sent = matches!(before, MessageStatus::Pending | MessageStatus::Failed);
    if was_not_sent && row.status != MessageStatus::Failed {
        events.push(normalise::sent_event(context, row));
        if row.status != MessageStatus::Sent {
            events.push(status_event(context, row, MessageStatus::Sent));
        }
    }
    events.push(status_event(context, row, row.status));
    events
}

fn status_event(context: &SessionContext, row: &MessageRow, status: MessageStatus) -> NewEvent {
    let data = json!({
        "keyId": row.wa_id, "remoteJid": row.chat, "status": status.as_str(), "chat": row.chat,
    });
    let id = format!(
        "{}_{}",
        event_id(row, kind::MESSAGE_STATUS),
        status.as_str().to_lowercase()
    );
    context.event(id, kind::MESSAGE_STATUS, Some(row.chat.clone()), &data)
}
