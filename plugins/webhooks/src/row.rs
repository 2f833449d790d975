//! A webhook as the contract shows it, with how it does beside it. Secrets are masked, whoever asks.

use serde::Serialize;
use wagate_plugin_api::delivery::EndpointStatus;
use wagate_plugin_api::{SessionRow, iso8601};

use crate::payload::PayloadVersion;
use crate::shelf::Webhook;

/// What stands where a secret is not shown.
const MASK: &str = "********";

/// The contract's `Webhook`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookRow {
    id: String,
    user_id: String,
    session_id: String,
    name: String,
    url: String,
    secret: Option<String>,
    has_secret: bool,
    events: Vec<String>,
    is_active: bool,
    payload_version: PayloadVersion,
    timeout_ms: Option<u32>,
    concurrency: Option<u32>,
    health: Health,
    created_at: String,
    updated_at: String,
}

/// How its endpoint does.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    /// `ACTIVE`, `FAILING`, `WAITING` (everything waits for it), `PAUSED`, `DISABLED`.
    state: &'static str,
    reason: Option<String>,
    failing_since: Option<String>,
    held_until: Option<String>,
    pending: u64,
    dead: u64,
}

/// The contract's `WebhookWithSession`.
#[derive(Debug, Serialize)]
pub(crate) struct WebhookWithSession {
    #[serde(flatten)]
    row: WebhookRow,
    session: SessionRow,
}

impl WebhookRow {
    /// `status` is what the host says about its endpoint.
    pub(crate) fn of(webhook: Webhook, session_id: &str, status: Option<&EndpointStatus>) -> Self {
        let health = Health::of(&webhook, status);
        Self {
            secret: webhook.has_secret.then(|| MASK.to_owned()),
            has_secret: webhook.has_secret,
            // One that was given up gets nothing, whatever its owner wanted.
            is_active: webhook.is_active && health.state != "DISABLED",
            session_id: session_id.to_owned(),
            id: webhook.id,
            user_id: webhook.user_id,
            name: webhook.name,
            url: webhook.url,
            events: webhook.events,
            payload_version: webhook.payload_version,
            timeout_ms: webhook.timeout_ms,
            concurrency: webhook.concurrency,
            health,
            created_at: iso8601(webhook.created_at_ms),
            updated_at: iso8601(webhook.updated_at_ms),
        }
    }

    /// Shows the secret, to whoever has just set it.
    pub(crate) fn with_secret(self, secret: Option<String>) -> Self {
        Self { secret, ..self }
    }
}

impl Health {
    fn of(webhook: &Webhook, status: Option<&EndpointStatus>) -> Self {
        let state = match status.map(|status| status.status.as_str()) {
            Some("DISABLED") => "DISABLED",
            Some("PAUSED") => "PAUSED",
            _ if !webhook.is_active => "PAUSED",
            _ if status.is_some_and(|status| status.held_until_ms.is_some()) => "WAITING",
            _ if status.is_some_and(|status| status.failing_since_ms.is_some()) => "FAILING",
            _ => "ACTIVE",
        };
        let moment = |ms: Option<i64>| ms.map(iso8601);
        Self {
            state,
            reason: status.and_then(|status| status.reason.clone()),
            failing_since: moment(status.and_then(|status| status.failing_since_ms)),
            held_until: moment(status.and_then(|status| status.held_until_ms)),
            pending: status.map_or(0, |status| status.pending),
            dead: status.map_or(0, |status| status.dead),
        }
    }
}

impl WebhookWithSession {
    pub(crate) fn of(webhook: Webhook, session: &SessionRow, status: Option<&EndpointStatus>) -> Self {
        Self {
            row: WebhookRow::of(webhook, &session.id, status),
            session: session.clone(),
        }
    }
}
