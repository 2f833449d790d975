//! `GET /events`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use serde::Serialize;

use super::inbox::From;
use crate::hub::Hub;
use crate::journal::Entry;

/// Events, and where to go on.
#[derive(Serialize)]
pub(super) struct Page {
    events: Vec<Entry>,
    next: u64,
}

pub(super) async fn get(State(hub): State<Arc<Hub>>, Query(from): Query<From>) -> Json<Page> {
    let look = |state: &crate::state::State| {
        (state.journal.last() > from.after).then(|| state.journal.after(from.after))
    };
    let events = hub.wait_for(from.limit(), look).await.unwrap_or_default();
    let next = events.last().map_or(from.after, |event| event.seq);
    Json(Page { events, next })
}
