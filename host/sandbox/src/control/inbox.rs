//! `GET /phones/{number}/inbox`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LONGEST_WAIT;
use super::answer::{Failure, phone};
use crate::hub::Hub;
use crate::phone::content::raw;
use crate::phone::mailbox::Received;

/// Where to start and how long to wait for something to be there.
#[derive(Deserialize)]
pub(super) struct From {
    #[serde(default)]
    pub(super) after: u64,
    /// Milliseconds.
    #[serde(default)]
    pub(super) wait: u64,
}

impl From {
    pub(super) fn limit(&self) -> Duration {
        Duration::from_millis(self.wait).min(LONGEST_WAIT)
    }
}

/// Messages, and where to go on.
#[derive(Serialize)]
pub(super) struct Page {
    messages: Vec<View>,
    next: u64,
}

/// A message with its protobuf.
#[derive(Serialize)]
struct View {
    #[serde(flatten)]
    received: Received,
    /// Base64.
    proto: String,
    /// As JSON, without what is not set.
    raw: Value,
}

impl std::convert::From<Received> for View {
    fn from(received: Received) -> Self {
        Self {
            proto: BASE64_STANDARD.encode(waproto::codec::message_to_vec(&received.message)),
            raw: raw::json(&received.message),
            received,
        }
    }
}

pub(super) async fn get(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    Query(from): Query<From>,
) -> Result<Json<Page>, Failure> {
    let account = hub.read(|state| phone(state, &number))?;
    let look = |state: &crate::state::State| {
        let messages = state
            .accounts
            .get(account)?
            .phone
            .inbox
            .after(from.after)
            .to_vec();
        (!messages.is_empty()).then_some(messages)
    };
    let messages = hub.wait_for(from.limit(), look).await.unwrap_or_default();
    let next = messages.last().map_or(from.after, |message| message.seq);
    let messages = messages.into_iter().map(View::from).collect();
    Ok(Json(Page { messages, next }))
}
