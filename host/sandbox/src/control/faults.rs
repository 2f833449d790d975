//! `POST /faults`, `GET /faults`, `DELETE /faults`, `DELETE /faults/{id}` and `POST /restart`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use wacore_binary::Node;

use super::answer::{Failure, phone};
use super::fields::Fields;
use crate::faults::rule::{Action, Direction, Ending, Moment, Point, Rule};
use crate::faults::{self, MOST};
use crate::hub::Hub;
use crate::later::{self, Effect};
use crate::stanza::stream;
use crate::state;

/// The longest a stanza is held back, and the longest the server stays down.
const LONGEST: Duration = Duration::from_mins(10);
/// How long a stanza waits for others to overtake it when nobody says otherwise.
const OVERTAKEN_WITHIN: Duration = Duration::from_secs(1);

pub(super) async fn add(
    State(hub): State<Arc<Hub>>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let fields = Fields::parse(&body)?;
    hub.update(|state| {
        let rule = rule(state, &fields)?;
        if let Action::End(ending, _) = &rule.action
            && rule.tag.is_none()
        {
            let ended = end_now(state, &rule, ending);
            return Ok((StatusCode::OK, Json(json!({ "ended": ended }))));
        }
        if state.faults.len() >= MOST {
            return Err(Failure::new(409, format!("there are {MOST} faults already")));
        }
        let id = state.faults.add(rule);
        Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
    })
}

/// Ends the connections a fault is about, right now; gives back how many.
fn end_now(state: &mut state::State, rule: &Rule, ending: &Ending) -> usize {
    let connections: Vec<_> = state
        .streams
        .devices()
        .filter(|(_, device)| rule.is_about(Some(*device)))
        .map(|(connection, _)| connection)
        .collect();
    for connection in &connections {
        faults::end(state, *connection, ending);
    }
    connections.len()
}

fn rule(state: &state::State, fields: &Fields) -> Result<Rule, Failure> {
    let (name, action, point) = action(fields)?;
    let direction = match fields.optional("direction")? {
        None => None,
        Some("fromClient") => Some(Direction::FromClient),
        Some("toClient") => Some(Direction::ToClient),
        Some(_) => return Err(Failure::field("direction", "must be fromClient or toClient")),
    };
    let (direction, tag) = match &action {
        // Only what clients send can be refused, and only messages.
        Action::Nack(_) => (Some(Direction::FromClient), Some("message".to_owned())),
        Action::Corrupt => (direction, Some("message".to_owned())),
        _ => (direction, fields.optional("tag")?.map(str::to_owned)),
    };
    let needs_tag = point == Point::Stanza && !matches!(action, Action::End(..));
    if needs_tag && tag.is_none() {
        return Err(Failure::field("tag", "is missing"));
    }
    let device = fields
        .count("device")?
        .map(|device| u16::try_from(device).map_err(|_| Failure::field("device", "is not a device number")))
        .transpose()?;
    Ok(Rule {
        id: 0,
        name,
        action,
        point,
        direction,
        tag,
        kind: fields.optional("type")?.map(str::to_owned),
        xmlns: fields.optional("xmlns")?.map(str::to_owned),
        account: fields
            .optional("number")?
            .map(|number| phone(state, number))
            .transpose()?,
        device,
        skip: fields.count("skip")?.unwrap_or_default(),
        times: match fields.count("times")? {
            None => Some(1),
            Some(0) => None,
            Some(times) => Some(times),
        },
        used: 0,
    })
}

fn action(fields: &Fields) -> Result<(&'static str, Action, Point), Failure> {
    let stanza = |name, action| Ok((name, action, Point::Stanza));
    match fields.required("action")? {
        "drop" => stanza("drop", Action::Drop),
        "delay" => {
            let time = time(fields, "delayMs")?.ok_or_else(|| Failure::field("delayMs", "is missing"))?;
            stanza("delay", Action::Delay(time))
        }
        "duplicate" => stanza("duplicate", Action::Duplicate),
        "reorder" => stanza(
            "reorder",
            Action::Reorder {
                count: fields.count("count")?.unwrap_or(1).max(1),
                within: time(fields, "withinMs")?.unwrap_or(OVERTAKEN_WITHIN),
            },
        ),
        "undecryptable" => stanza("undecryptable", Action::Corrupt),
        "nack" => stanza("nack", Action::Nack(code(fields)?)),
        "close" => stanza("close", Action::End(Ending::Cut, moment(fields)?)),
        "streamError" => {
            let node = stream_error(fields)?;
            stanza("streamError", Action::End(Ending::Said(node), moment(fields)?))
        }
        "loginFailure" => Ok((
            "loginFailure",
            Action::RefuseLogin(login_failure(fields)?),
            Point::Login,
        )),
        "stalePrekeys" => Ok(("stalePrekeys", Action::StalePrekeys, Point::Prekeys)),
        "passkey" => Ok(("passkey", Action::DemandPasskey, Point::Linking)),
        _ => Err(Failure::field(
            "action",
            "must be drop, delay, duplicate, reorder, undecryptable, nack, close, streamError, loginFailure, \
             stalePrekeys or passkey",
        )),
    }
}

fn time(fields: &Fields, name: &'static str) -> Result<Option<Duration>, Failure> {
    let time = fields.count(name)?.map(Duration::from_millis);
    if time.is_some_and(|time| time > LONGEST) {
        let limit = format!("must not be more than {}", LONGEST.as_millis());
        return Err(Failure::field(name, limit));
    }
    Ok(time)
}

fn code(fields: &Fields) -> Result<u16, Failure> {
    fields
        .count("code")?
        .and_then(|code| u16::try_from(code).ok())
        .filter(|code| (400..600).contains(code))
        .ok_or_else(|| Failure::field("code", "must be a number from 400 to 599"))
}

fn moment(fields: &Fields) -> Result<Moment, Failure> {
    match fields.optional("when")? {
        None | Some("before") => Ok(Moment::Before),
        Some("after") => Ok(Moment::After),
        Some(_) => Err(Failure::field("when", "must be before or after")),
    }
}

fn stream_error(fields: &Fields) -> Result<Node, Failure> {
    match fields.optional("conflict")? {
        Some("replaced") => Ok(stream::replaced()),
        Some("device_removed") => Ok(stream::removed()),
        Some(_) => Err(Failure::field("conflict", "must be replaced or device_removed")),
        None => Ok(stream::error(code(fields)?)),
    }
}

fn login_failure(fields: &Fields) -> Result<Node, Failure> {
    let reason = fields
        .count("reason")?
        .and_then(|reason| u16::try_from(reason).ok())
        .filter(|reason| (400..600).contains(reason))
        .ok_or_else(|| Failure::field("reason", "must be a number from 400 to 599"))?;
    let mut node = stream::failure(reason);
    for name in ["code", "expire"] {
        if let Some(value) = fields.count(name)? {
            node.attrs.insert(name, value.to_string());
        }
    }
    for name in ["message", "url"] {
        if let Some(value) = fields.optional(name)? {
            node.attrs.insert(name, value.to_owned());
        }
    }
    Ok(node)
}

pub(super) async fn list(State(hub): State<Arc<Hub>>) -> Json<Value> {
    let faults: Vec<Value> = hub.read(|state| {
        let view = |rule: &Rule| {
            json!({
                "id": rule.id,
                "action": rule.name,
                "tag": rule.tag,
                "used": rule.used,
                "times": rule.times.unwrap_or_default(),
                "spent": rule.is_spent(),
            })
        };
        state.faults.iter().map(view).collect()
    });
    Json(json!({ "faults": faults }))
}

pub(super) async fn clear(State(hub): State<Arc<Hub>>) -> StatusCode {
    hub.update(|state| state.faults.clear());
    StatusCode::NO_CONTENT
}

pub(super) async fn remove(State(hub): State<Arc<Hub>>, Path(id): Path<u64>) -> Result<StatusCode, Failure> {
    if hub.update(|state| state.faults.remove(id)) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::not_found(format!("there is no fault {id}")))
    }
}

/// The server goes down with everything it knows, and comes up again.
pub(super) async fn restart(State(hub): State<Arc<Hub>>, body: Bytes) -> Result<StatusCode, Failure> {
    let fields = Fields::parse(&body)?;
    let down = time(&fields, "downMs")?.unwrap_or_default();
    hub.update(|state| {
        state.down.send_replace(true);
        later::schedule(state, down, Effect::Up);
    });
    Ok(StatusCode::ACCEPTED)
}
