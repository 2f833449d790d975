//! A rule as the contract shows it.

use serde::Serialize;
use serde_json::Value;
use wagate_plugin_api::{SessionInfo, iso8601};

use crate::media::MediaType;
use crate::rules::{MatchType, TriggerType};
use crate::shelf::StoredRule;

/// The contract's `AutoReply`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AutoReply {
    id: String,
    session_id: String,
    keyword: String,
    match_type: MatchType,
    response: Option<String>,
    is_media: bool,
    media_url: Option<String>,
    media_type: Option<MediaType>,
    trigger_type: TriggerType,
    created_at: String,
}

/// The contract's `AutoReplyWithSession`.
#[derive(Debug, Serialize)]
pub(crate) struct AutoReplyWithSession {
    #[serde(flatten)]
    row: AutoReply,
    session: SessionRow,
}

/// The contract's `SessionRow`. The QR code is nobody's business here.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionRow {
    id: String,
    user_id: String,
    name: String,
    session_id: String,
    status: String,
    qr: Option<String>,
    config: Value,
    created_at: String,
    updated_at: String,
}

impl AutoReply {
    pub(crate) fn of(stored: StoredRule, session_id: &str) -> Self {
        Self {
            id: stored.id,
            session_id: session_id.to_owned(),
            keyword: stored.rule.keyword,
            match_type: stored.rule.match_type,
            response: stored.rule.response,
            is_media: stored.rule.is_media,
            media_url: stored.rule.media_url,
            media_type: stored.rule.media_type,
            trigger_type: stored.rule.trigger_type,
            created_at: iso8601(stored.created_at_ms),
        }
    }
}

impl AutoReplyWithSession {
    pub(crate) fn of(stored: StoredRule, session: &SessionRow) -> Self {
        Self {
            row: AutoReply::of(stored, &session.id),
            session: session.clone(),
        }
    }
}

impl From<SessionInfo> for SessionRow {
    fn from(info: SessionInfo) -> Self {
        Self {
            id: info.id,
            user_id: info.user_id,
            name: info.name,
            session_id: info.slug,
            status: info.status,
            qr: None,
            config: serde_json::from_str(&info.config).unwrap_or(Value::Null),
            created_at: iso8601(info.created_at_ms),
            updated_at: iso8601(info.updated_at_ms),
        }
    }
}
