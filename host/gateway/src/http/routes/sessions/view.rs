//! A session as the contract shows it.

use serde::Serialize;
use serde_json::{Map, Value};
use wagate_engine::{SessionSnapshot, SessionStatus};
use wagate_storage::clock::iso8601;
use wagate_storage::messages::Counts;
use wagate_storage::sessions::SessionRow;

use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// The contract's session row.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionView {
    id: String,
    user_id: String,
    name: String,
    session_id: String,
    status: String,
    qr: Option<String>,
    /// A client's own document, passed through.
    config: Value,
    created_at: String,
    updated_at: String,
}

/// With what hangs on it, as lists show it. What belongs to plugins is empty here; `botConfig` is left out, because the
/// documented list has an object there and not null.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionFull {
    #[serde(flatten)]
    session: SessionView,
    webhooks: Vec<Value>,
    #[serde(rename = "_count")]
    count: Count,
}

/// Counts the list shows.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    contacts: i64,
    messages: i64,
    groups: i64,
    auto_replies: i64,
    scheduled_messages: i64,
}

/// With the live state, as the detail route shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionDetail {
    #[serde(flatten)]
    full: SessionFull,
    bot_config: Option<Value>,
    message_count: i64,
    /// Seconds; 0 unless connected.
    uptime: i64,
    me: Option<Me>,
    has_instance: bool,
    pairing_code: Option<String>,
    /// Why it is in its state; not in the contract, which has no place for a reason.
    cause: Option<String>,
}

/// The linked account.
#[derive(Debug, Serialize)]
struct Me {
    id: String,
    name: Option<String>,
    lid: Option<String>,
}

impl SessionView {
    /// The stored row with the live state over it.
    pub(crate) fn new(state: &ApiState, row: SessionRow) -> Self {
        Self::build(state.engine.snapshot(&row.id).as_ref(), row)
    }

    fn build(live: Option<&SessionSnapshot>, row: SessionRow) -> Self {
        Self {
            status: live.map_or(row.status, |live| live.status.as_str().to_owned()),
            qr: live.and_then(|live| live.qr.clone()),
            config: serde_json::from_str(&row.config).unwrap_or_else(|_| Value::Object(Map::new())),
            created_at: iso8601(row.created_at),
            updated_at: iso8601(row.updated_at),
            id: row.id,
            user_id: row.user_id,
            name: row.name,
            session_id: row.slug,
        }
    }
}

impl SessionFull {
    /// For the bare list.
    pub(crate) async fn new(state: &ApiState, row: SessionRow) -> Result<Self, ApiError> {
        let counts = state.storage.counts(&row.id).await?;
        Ok(Self::with(SessionView::new(state, row), counts))
    }

    fn with(session: SessionView, counts: Counts) -> Self {
        Self {
            session,
            webhooks: Vec::new(),
            count: Count {
                contacts: counts.contacts,
                messages: counts.messages,
                ..Count::default()
            },
        }
    }
}

impl SessionDetail {
    /// The session now.
    pub(crate) async fn new(state: &ApiState, row: SessionRow) -> Result<Self, ApiError> {
        let counts = state.storage.counts(&row.id).await?;
        let live = state.engine.snapshot(&row.id);
        Ok(Self::build(live.as_ref(), row, counts, state.clock.now_ms()))
    }

    fn build(live: Option<&SessionSnapshot>, row: SessionRow, counts: Counts, now: i64) -> Self {
        let pn = live.and_then(|live| live.pn.clone()).or_else(|| row.pn.clone());
        let lid = live.and_then(|live| live.lid.clone()).or_else(|| row.lid.clone());
        let name = live
            .and_then(|live| live.push_name.clone())
            .or_else(|| row.push_name.clone());
        let cause = live.map_or_else(|| row.cause.clone(), |live| live.cause.clone());
        Self {
            bot_config: None,
            message_count: counts.messages,
            uptime: live
                .and_then(|live| live.connected_since_ms)
                .map_or(0, |since| (now - since).max(0) / 1_000),
            me: pn.or_else(|| lid.clone()).map(|id| Me { id, name, lid }),
            has_instance: live.is_some_and(|live| match live.status {
                SessionStatus::Disconnected
                | SessionStatus::Connecting
                | SessionStatus::ScanQr
                | SessionStatus::Connected => true,
                SessionStatus::Stopped | SessionStatus::LoggedOut => false,
            }),
            pairing_code: live.and_then(|live| live.pairing_code.clone()),
            cause,
            full: SessionFull::with(SessionView::build(live, row), counts),
        }
    }
}

/// One body for both kinds of clients: the documented bare object, whose `status` is the session's, and the envelope's
/// `success`, `message` and `data` beside it. Where the document shows an object and there is none, the bare object
/// leaves the field out; `data` has it as null.
pub(crate) fn bare_and_envelope(message: &'static str, data: &impl Serialize) -> Result<Value, ApiError> {
    let Ok(Value::Object(data)) = serde_json::to_value(data) else {
        tracing::error!("a session could not be written as JSON");
        return Err(ApiError::internal());
    };
    let mut body = data.clone();
    for optional in ["botConfig", "me"] {
        if body.get(optional).is_some_and(Value::is_null) {
            body.remove(optional);
        }
    }
    body.insert("success".to_owned(), Value::Bool(true));
    body.insert("message".to_owned(), Value::from(message));
    body.insert("data".to_owned(), Value::Object(data));
    Ok(Value::Object(body))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wagate_engine::{SessionSnapshot, SessionStatus};
    use wagate_storage::sessions::{Desired, SessionRow};

    use super::{Counts, SessionDetail, SessionFull, SessionView, bare_and_envelope};

    fn row() -> SessionRow {
        SessionRow {
            id: "row".to_owned(),
            user_id: "user".to_owned(),
            slug: "demo".to_owned(),
            name: "Demo".to_owned(),
            desired: Desired::Running,
            status: "STOPPED".to_owned(),
            cause: None,
            pn: None,
            lid: None,
            push_name: None,
            config: r#"{"theme":"dark"}"#.to_owned(),
            created_at: 0,
            updated_at: 1_500,
        }
    }

    fn connected() -> SessionSnapshot {
        SessionSnapshot {
            status: SessionStatus::Connected,
            cause: None,
            qr: None,
            pairing_code: None,
            pn: Some("12025550101@s.whatsapp.net".to_owned()),
            lid: Some("100000000000001@lid".to_owned()),
            push_name: Some("Owner".to_owned()),
            connected_since_ms: Some(10_000),
        }
    }

    #[test]
    fn a_row_has_the_contracts_names_and_dates() {
        let view = serde_json::to_value(SessionView::build(None, row())).unwrap();
        assert_eq!(
            view,
            json!({
                "id": "row", "userId": "user", "name": "Demo", "sessionId": "demo", "status": "STOPPED", "qr": null,
                "config": {"theme": "dark"}, "createdAt": "1970-01-01T00:00:00.000Z",
                "updatedAt": "1970-01-01T00:00:01.500Z",
            })
        );
    }

    #[test]
    fn the_detail_shows_the_live_state() {
        let detail = SessionDetail::build(Some(&connected()), row(), Counts::default(), 75_999);
        let body = bare_and_envelope("ok", &detail).unwrap();
        assert_eq!(body["status"], "CONNECTED");
        assert_eq!(body["uptime"], 65);
        assert_eq!(body["me"]["id"], "12025550101@s.whatsapp.net");
        assert_eq!(body["hasInstance"], true);
        assert_eq!(body["data"]["status"], "CONNECTED");
        assert_eq!(body["data"]["botConfig"], Value::Null);
        assert_eq!(body["data"]["_count"]["autoReplies"], 0);
    }

    #[test]
    fn what_is_documented_as_an_object_is_never_null_in_a_bare_shape() {
        let body = bare_and_envelope("ok", &SessionDetail::build(None, row(), Counts::default(), 0)).unwrap();
        assert_eq!(body.get("me"), None);
        assert_eq!(body["data"]["me"], Value::Null);
        let listed = serde_json::to_value(SessionFull::with(
            SessionView::build(None, row()),
            Counts::default(),
        ))
        .unwrap();
        assert_eq!(listed.get("botConfig"), None);
    }
}
