//! A key in a list: enough to tell it from others, not enough to use it.

use serde::Serialize;
use wagate_storage::api_keys::ApiKeyRow;
use wagate_storage::clock::iso8601;

/// A key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyView {
    id: String,
    name: String,
    prefix: String,
    last4: String,
    /// Null: all actions of its user.
    scopes: Option<Vec<String>>,
    /// Row ids; null: all sessions of its user.
    sessions: Option<Vec<String>>,
    is_default: bool,
    expires_at: Option<String>,
    last_used_at: Option<String>,
    created_at: String,
    /// The key itself, in the answer that makes it and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl KeyView {
    /// With the key itself.
    pub(super) fn with_key(row: ApiKeyRow, key: String) -> Self {
        Self {
            key: Some(key),
            ..Self::from(row)
        }
    }
}

impl From<ApiKeyRow> for KeyView {
    fn from(row: ApiKeyRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            last4: row.last4,
            scopes: row.scopes,
            sessions: row.sessions,
            is_default: row.is_default,
            expires_at: row.expires_at.map(iso8601),
            last_used_at: row.last_used_at.map(iso8601),
            created_at: iso8601(row.created_at),
            key: None,
        }
    }
}

/// How a key is hinted at where only its place is asked for.
pub(super) fn masked(row: &ApiKeyRow) -> String {
    format!("{}...{}", row.prefix, row.last4)
}
