//! A scheduled message as the contract shows it, with how it went beside it.

use serde::Serialize;
use wagate_plugin_api::{SessionRow, iso8601};

use crate::item::{Item, Status};
use crate::media::MediaType;

/// The contract's `ScheduledMessage`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScheduledMessage {
    id: String,
    session_id: String,
    jid: String,
    content: Option<String>,
    media_url: Option<String>,
    media_type: Option<MediaType>,
    send_at: String,
    cron_expression: Option<String>,
    recurrence_rule: Option<String>,
    /// That a rule is meant in.
    timezone: Option<String>,
    status: Status,
    last_status: Option<Status>,
    reason: Option<String>,
    message_id: Option<String>,
    sent_at: Option<String>,
    created_at: String,
}

/// The contract's `ScheduledMessageWithSession`.
#[derive(Debug, Serialize)]
pub(crate) struct ScheduledMessageWithSession {
    #[serde(flatten)]
    row: ScheduledMessage,
    session: SessionRow,
}

impl ScheduledMessage {
    pub(crate) fn of(item: Item, session_id: &str) -> Self {
        Self {
            session_id: session_id.to_owned(),
            timezone: item.cron.is_some().then_some(item.timezone),
            id: item.id,
            jid: item.jid,
            content: item.content,
            media_url: item.media_url,
            media_type: item.media_type,
            send_at: iso8601(item.send_at_ms),
            cron_expression: item.cron,
            recurrence_rule: item.recurrence_rule,
            status: item.status,
            last_status: item.last_status,
            reason: item.reason,
            message_id: item.message_id,
            sent_at: item.sent_at_ms.map(iso8601),
            created_at: iso8601(item.created_at_ms),
        }
    }
}

impl ScheduledMessageWithSession {
    pub(crate) fn of(item: Item, session: &SessionRow) -> Self {
        Self {
            row: ScheduledMessage::of(item, &session.id),
            session: session.clone(),
        }
    }
}
