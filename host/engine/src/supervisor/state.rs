//! The session's state: shown to readers at once, written down, and told as an event.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::json;
use tokio::sync::watch;
use wagate_protocol::event::kind;
use wagate_storage::sessions::{Desired, Identity, SessionRow};
use whatsapp_rust::Client;

use crate::context::SessionContext;
use crate::{PasskeyRequest, SessionSnapshot, SessionStatus};

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
            passkey: None,
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
                s.passkey = None;
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
        let told = qr.clone();
        self.change(|s| {
            s.status = SessionStatus::ScanQr;
            s.cause = None;
            s.qr = Some(qr);
        })
        .await;
        self.tell_code(Some(&told), None).await;
    }

    pub(super) async fn show_pairing_code(&self, code: String) {
        let told = code.clone();
        self.change(|s| {
            s.status = SessionStatus::ScanQr;
            s.pairing_code = Some(code);
        })
        .await;
        self.tell_code(None, Some(&told)).await;
    }

    /// The account wants its passkey: told as a cause, and as an event of its own.
    pub(super) async fn show_passkey(&self, request: PasskeyRequest) {
        let stage = request.stage();
        self.change(|s| {
            s.status = SessionStatus::ScanQr;
            s.cause = Some("passkey-required".to_owned());
            s.passkey = Some(request);
        })
        .await;
        let event = self.context.event(
            format!("evt_{}", wagate_storage::new_row_id()),
            kind::SESSION_PASSKEY,
            None,
            &json!({ "stage": stage }),
        );
        let shared = &self.context.shared;
        if let Err(error) = shared.storage.append_events(vec![event]).await {
            tracing::error!(session.id = %self.context.id, error = %error, "a request for a passkey was not written down");
        }
        shared.announce();
    }

    /// Whether a passkey is asked for.
    pub(super) fn wants_passkey(&self) -> bool {
        self.snapshot.borrow().passkey.is_some()
    }

    /// It is asked for no more.
    pub(super) async fn passkey_ended(&self, cause: &str) {
        self.change(|s| {
            s.passkey = None;
            s.cause = Some(cause.to_owned());
        })
        .await;
    }

    /// Linked, and about to log in: the account is known now. What its phone sends at once, such as the history, is read
    /// with that knowledge.
    pub(super) async fn paired(&self, client: &Client) {
        self.learn(client).await;
        self.set(SessionStatus::Connecting, Some("paired")).await;
    }

    /// Logged in.
    pub(super) async fn connected(&self, client: &Client) {
        self.learn(client).await;
        self.set(SessionStatus::Connected, None).await;
    }

    async fn learn(&self, client: &Client) {
        self.snapshot.send_modify(|s| {
            s.pn = client.pn().map(|jid| jid.to_non_ad_string()).or(s.pn.take());
            s.lid = client.lid().map(|jid| jid.to_non_ad_string()).or(s.lid.take());
            s.push_name = Some(client.push_name())
                .filter(|name| !name.is_empty())
                .or(s.push_name.take());
        });
        self.note_identity().await;
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

    /// A code is told each time: whoever shows it elsewhere has no other way to learn of the next one. It is worthless
    /// after a minute.
    async fn tell_code(&self, qr: Option<&str>, pairing_code: Option<&str>) {
        let shared = &self.context.shared;
        let data = json!({
            "status": SessionStatus::ScanQr.as_str(), "cause": null, "qr": qr, "pairingCode": pairing_code,
        });
        let events = [kind::CONNECTION_UPDATE, kind::SESSION_QR]
            .map(|kind| self.context.event(new_event_id(), kind, None, &data));
        if let Err(error) = shared.storage.append_events(events.into()).await {
            tracing::error!(session.id = %self.context.id, error = %error, "a code was not told");
        }
        shared.announce();
    }

    /// Readers see it at once. Only a change of status or cause is worth a row and an event: codes rotate.
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
        let data = json!({ "status": status, "cause": cause, "qr": null });
        // Two names of one fact: the original's, and ours.
        let events = [kind::CONNECTION_UPDATE, kind::SESSION_STATUS]
            .map(|kind| self.context.event(new_event_id(), kind, None, &data));
        let (noted, told) = tokio::join!(
            shared
                .storage
                .set_status(&self.context.id, status, cause.as_deref(), now),
            shared.storage.append_events(events.into())
        );
        if let Err(error) = noted.and(told) {
            tracing::error!(session.id = %self.context.id, error = %error, "a state change was not written down");
        }
        shared.announce();
    }
}

fn new_event_id() -> String {
    format!("evt_{}", wagate_storage::new_row_id())
}
