//! The contract's `BroadcastLog`.

use serde::Serialize;
use serde_json::{Value, json};
use wagate_plugin_api::{SessionRef, iso8601};

use crate::log::Log;
use crate::progress;
use crate::recipients::Recipient;

/// A broadcast as clients read it, with what the contract does not know beside it: `paused`, `progress`, `reason`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    id: String,
    session_id: String,
    message: String,
    total: u32,
    sent: u32,
    failed: u32,
    status: &'static str,
    delay: u64,
    started_at: String,
    completed_at: Option<String>,
    progress: u64,
    reason: Option<String>,
    #[serde(rename = "_count")]
    count: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipients: Option<Vec<RecipientRow>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecipientRow {
    id: String,
    broadcast_log_id: String,
    jid: String,
    status: &'static str,
    error: Option<String>,
    sent_at: Option<String>,
}

impl Row {
    /// Without its recipients.
    pub(crate) fn of(log: Log, message: String, session: &SessionRef) -> Self {
        Self {
            session_id: session.slug.clone(),
            message,
            total: log.total,
            sent: log.sent,
            failed: log.failed,
            status: log.status.word(),
            delay: log.pause.delay_ms,
            started_at: iso8601(log.started_at_ms),
            completed_at: log.completed_at_ms.map(iso8601),
            progress: progress::percent(&log),
            count: json!({ "recipients": log.total }),
            recipients: None,
            reason: log.reason,
            id: log.id,
        }
    }

    /// With them.
    pub(crate) fn with(mut self, recipients: Vec<Recipient>) -> Self {
        let row = |(n, recipient): (usize, Recipient)| RecipientRow {
            id: format!("{}-{n}", self.id),
            broadcast_log_id: self.id.clone(),
            status: recipient.status(),
            jid: recipient.jid,
            error: recipient.error,
            sent_at: recipient.sent_at_ms.map(iso8601),
        };
        self.recipients = Some(recipients.into_iter().enumerate().map(row).collect());
        self
    }
}
