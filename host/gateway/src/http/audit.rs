//! The audit log as the API writes it: one line for each change that decides about users, keys, sessions or the gateway,
//! done or refused. Handlers add what it was done to; the layer adds who and from where.

use axum::extract::MatchedPath;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::Response;
use serde_json::Value;
use wagate_storage::audit::{AuditRow, Outcome};
use wagate_storage::new_row_id;

use super::gate::Entered;
use super::observe::RequestId;
use super::origin::Origin;
use super::state::ApiState;
use crate::auth::need::Need;

/// Longest text of an actor or target: whatever was typed, however long it is.
const MAX_TEXT: usize = 254;

/// What a handler adds to the line about its request; an extension of the response.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    /// The row id or name of what it was done to.
    pub(crate) target: Option<String>,
    /// More: never a secret, never what somebody wrote.
    pub(crate) detail: Option<Value>,
}

impl About {
    /// Something was done to this.
    pub(crate) fn target(target: impl Into<String>) -> Self {
        Self {
            target: Some(target.into()),
            detail: None,
        }
    }

    /// With more about it.
    pub(crate) fn with(mut self, detail: Value) -> Self {
        self.detail = Some(detail);
        self
    }

    /// Puts it onto a response.
    pub(crate) fn on(self, mut response: Response) -> Response {
        response.extensions_mut().insert(self);
        response
    }
}

/// What is known of a request before its handler runs.
pub(crate) struct Noted {
    row: AuditRow,
}

impl Noted {
    /// None when the request is no change that is worth a line.
    pub(crate) fn before(parts: &Parts, need: Need, entered: Option<&Entered>) -> Option<Self> {
        let route = parts.extensions.get::<MatchedPath>()?.as_str().to_owned();
        Self::of(parts, need, entered, &route)
    }

    /// The same for a route with this template.
    pub(crate) fn of(parts: &Parts, need: Need, entered: Option<&Entered>, route: &str) -> Option<Self> {
        if !need.is_audited() || matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return None;
        }
        let who = &entered?.principal;
        let mut row = entry(parts, &format!("{} {route}", parts.method), &who.email);
        row.actor_id = Some(who.user_id.clone());
        Some(Self { row })
    }

    /// Writes the line, now that it is known how it went. What was wrong with a request is no act.
    pub(crate) async fn after(mut self, state: &ApiState, response: &mut Response) {
        let about = response.extensions_mut().remove::<About>().unwrap_or_default();
        let outcome = match response.status().as_u16() {
            200..=399 => Outcome::Ok,
            401 | 403 => Outcome::Refused,
            _ => return,
        };
        self.row.outcome = outcome;
        self.row.target = about.target.map(cut);
        self.row.detail = about.detail.map(|detail| detail.to_string());
        write(state, self.row).await;
    }
}

/// Writes a line about somebody who is not logged in (yet): a login, a registration.
pub(crate) async fn about_stranger(
    state: &ApiState,
    parts: &Parts,
    action: &str,
    typed: &str,
    user_id: Option<String>,
    outcome: Outcome,
) {
    let mut row = entry(parts, action, typed);
    row.actor_id = user_id;
    row.outcome = outcome;
    write(state, row).await;
}

fn entry(parts: &Parts, action: &str, actor: &str) -> AuditRow {
    AuditRow {
        id: new_row_id(),
        at: 0,
        actor_id: None,
        actor: cut(actor.to_owned()),
        action: action.to_owned(),
        target: None,
        outcome: Outcome::Ok,
        detail: None,
        address: parts.extensions.get::<Origin>().and_then(Origin::address_text),
        request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()),
    }
}

/// What was done is done: a line that cannot be written is an error in the log, and no answer.
async fn write(state: &ApiState, mut row: AuditRow) {
    row.at = state.clock.now_ms();
    tracing::info!(
        action = row.action,
        actor.id = row.actor_id.as_deref().unwrap_or("-"),
        target = row.target.as_deref().unwrap_or("-"),
        outcome = row.outcome.as_str(),
        "audit"
    );
    if let Err(error) = state.storage.append_audit(row).await {
        tracing::error!(%error, "a line of the audit log was not written");
    }
}

fn cut(text: String) -> String {
    if text.chars().count() <= MAX_TEXT {
        return text;
    }
    text.chars().take(MAX_TEXT).collect()
}
