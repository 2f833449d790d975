//! A session as the contract shows it.

use serde::Serialize;
use serde_json::Value;
use wagate_engine::{SessionSnapshot, SessionStatus};
use wagate_plugin_host::bot_config;
use wagate_protocol::manifest::Action;
use wagate_storage::clock::iso8601;
use wagate_storage::messages::Counts;
use wagate_storage::sessions::SessionRow;

use super::settings;
use crate::auth::need::Need;
use crate::auth::principal::Principal;
use crate::http::access::Relation;
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
    /// For those who may link the account.
    qr: Option<String>,
    /// The settings, secrets left out.
    config: Value,
    created_at: String,
    updated_at: String,
}

/// Whose it is.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OwnerView {
    pub(crate) name: Option<String>,
    pub(crate) email: String,
}

/// With what hangs on it, as lists show it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionFull {
    #[serde(flatten)]
    session: SessionView,
    /// Left out where it is not known: the documented list has an object there and not null.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<OwnerView>,
    bot_config: Value,
    webhooks: Vec<Value>,
    #[serde(rename = "_count")]
    count: Count,
    /// Why it is in its state; not in the contract, which has no place for a reason.
    cause: Option<String>,
    /// What the caller is to it: `owner`, `shared`, `superadmin`.
    relation: &'static str,
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
    message_count: i64,
    /// Seconds; 0 unless connected.
    uptime: i64,
    me: Option<Me>,
    has_instance: bool,
    pairing_code: Option<String>,
}

/// The linked account.
#[derive(Debug, Serialize)]
struct Me {
    id: String,
    name: Option<String>,
    lid: Option<String>,
}

/// What a caller gets to see of a session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight {
    /// Whether QR and pair codes are for them: whoever has one takes the account.
    pub(crate) codes: bool,
    /// What they are to the session.
    pub(crate) relation: Relation,
}

impl Sight {
    /// By what the caller may do with it.
    pub(crate) fn of(principal: &Principal, relation: Relation) -> Self {
        Self {
            codes: principal.check(Need::Act(Action::Manage)).is_ok(),
            relation,
        }
    }
}

/// What the storage knows about a session besides its row.
#[derive(Debug, Default)]
struct Beside {
    counts: Counts,
    bot_config: Value,
    webhooks: Vec<Value>,
    user: Option<OwnerView>,
}

impl SessionView {
    /// The stored row with the live state over it.
    pub(crate) fn new(state: &ApiState, row: SessionRow, shows_codes: bool) -> Self {
        Self::build(state.engine.snapshot(&row.id).as_ref(), row, shows_codes)
    }

    fn build(live: Option<&SessionSnapshot>, row: SessionRow, shows_codes: bool) -> Self {
        Self {
            status: live.map_or(row.status, |live| live.status.as_str().to_owned()),
            qr: live.and_then(|live| live.qr.clone()).filter(|_| shows_codes),
            config: settings::shown(&row.config),
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
    pub(crate) async fn new(
        state: &ApiState,
        row: SessionRow,
        sight: Sight,
        user: Option<OwnerView>,
    ) -> Result<Self, ApiError> {
        let beside = beside(state, &row, user).await?;
        let live = state.engine.snapshot(&row.id);
        Ok(Self::build(live.as_ref(), row, beside, sight))
    }

    fn build(live: Option<&SessionSnapshot>, row: SessionRow, beside: Beside, sight: Sight) -> Self {
        let counts = beside.counts;
        Self {
            cause: live.map_or_else(|| row.cause.clone(), |live| live.cause.clone()),
            session: SessionView::build(live, row, sight.codes),
            user: beside.user,
            bot_config: beside.bot_config,
            webhooks: beside.webhooks,
            count: Count {
                contacts: counts.contacts,
                messages: counts.messages,
                ..Count::default()
            },
            relation: match sight.relation {
                Relation::SuperAdmin => "superadmin",
                Relation::Owner => "owner",
                Relation::Shared => "shared",
            },
        }
    }
}

impl SessionDetail {
    /// The session now.
    pub(crate) async fn new(state: &ApiState, row: SessionRow, sight: Sight) -> Result<Self, ApiError> {
        let owner = state.storage.user(&row.user_id).await?;
        let owner = owner.map(|user| OwnerView {
            name: user.name,
            email: user.email,
        });
        let beside = beside(state, &row, owner).await?;
        let live = state.engine.snapshot(&row.id);
        Ok(Self::build(
            live.as_ref(),
            row,
            beside,
            sight,
            state.clock.now_ms(),
        ))
    }

    fn build(
        live: Option<&SessionSnapshot>,
        row: SessionRow,
        beside: Beside,
        sight: Sight,
        now: i64,
    ) -> Self {
        let pn = live.and_then(|live| live.pn.clone()).or_else(|| row.pn.clone());
        let lid = live.and_then(|live| live.lid.clone()).or_else(|| row.lid.clone());
        let name = live
            .and_then(|live| live.push_name.clone())
            .or_else(|| row.push_name.clone());
        Self {
            message_count: beside.counts.messages,
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
            pairing_code: live
                .and_then(|live| live.pairing_code.clone())
                .filter(|_| sight.codes),
            full: SessionFull::build(live, row, beside, sight),
        }
    }
}

async fn beside(state: &ApiState, row: &SessionRow, user: Option<OwnerView>) -> Result<Beside, ApiError> {
    let stored = state.storage.document(bot_config::NAMESPACE, &row.id).await?;
    Ok(Beside {
        counts: state.storage.counts(&row.id).await?,
        bot_config: bot_config::shown(stored.as_deref(), state.storage.secrets(), &row.id),
        webhooks: Vec::new(),
        user,
    })
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
    if body.get("me").is_some_and(Value::is_null) {
        body.remove("me");
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

    use super::{Beside, SessionDetail, SessionView, Sight, bare_and_envelope};
    use crate::http::access::Relation;

    const EVERYTHING: Sight = Sight {
        codes: true,
        relation: Relation::Owner,
    };

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
            config: r#"{"x-theme":"dark"}"#.to_owned(),
            created_at: 0,
            updated_at: 1_500,
        }
    }

    fn live(status: SessionStatus) -> SessionSnapshot {
        SessionSnapshot {
            status,
            cause: None,
            qr: Some("2@qr".to_owned()),
            pairing_code: Some("ABCD-EFGH".to_owned()),
            pn: Some("12025550101@s.whatsapp.net".to_owned()),
            lid: Some("100000000000001@lid".to_owned()),
            push_name: Some("Owner".to_owned()),
            passkey: None,
            connected_since_ms: Some(10_000),
        }
    }

    #[test]
    fn a_row_has_the_contracts_names_and_dates() {
        let view = serde_json::to_value(SessionView::build(None, row(), true)).unwrap();
        assert_eq!(
            view,
            json!({
                "id": "row", "userId": "user", "name": "Demo", "sessionId": "demo", "status": "STOPPED", "qr": null,
                "config": {"x-theme": "dark"}, "createdAt": "1970-01-01T00:00:00.000Z",
                "updatedAt": "1970-01-01T00:00:01.500Z",
            })
        );
    }

    #[test]
    fn the_detail_shows_the_live_state() {
        let connected = live(SessionStatus::Connected);
        let detail = SessionDetail::build(Some(&connected), row(), Beside::default(), EVERYTHING, 75_999);
        let body = bare_and_envelope("ok", &detail).unwrap();
        assert_eq!(body["status"], "CONNECTED");
        assert_eq!(body["uptime"], 65);
        assert_eq!(body["me"]["id"], "12025550101@s.whatsapp.net");
        assert_eq!(body["hasInstance"], true);
        assert_eq!(body["relation"], "owner");
        assert_eq!(body["data"]["status"], "CONNECTED");
        assert_eq!(body["data"]["_count"]["autoReplies"], 0);
    }

    #[test]
    fn codes_that_take_the_account_are_for_those_who_may_link_it() {
        let pairing = live(SessionStatus::ScanQr);
        let seen = |codes| {
            let sight = Sight {
                codes,
                relation: Relation::Shared,
            };
            let detail = SessionDetail::build(Some(&pairing), row(), Beside::default(), sight, 0);
            serde_json::to_value(detail).unwrap()
        };
        assert_eq!(seen(true)["qr"], "2@qr");
        assert_eq!(seen(true)["pairingCode"], "ABCD-EFGH");
        assert_eq!(seen(false)["qr"], Value::Null);
        assert_eq!(seen(false)["pairingCode"], Value::Null);
    }

    #[test]
    fn what_is_documented_as_an_object_is_never_null_in_a_bare_shape() {
        let detail = SessionDetail::build(None, row(), Beside::default(), EVERYTHING, 0);
        let body = bare_and_envelope("ok", &detail).unwrap();
        assert_eq!(body.get("me"), None);
        assert_eq!(body["data"]["me"], Value::Null);
    }
}
