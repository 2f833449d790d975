//! `POST /phones/{number}/messages`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::Value;
use wacore_binary::{Jid, Server};
use waproto::whatsapp::Message;

use super::answer::{Failure, phone};
use super::fields::Fields;
use crate::accounts::{AccountId, Namespace};
use crate::groups::GroupId;
use crate::hub::Hub;
use crate::phone::content::{self, Spec};
use crate::phone::mailbox::Sent;
use crate::phone::media::{self, Prepared};
use crate::phone::post;
use crate::phone::read::Chat;
use crate::phone::send::{self, Draft};
use crate::phone::world::World;
use crate::state;

pub(super) async fn send(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Sent>), Failure> {
    let fields = Fields::parse(&body)?;
    let to = fields.required("to")?;
    let spec = spec(&fields)?;
    let id = fields.optional("id")?.map(str::to_owned);
    if id.as_deref().is_some_and(str::is_empty) {
        return Err(Failure::field("id", "must not be empty"));
    }
    // Nothing is uploaded for somebody who does not exist.
    hub.read(|state| {
        phone(state, &number)?;
        chat(state, "to", to)
    })?;
    let prepared = media::prepare_in_background(Arc::clone(&hub.media), spec).await?;
    hub.update(|state| {
        let from = phone(state, &number)?;
        let sent = match chat(state, "to", to)? {
            Chat::Person(to) => {
                let namespace = addressing(state, from);
                let message = build(state, from, namespace, &prepared)?;
                send::message(state, from, Draft { to, message, id })?
            }
            Chat::Room(room) => {
                let group = GroupId::of(&room).ok_or_else(|| {
                    Failure::field("to", "a status is posted with POST /phones/{number}/status")
                })?;
                let namespace = state.groups.get(&group)?.addressing;
                let message = build(state, from, namespace, &prepared)?;
                post::group(state, from, &group, message, id)?
            }
        };
        Ok((StatusCode::CREATED, Json(sent)))
    })
}

/// How a phone addresses people in chats with one of them.
fn addressing(state: &state::State, from: AccountId) -> Namespace {
    state
        .accounts
        .get(from)
        .map_or(Namespace::Pn, |account| account.phone.addressing)
}

/// Builds the message for a chat in which people are addressed in that namespace.
pub(super) fn build(
    state: &state::State,
    account: AccountId,
    namespace: Namespace,
    prepared: &Prepared,
) -> Result<Message, Failure> {
    let world = World {
        state,
        account,
        namespace,
    };
    Ok(content::build::build(prepared, &world)?)
}

/// What is to be sent: `content`, or `text` for short.
pub(super) fn spec(fields: &Fields) -> Result<Spec, Failure> {
    match (fields.part("content")?, fields.part::<Value>("text")?) {
        (Some(content), None) => Ok(Spec::parse(content)?),
        (None, Some(_)) => Ok(Spec::text(fields.required("text")?)),
        (Some(_), Some(_)) => Err(Failure::field("text", "is not allowed beside content")),
        (None, None) => Err(Failure::field("text", "is missing, and so is content")),
    }
}

/// The chat a person means: somebody, a group, or the status broadcast.
pub(super) fn chat(state: &state::State, field: &'static str, typed: &str) -> Result<Chat, Failure> {
    let jid: Option<Jid> = typed.contains('@').then(|| typed.parse().ok()).flatten();
    match jid {
        Some(room) if matches!(room.server, Server::Group | Server::Broadcast) => Ok(Chat::Room(room)),
        _ => Ok(Chat::Person(account(state, field, typed)?)),
    }
}

/// The accounts a list of numbers and addresses means.
pub(super) fn accounts(
    state: &state::State,
    field: &'static str,
    typed: &[String],
) -> Result<Vec<AccountId>, Failure> {
    typed.iter().map(|typed| account(state, field, typed)).collect()
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
