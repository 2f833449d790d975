//! `GET /phones/{number}/inbox`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};

use super::LONGEST_WAIT;
use super::answer::{Failure, phone};
use crate::hub::Hub;
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
    messages: Vec<Received>,
    next: u64,
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
    Ok(Json(Page { messages, next }))
}
