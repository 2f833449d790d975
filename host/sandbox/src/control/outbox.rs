//! `GET /phones/{number}/outbox`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Serialize;

use super::answer::{Failure, phone};
use super::inbox::From;
use crate::hub::Hub;
use crate::phone::mailbox::Sent;

/// Messages with their receipts, and where to go on.
#[derive(Serialize)]
pub(super) struct Page {
    messages: Vec<Sent>,
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
            .outbox
            .after(from.after)
            .to_vec();
        (!messages.is_empty()).then_some(messages)
    };
    let messages = hub.wait_for(from.limit(), look).await.unwrap_or_default();
    let next = messages.last().map_or(from.after, |message| message.seq);
    Ok(Json(Page { messages, next }))
}
