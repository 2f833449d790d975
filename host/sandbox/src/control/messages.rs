//! `POST /phones/{number}/messages`.

use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, interval_at};
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

/// The most texts of one series.
const MAX_TIMES: u64 = 100_000;
/// The longest between two of them, ms.
const MAX_EVERY_MS: u64 = 60_000;
/// What stands for a text's number in its series, from 1.
const NUMBER: &str = "{n}";

pub(super) async fn send(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Sent>), Failure> {
    let fields = Fields::parse(&body)?;
    let to = fields.required("to")?;
    let mut spec = spec(&fields)?;
    let id = fields.optional("id")?.map(str::to_owned);
    if id.as_deref().is_some_and(str::is_empty) {
        return Err(Failure::field("id", "must not be empty"));
    }
    let series = Series::asked(&fields)?;
    if let Some(series) = &series {
        spec = series.text(1);
    }
    // Nothing is uploaded for somebody who does not exist.
    hub.read(|state| {
        phone(state, &number)?;
        chat(state, "to", to)
    })?;
    let prepared = media::prepare_in_background(Arc::clone(&hub.media), spec).await?;
    let sent = hub.update(|state| deliver(state, &number, to, &prepared, id))?;
    if let Some(series) = series {
        tokio::spawn(series.go_on(Arc::downgrade(&hub), number, to.to_owned()));
    }
    Ok((StatusCode::CREATED, Json(sent)))
}

fn deliver(
    state: &mut state::State,
    number: &str,
    to: &str,
    prepared: &Prepared,
    id: Option<String>,
) -> Result<Sent, Failure> {
    let from = phone(state, number)?;
    Ok(match chat(state, "to", to)? {
        Chat::Person(to) => {
            let namespace = addressing(state, from);
            let message = build(state, from, namespace, prepared)?;
            send::message(state, from, Draft { to, message, id })?
        }
        Chat::Room(room) => {
            let group = GroupId::of(&room).ok_or_else(|| {
                Failure::field("to", "a status is posted with POST /phones/{number}/status")
            })?;
            let namespace = state.groups.get(&group)?.addressing;
            let message = build(state, from, namespace, prepared)?;
            post::group(state, from, &group, message, id)?
        }
    })
}

/// How often and how fast.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Repeat {
    times: u64,
    every_ms: u64,
}

/// Texts a phone writes by itself: a load needs no request for each.
struct Series {
    text: String,
    times: u64,
    every: Duration,
}

impl Series {
    fn asked(fields: &Fields) -> Result<Option<Self>, Failure> {
        let Some(Repeat { times, every_ms }) = fields.part("repeat")? else {
            return Ok(None);
        };
        for beside in ["content", "id"] {
            if fields.value(beside).is_some() {
                return Err(Failure::field(
                    "repeat",
                    format!("is for a text, without {beside}"),
                ));
            }
        }
        let within = |field: &'static str, value: u64, most: u64| {
            let wrong = || Failure::field(field, format!("must be 1 to {most}"));
            (1..=most).contains(&value).then_some(()).ok_or_else(wrong)
        };
        within("repeat.times", times, MAX_TIMES)?;
        within("repeat.everyMs", every_ms, MAX_EVERY_MS)?;
        Ok(Some(Self {
            text: fields.required("text")?.to_owned(),
            times,
            every: Duration::from_millis(every_ms),
        }))
    }

    fn text(&self, number: u64) -> Spec {
        Spec::text(&self.text.replace(NUMBER, &number.to_string()))
    }

    /// All but the first, on time; ends with the network, and where the phone or the group refuses.
    async fn go_on(self, hub: Weak<Hub>, number: String, to: String) {
        // What was late is made up for at once, as an interval does.
        let mut due = interval_at(Instant::now() + self.every, self.every);
        for n in 2..=self.times {
            due.tick().await;
            let Some(hub) = hub.upgrade() else { return };
            let prepared = Prepared::without_file(self.text(n));
            if let Err(failure) = hub.update(|state| deliver(state, &number, &to, &prepared, None)) {
                tracing::warn!(phone = %number, ?failure, "a series of texts ends at {n} of {}", self.times);
                return;
            }
        }
    }
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
