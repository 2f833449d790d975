//! What became of a sent message: server acknowledgements and receipts, written down as they come.
//!
//! These are acknowledged to WhatsApp by the library before we see them: a crash within the few milliseconds until
//! the write may lose one (`ARCHITECTURE.md`, decision 3b). A message status never goes backwards.

use std::sync::Arc;

use serde_json::json;
use wagate_protocol::event::kind;
use wagate_storage::journal::SendState;
use wagate_storage::messages::{MessageStatus, StatusChange};

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
    let at = context.shared.clock.now_ms();
    let change = StatusChange {
        session_id: context.id.to_string(),
        wa_id,
        status,
        at,
    };
    let storage = &context.shared.storage;
    let result = match storage.advance_status(change).await {
        Ok(None) => return,
        Ok(Some(row)) => {
            let data = json!({
                "keyId": row.wa_id, "remoteJid": row.chat, "status": row.status.as_str(), "chat": row.chat,
            });
            let id = format!(
                "{}_{}",
                event_id(&row, kind::MESSAGE_STATUS),
                row.status.as_str().to_lowercase()
            );
            let mut events = Vec::with_capacity(2);
            // Accepted by the server is what "sent" means; the row rises to it once, so this is told once.
            if row.status == MessageStatus::Sent {
                events.push(normalise::sent_event(context, &row));
            }
            events.push(context.event(id, kind::MESSAGE_STATUS, Some(row.chat), &data));
            storage.append_events(events).await
        }
        Err(error) => Err(error),
    };
    match result {
        Ok(()) => context.shared.announce(),
        Err(error) => {
            tracing::error!(session.id = %context.id, error = %error, "a message status was not written down");
        }
    }
}
