//! `GET /phones/{number}/signals`: what reached a phone besides messages.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Serialize;

use super::answer::{Failure, phone};
use super::inbox::From;
use crate::hub::Hub;
use crate::phone::signals::Signal;

/// Signals, and where to go on.
#[derive(Serialize)]
pub(super) struct Page {
    signals: Vec<Signal>,
    next: u64,
}

pub(super) async fn get(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    Query(from): Query<From>,
) -> Result<Json<Page>, Failure> {
    let account = hub.read(|state| phone(state, &number))?;
    let look = |state: &crate::state::State| {
        let signals = state.accounts.get(account)?.phone.signals.after(from.after);
        (!signals.is_empty()).then_some(signals)
    };
    let signals = hub.wait_for(from.limit(), look).await.unwrap_or_default();
    let next = signals.last().map_or(from.after, |signal| signal.seq);
    Ok(Json(Page { signals, next }))
}
