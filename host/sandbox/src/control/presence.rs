//! `POST /phones/{number}/presence` and `POST /phones/{number}/typing`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Failure, phone};
use super::fields::Fields;
use super::messages;
use crate::accounts::DeviceAddress;
use crate::hub::Hub;
use crate::phone::read::Chat;
use crate::presence::{self, Typing};

pub(super) async fn set(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let fields = Fields::parse(&body)?;
    let available = fields
        .flag("available")?
        .ok_or_else(|| Failure::field("available", "is missing"))?;
    hub.update(|state| {
        let account = phone(state, &number)?;
        presence::set(state, DeviceAddress { account, device: 0 }, available);
        Ok(Json(json!({ "online": state.presence.is_online(account) })))
    })
}

pub(super) async fn typing(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<StatusCode, Failure> {
    let fields = Fields::parse(&body)?;
    let to = fields.required("to")?;
    let typing = match fields.optional("state")? {
        None => Typing::Composing,
        Some(name) => Typing::parse(name)
            .ok_or_else(|| Failure::field("state", "must be composing, recording or paused"))?,
    };
    hub.update(|state| {
        let account = phone(state, &number)?;
        let to = match messages::chat(state, "to", to)? {
            Chat::Room(room) => room,
            Chat::Person(other) => {
                let namespace = state
                    .accounts
                    .get(account)
                    .map(|account| account.phone.addressing);
                let other = state.accounts.get(other);
                let (Some(namespace), Some(other)) = (namespace, other) else {
                    return Err(Failure::new(500, "the phone is gone"));
                };
                other.jid(namespace, 0)
            }
        };
        presence::chatstate(state, DeviceAddress { account, device: 0 }, &to, typing);
        Ok(StatusCode::NO_CONTENT)
    })
}
