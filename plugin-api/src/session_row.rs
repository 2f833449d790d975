//! The contract's `SessionRow`: a session as clients read it beside a thing of its own.

use serde::Serialize;
use serde_json::Value;

use crate::host::SessionInfo;
use crate::time::iso8601;

/// A session. The QR code is no plugin's business: it is null.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionRow {
    /// Row id.
    pub id: String,
    /// Row id of its owner.
    pub user_id: String,
    /// What people call it.
    pub name: String,
    /// The slug.
    pub session_id: String,
    /// `CONNECTED`, `STOPPED` ...
    pub status: String,
    /// Null.
    pub qr: Option<String>,
    /// Its settings; null when they are no JSON.
    pub config: Value,
    /// ISO-8601.
    pub created_at: String,
    /// ISO-8601.
    pub updated_at: String,
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
