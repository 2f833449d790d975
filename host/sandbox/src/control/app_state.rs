//! `/phones/{number}/app-state`: what the phone's screen shows, and what its owner changes there.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Failure, phone};
use super::inbox::From;
use crate::accounts::{AccountId, Namespace};
use crate::app_state::action::{Change, MessageName};
use crate::app_state::view;
use crate::hub::Hub;
use crate::phone::{app_state, content::build::Surroundings as _, world::World};
use crate::state;

/// `GET`: with `wait`, once it has changed. `after` is the sum of all versions.
pub(super) async fn get(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    Query(from): Query<From>,
) -> Result<Json<Value>, Failure> {
    let account = hub.read(|state| phone(state, &number))?;
    let sum = |state: &state::State| {
        let view = view::of(&state.accounts, state.accounts.get(account)?);
        let sum: u64 = view.versions.values().sum();
        Some((view, sum))
    };
    let changed = |state: &state::State| sum(state).filter(|(_, sum)| *sum > from.after);
    let found = match hub.wait_for(from.limit(), changed).await {
        Some(found) => Some(found),
        None => hub.read(sum),
    };
    let (view, sum) = found.ok_or_else(|| Failure::new(500, "the phone is gone"))?;
    let mut answer = json!(view);
    if let Value::Object(fields) = &mut answer {
        fields.insert("next".to_owned(), json!(sum));
    }
    Ok(Json(answer))
}

/// What is to be changed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    changes: Vec<Wanted>,
    /// Linked devices are not told: they find out when they write themselves, and are refused for a conflict.
    #[serde(default)]
    quiet: bool,
}

/// One change.
#[derive(Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
enum Wanted {
    PushName {
        name: String,
    },
    Archive {
        chat: String,
        archived: bool,
    },
    /// Until a time in Unix milliseconds, -1 for good; without it, no longer muted.
    Mute {
        chat: String,
        until: Option<i64>,
    },
    Pin {
        chat: String,
        pinned: bool,
    },
    Read {
        chat: String,
        read: bool,
    },
    Clear {
        chat: String,
    },
    Delete {
        chat: String,
    },
    Star {
        message: String,
        starred: bool,
    },
    DeleteForMe {
        message: String,
    },
    Contact {
        number: String,
        name: String,
        first_name: Option<String>,
    },
    RemoveContact {
        number: String,
    },
    Label {
        id: String,
        #[serde(default)]
        name: String,
        #[serde(default)]
        color: i32,
        #[serde(default)]
        deleted: bool,
    },
    LabelChat {
        label: String,
        chat: String,
        labeled: bool,
    },
}

/// The most changes in one request.
const MAX_CHANGES: usize = 5_000;

/// `POST`.
pub(super) async fn change(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let asked: Asked = super::body::read(&body)?;
    if asked.changes.is_empty() || asked.changes.len() > MAX_CHANGES {
        return Err(Failure::field("changes", format!("must be 1 to {MAX_CHANGES}")));
    }
    let versions = hub.update(|state| {
        let account = phone(state, &number)?;
        let changes: Vec<Change> = asked
            .changes
            .into_iter()
            .map(|wanted| change_of(state, account, wanted))
            .collect::<Result<_, _>>()?;
        app_state::write(state, account, &changes, asked.quiet).map_err(|error| Failure::new(409, error))
    })?;
    let versions: serde_json::Map<String, Value> = versions
        .into_iter()
        .map(|(name, version)| (name, json!(version)))
        .collect();
    Ok(Json(json!({ "versions": versions })))
}

fn change_of(state: &state::State, account: AccountId, wanted: Wanted) -> Result<Change, Failure> {
    let chat = |typed: String| chat(state, account, &typed);
    Ok(match wanted {
        Wanted::PushName { name } => Change::push_name(&name),
        Wanted::Archive {
            chat: typed,
            archived,
        } => Change::archive(chat(typed)?, archived),
        Wanted::Mute { chat: typed, until } => Change::mute(chat(typed)?, until),
        Wanted::Pin { chat: typed, pinned } => Change::pin(chat(typed)?, pinned),
        Wanted::Read { chat: typed, read } => Change::read(chat(typed)?, read),
        Wanted::Clear { chat: typed } => Change::clear(chat(typed)?),
        Wanted::Delete { chat: typed } => Change::delete(chat(typed)?),
        Wanted::Star { message, starred } => Change::star(name(state, account, &message)?, starred),
        Wanted::DeleteForMe { message } => Change::delete_for_me(name(state, account, &message)?),
        Wanted::Contact {
            number,
            name,
            first_name,
        } => {
            let (person, lid) = person(state, &number)?;
            Change::contact(person, lid, name, first_name)
        }
        Wanted::RemoveContact { number } => Change::remove_contact(person(state, &number)?.0),
        Wanted::Label {
            id,
            name,
            color,
            deleted,
        } => Change::label(id, name, color, deleted),
        Wanted::LabelChat {
            label,
            chat: typed,
            labeled,
        } => Change::label_chat(label, chat(typed)?, labeled),
    })
}

/// A chat as the phone addresses it.
fn chat(state: &state::State, account: AccountId, typed: &str) -> Result<String, Failure> {
    let world = world(state, account)?;
    if let Some(person) = world.person(typed) {
        return Ok(person);
    }
    match typed.parse::<wacore_binary::Jid>() {
        Ok(jid) if typed.contains('@') => Ok(jid.to_string()),
        _ => Err(Failure::field(
            "chat",
            format!("{typed} is nobody's number on this network, and no jid"),
        )),
    }
}

/// A message the phone has, as app state names it.
fn name(state: &state::State, account: AccountId, id: &str) -> Result<MessageName, Failure> {
    let known = world(state, account)?
        .known(id)
        .ok_or_else(|| Failure::field("message", format!("the phone has no message {id}")))?;
    Ok(MessageName {
        chat: known.key.remote_jid.unwrap_or_default(),
        id: id.to_owned(),
        from_me: known.key.from_me == Some(true),
        participant: known.key.participant,
    })
}

/// A number's address, and its LID if it is somebody's. The address book may hold numbers that are not on the network.
fn person(state: &state::State, typed: &str) -> Result<(String, Option<String>), Failure> {
    let digits = typed.trim_start_matches('+');
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Failure::field("number", "must be digits"));
    }
    let lid = state
        .accounts
        .by_number(digits)
        .and_then(|id| state.accounts.get(id))
        .map(|account| account.jid(Namespace::Lid, 0).to_string());
    Ok((format!("{digits}@s.whatsapp.net"), lid))
}

fn world(state: &state::State, account: AccountId) -> Result<World<'_>, Failure> {
    let namespace = state
        .accounts
        .get(account)
        .ok_or_else(|| Failure::new(500, "the phone is gone"))?
        .phone
        .addressing;
    Ok(World {
        state,
        account,
        namespace,
    })
}
