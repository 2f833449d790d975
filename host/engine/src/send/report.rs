//! What became of a send: sent, not sent, or not known after a crash.

use wagate_storage::journal::SendState;

use crate::EngineError;
use crate::context::SessionContext;

/// Where a send stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendProgress {
    /// It waits for the session's connection.
    Queued,
    /// It is under way.
    Sending,
    /// The server has accepted it.
    Sent,
    /// It was refused or given up: nobody got it.
    NotSent,
    /// It may have left: the process ended, or no answer came, before the server's word. The same id, or the same
    /// `Idempotency-Key`, sends it again without doubling it.
    Unknown,
}

impl SendProgress {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
        }
    }
}

/// One send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendReport {
    /// WhatsApp's id of the message.
    pub message_id: String,
    /// Where it goes.
    pub chat: String,
    /// Where it stands.
    pub progress: SendProgress,
    /// Why it was not sent: the server's code, or a word.
    pub error: Option<String>,
    /// When it was asked for, ms.
    pub created_at_ms: i64,
    /// It is given up then, ms.
    pub waits_until_ms: Option<i64>,
}

/// Of a send that is remembered.
pub(crate) async fn report(context: &SessionContext, wa_id: &str) -> Result<Option<SendReport>, EngineError> {
    let storage = &context.shared.storage;
    let is_under_way = context.acks.is_waited_for(wa_id);
    let queued = storage.queued_send(&context.id, wa_id).await?;
    let send = storage.find_send(&context.id, wa_id).await?;
    let report = match (send, queued) {
        (Some(send), queued) => SendReport {
            message_id: send.wa_id,
            chat: send.chat,
            progress: match send.state {
                SendState::Accepted => SendProgress::Sent,
                SendState::Failed => SendProgress::NotSent,
                SendState::Sending if is_under_way => SendProgress::Sending,
                // It comes back by itself.
                SendState::Sending if queued.is_some() => SendProgress::Queued,
                SendState::Sending => SendProgress::Unknown,
            },
            error: send.error,
            created_at_ms: send.created_at,
            waits_until_ms: queued.map(|queued| queued.expires_at),
        },
        (None, Some(queued)) => SendReport {
            message_id: queued.wa_id,
            chat: queued.recipient,
            progress: SendProgress::Queued,
            error: None,
            created_at_ms: queued.created_at,
            waits_until_ms: Some(queued.expires_at),
        },
        (None, None) => return Ok(None),
    };
    Ok(Some(report))
}
