//! A rule as the contract shows it.

use serde::Serialize;
use wagate_plugin_api::{SessionRow, iso8601};

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
