//! The session's state: shown to readers at once, written down, and told as an event.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::watch;
use wagate_protocol::event::kind;
use wagate_storage::sessions::{Desired, Identity, SessionRow};
use whatsapp_rust::Client;

use crate::context::SessionContext;
use crate::{SessionSnapshot, SessionStatus};

pub(super) struct State {
    context: Arc<SessionContext>,
    snapshot: watch::Sender<SessionSnapshot>,
}

impl State {
    /// The state as it was left. What was running is not running now.
    pub(super) fn from_row(context: Arc<SessionContext>, row: &SessionRow) -> Self {
        let status = match (SessionStatus::parse(&row.status), row.desired) {
            (status @ (SessionStatus::LoggedOut | SessionStatus::Stopped), _) => status,
            (_, Desired::Running | Desired::Stopped) => SessionStatus::Disconnected,
        };
        let snapshot = SessionSnapshot {
            status,
            cause: row.cause.clone(),
            qr: None,
            pairing_code: None,
            pn: row.pn.clone(),
            lid: row.lid.clone(),
            push_name: row.push_name.clone(),
            connected_since_ms: None,
        };
        Self {
            context,
            snapshot: watch::Sender::new(snapshot),
        }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<SessionSnapshot> {
        self.snapshot.subscribe()
    }

    pub(super) fn status(&self) -> SessionStatus {
        self.snapshot.borrow().status
    }

    /// Changes the state; leaving the pairing state takes the codes away.
    pub(super) async fn set(&self, status: SessionStatus, cause: Option<&str>) {
        let now = self.context.shared.clock.now_ms();
        self.change(|s| {
            if status != SessionStatus::ScanQr {
                s.qr = None;
                s.pairing_code = None;
            }
            s.connected_since_ms =
                (status == SessionStatus::Connected).then(|| s.connected_since_ms.unwrap_or(now));
            s.status = status;
            s.cause = cause.map(str::to_owned);
        })
        .await;
    }

    pub(super) async fn set_cause(&self, cause: &str) {
        self.change(|s| s.cause = Some(cause.to_owned())).await;
    }

    pub(super) async fn show_qr(&self, qr: String) {
        self.change(|s| {
            s.status = SessionStatus::ScanQr;
            s.cause = None;
            s.qr = Some(qr);
        })
        .await;
    }

    pub(super) async fn show_pairing_code(&self, code: String) {
        self.change(|s| {
            s.status = SessionStatus::ScanQr;
            s.pairing_code = Some(code);
        })
        .await;
    }

    /// Logged in: the account is known now.
    pub(super) async fn connected(&self, client: &Client) {
        self.snapshot.send_modify(|s| {
            s.pn = client.pn().map(|jid| jid.to_non_ad_string()).or(s.pn.take());
            s.lid = client.lid().map(|jid| jid.to_non_ad_string()).or(s.lid.take());
            s.push_name = Some(client.push_name())
                .filter(|name| !name.is_empty())
                .or(s.push_name.take());
        });
        self.note_identity().await;
        self.set(SessionStatus::Connected, None).await;
    }

    pub(super) async fn set_push_name(&self, name: String) {
        self.snapshot.send_modify(|s| s.push_name = Some(name));
        if self.status() == SessionStatus::Connected {
            self.note_identity().await;
        }
    }

    /// The account is no longer linked (the rows were removed by the caller).
    pub(super) fn forget_account(&self) {
        self.snapshot.send_modify(|s| {
            s.pn = None;
            s.lid = None;
            s.push_name = None;
        });
    }

    async fn note_identity(&self) {
        let identity = {
            let s = self.snapshot.borrow();
            Identity {
                pn: s.pn.clone(),
                lid: s.lid.clone(),
                push_name: s.push_name.clone(),
            }
        };
        let shared = &self.context.shared;
        if let Err(error) = shared
            .storage
            .set_identity(&self.context.id, identity, shared.clock.now_ms())
            .await
        {
            tracing::error!(session.id = %self.context.id, error = %error, "the account was not noted");
        }
    }

    /// Readers see it at once. Only a change of status or cause is worth a row and an event: QR codes rotate.
    async fn change(&self, edit: impl FnOnce(&mut SessionSnapshot)) {
        let mut worth_telling = false;
        self.snapshot.send_modify(|s| {
            let before = (s.status, s.cause.clone());
            edit(s);
            worth_telling = before != (s.status, s.cause.clone());
        });
        if !worth_telling {
            return;
        }
        let (status, cause) = {
            let s = self.snapshot.borrow();
            (s.status.as_str(), s.cause.clone())
        };
        let shared = &self.context.shared;
        let now = shared.clock.now_ms();
        let event = self.context.event(
            format!("evt_{}", wagate_storage::new_row_id()),
            kind::CONNECTION_UPDATE,
            None,
            &json!({ "status": status, "cause": cause }),
        );
        let (noted, told) = tokio::join!(
            shared
                .storage
                .set_status(&self.context.id, status, cause.as_deref(), now),
            shared.storage.append_events(vec![event])
        );
        if let Err(error) = noted.and(told) {
            tracing::error!(session.id = %self.context.id, error = %error, "a state change was not written down");
        }
        shared.announce();
    }
}
