//! What has to be refused, as it follows from the reference: strangers, missing fields, wrong types, limits passed by
//! one, ids nobody has; in JSON, in queries, in forms.

mod forms;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::call::{Body, Call};
use crate::client::Client;
use crate::exceptions;
use crate::reference::Operation;
use crate::world::World;

/// Nobody's row id.
const NO_ROW: &str = "00000000-0000-7000-8000-000000000000";
/// Nobody's message.
const NO_MESSAGE: &str = "3EB0FFFFFFFFFFFFFFFF";
/// Nobody's file.
const NO_FILE: &str = "shop-none_00000000.jpg";

/// One call that has to be refused.
struct Try {
    what: String,
    call: Call,
    by: Client,
    statuses: &'static [u16],
    /// What the message has to name.
    names: Option<String>,
}

/// Any refusal of what was sent.
const BAD: &[u16] = &[400, 404, 409, 413, 415, 422];

/// Tries all of it and writes down what was let through, or refused for the wrong reason.
pub async fn check(world: &World, operation: &Operation, call: &Call) {
    let mut tries = strangers(world, operation, call);
    let caller = call.by.as_ref().unwrap_or(&world.admin);
    let add = |what: String, call: Call, names: &str| Try {
        what,
        call,
        by: caller.clone(),
        statuses: BAD,
        names: Some(names.to_owned()),
    };
    for field in operation.required() {
        if exceptions::may_be_left_out(&operation.name, field) {
            continue;
        }
        tries.push(add(
            format!("without {field}"),
            call.clone().without(field),
            field,
        ));
    }
    if matches!(call.body, Body::Json(_)) || (matches!(call.body, Body::None) && !operation.is_form) {
        for (field, schema) in operation.fields() {
            if exceptions::is_not_read(&operation.name, field) {
                continue;
            }
            for (what, value) in wrong_values(schema) {
                let what = format!("{field}: {what}");
                tries.push(add(what, call.clone().with(field, value), field));
            }
        }
    }
    if let Body::Form(parts) = &call.body {
        let wrong = forms::wrong(operation, call, parts);
        tries.extend(
            wrong
                .into_iter()
                .map(|(what, call, names)| add(what, call, &names)),
        );
    }
    for query in &operation.queries {
        let others = call.query.split('&').filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !name.is_empty() && name != query.name
        });
        let others: Vec<String> = others.map(str::to_owned).collect();
        let asked = |own: Option<String>| {
            let pairs: Vec<String> = others.iter().cloned().chain(own).collect();
            call.clone().query(&pairs.join("&"))
        };
        if query.is_required {
            tries.push(add(format!("without {}", query.name), asked(None), &query.name));
        }
        for (what, value) in wrong_values(&query.schema) {
            let value = match value {
                Value::String(text) => text,
                // A query has no other types.
                Value::Object(_) | Value::Array(_) => continue,
                other => other.to_string(),
            };
            let what = format!("{}: {what}", query.name);
            tries.push(add(
                what,
                asked(Some(format!("{}={value}", query.name))),
                &query.name,
            ));
        }
    }
    tries.extend(unknown_ids(operation, call, caller));
    let answers = join_all(tries.iter().map(|one| async move {
        let path = one.call.path(&operation.path, crate::world::SESSION);
        one.by.send(&operation.method, &path, &one.call.body).await
    }));
    for (one, answer) in tries.iter().zip(answers.await) {
        let message = answer.complaint();
        // Words of the reference are what clients know, even where they could say more.
        let is_documented = operation
            .words
            .iter()
            .any(|words| message.contains(words.as_str()));
        let is_named = is_documented
            || one
                .names
                .as_ref()
                .is_none_or(|name| message.contains(&name.to_lowercase()));
        let problem = if !one.statuses.contains(&answer.status) {
            Some(format!(
                "{}: one of {:?} wanted: {}",
                one.what,
                one.statuses,
                answer.excerpt()
            ))
        } else if !is_named {
            Some(format!(
                "{}: the message does not name it: {}",
                one.what,
                answer.excerpt()
            ))
        } else if answer.body["status"] != false || !answer.body["error"].is_string() {
            Some(format!(
                "{}: not the shape of an error: {}",
                one.what,
                answer.excerpt()
            ))
        } else {
            None
        };
        world.book.checked(&operation.name, problem);
    }
}

/// Nobody, and another tenant.
fn strangers(world: &World, operation: &Operation, call: &Call) -> Vec<Try> {
    let mut tries = Vec::new();
    if operation.statuses.contains(&401) {
        tries.push(Try {
            what: "without a key".to_owned(),
            call: call.clone(),
            by: world.nobody.clone(),
            statuses: &[401],
            names: None,
        });
    }
    let is_of_session = operation.session().is_some() || operation.required().contains(&"sessionId");
    let is_of_admins = operation.statuses.contains(&403) && !operation.path.starts_with("/auth");
    let refused_as_401 = operation.name == "POST /settings/system";
    if is_of_session || is_of_admins || refused_as_401 {
        // Where a label or a webhook stands in the place of a session, nobody tells a stranger that it exists.
        let names_the_session = call.params.iter().all(|(name, _)| *name != "sessionId");
        tries.push(Try {
            what: "by a stranger".to_owned(),
            call: call.clone(),
            by: world.stranger.clone(),
            statuses: match (refused_as_401, names_the_session) {
                (true, _) => &[401, 403],
                (false, true) => &[403],
                (false, false) => &[403, 404],
            },
            names: None,
        });
    }
    tries
}

/// A row, a message, a file that is not there. Chats and sessions are another matter.
fn unknown_ids(operation: &Operation, call: &Call, caller: &Client) -> Vec<Try> {
    let mut tries = Vec::new();
    for name in operation.parameters() {
        let unknown = match name {
            "messageId" => NO_MESSAGE,
            "filename" => NO_FILE,
            "labelId" | "replyId" | "scheduleId" | "logId" => NO_ROW,
            "id" if operation.session() != Some("id") => NO_ROW,
            _ => continue,
        };
        if exceptions::takes_unknown(&operation.name, name) {
            continue;
        }
        let mut changed = call.clone();
        for (known, value) in &mut changed.params {
            if *known == name {
                unknown.clone_into(value);
            }
        }
        tries.push(Try {
            what: format!("an unknown {name}"),
            call: changed,
            by: caller.clone(),
            statuses: &[404],
            names: None,
        });
    }
    tries
}

/// Values a field does not take: of another type, none of its words, one past its limits.
fn wrong_values(schema: &Value) -> Vec<(String, Value)> {
    let kind = match &schema["type"] {
        Value::String(kind) => kind.as_str(),
        Value::Array(kinds) => kinds.first().and_then(Value::as_str).unwrap_or_default(),
        _ => "",
    };
    let mut found = Vec::new();
    let other = match kind {
        "string" | "array" => json!({ "wrong": true }),
        "number" | "integer" | "boolean" => json!("wrong"),
        "object" => json!(7),
        _ => return found,
    };
    found.push((format!("another type than {kind}"), other));
    if schema["enum"].is_array() {
        let stray = if kind == "string" {
            json!("no-such-value")
        } else {
            json!(12_345)
        };
        found.push(("none of its values".to_owned(), stray));
    }
    let limit = |name: &str| schema[name].as_u64();
    let number = |name: &str| schema[name].as_i64();
    let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    if let Some(most) = limit("maxLength") {
        found.push((
            format!("{} characters", most + 1),
            json!("x".repeat(size(most + 1))),
        ));
    }
    if let Some(least) = limit("minLength").filter(|least| *least > 0) {
        found.push((
            format!("{} characters", least - 1),
            json!("x".repeat(size(least - 1))),
        ));
    }
    if let Some(most) = number("maximum") {
        found.push((format!("{}", most + 1), json!(most + 1)));
    }
    if let Some(least) = number("minimum") {
        found.push((format!("{}", least - 1), json!(least - 1)));
    }
    let items = |count: u64| -> Value { (0..count).map(|item| json!(format!("item {item}"))).collect() };
    if let Some(most) = limit("maxItems") {
        found.push((format!("{} items", most + 1), items(most + 1)));
    }
    if let Some(least) = limit("minItems").filter(|least| *least > 0) {
        found.push((format!("{} items", least - 1), items(least - 1)));
    }
    found
}
