//! `POST /phones/{number}/messages`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::answer::{Failure, phone};
use super::fields::Fields;
use crate::accounts::AccountId;
use crate::hub::Hub;
use crate::phone::mailbox::Sent;
use crate::phone::send::{self, Draft};
use crate::state;

pub(super) async fn send(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Sent>), Failure> {
    let fields = Fields::parse(&body)?;
    let to = fields.required("to")?;
    let text = fields.required("text")?.to_owned();
    let id = fields.optional("id")?.map(str::to_owned);
    if id.as_deref().is_some_and(str::is_empty) {
        return Err(Failure::field("id", "must not be empty"));
    }
    hub.update(|state| {
        let from = phone(state, &number)?;
        let to = account(state, "to", to)?;
        let sent = send::text(state, from, Draft { to, text, id })?;
        Ok((StatusCode::CREATED, Json(sent)))
    })
}

/// The account a person means by digits or by an address.
pub(super) fn account(state: &state::State, field: &'static str, typed: &str) -> Result<AccountId, Failure> {
    let found = if typed.contains('@') {
        let jid = typed.parse().map_err(|_| Failure::field(field, "is not a jid"))?;
        state.accounts.find(&jid)
    } else {
        state.accounts.by_number(typed.trim_start_matches('+'))
    };
    found.ok_or_else(|| Failure::field(field, format!("nobody on this network is {typed}")))
}
