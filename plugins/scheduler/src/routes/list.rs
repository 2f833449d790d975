//! `GET /api/scheduler/{sessionId}`

use serde::Deserialize;
use wagate_plugin_api::{Error, Host, Request, Response, SessionRow};

use crate::item::{Item, Status};
use crate::row::ScheduledMessageWithSession;
use crate::{Scheduler, shelf};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    tab: Option<Tab>,
}

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tab {
    Pending,
    History,
}

/// By their moment; those that are over the newest first.
pub(crate) fn list(_plugin: &Scheduler, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let Query { tab } = request.query_as()?;
    let mut items = shelf::all(host, &session.id)?;
    let is_pending = |item: &Item| item.status == Status::Pending;
    match tab {
        None => {}
        Some(Tab::Pending) => items.retain(is_pending),
        Some(Tab::History) => {
            items.retain(|item| !is_pending(item));
            items.reverse();
        }
    }
    let row = SessionRow::from(host.session(&session.id)?);
    let items = items
        .into_iter()
        .map(|item| ScheduledMessageWithSession::of(item, &row));
    Response::data(
        "Scheduled messages retrieved successfully",
        &items.collect::<Vec<_>>(),
    )
}
