//! The steps that have messages in them, and those that wait.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use regex::Regex;
use serde_json::{Value, json};
use toml::{Spanned, Table};

use super::check::{Wrong, wrong};
use super::file::Step as Written;
use super::json as to_json;
use super::matching::is_field;
use super::names::{Names, names_to_numbers};
use super::plan::{Action, Call};

/// The largest file a scenario may name.
const MAX_FILE: u64 = 64 * 1024 * 1024;
/// Fields of a content object that name a message.
const MESSAGES: [&str; 3] = ["message", "quote", "poll"];

/// A `send` table: whom it goes to, and the request's body.
pub(super) fn message(table: &Spanned<Table>, names: &Names<'_>) -> Result<(String, Value), Wrong> {
    let mut content = to_json(table.get_ref());
    let fields = content
        .as_object_mut()
        .ok_or_else(|| wrong(table, "must be a table"))?;
    let Some(Value::String(to)) = fields.remove("to") else {
        return Err(wrong(table, "to: to whom is missing"));
    };
    let chat = match names.chat(&to) {
        Some(chat) => chat,
        None if to.contains('@') || to.starts_with('$') => to.clone(),
        None => return Err(wrong(table, format!("to: nobody here is called {to:?}"))),
    };
    let id = fields.remove("id");
    fields
        .entry("type")
        .or_insert_with(|| Value::String("text".to_owned()));
    if let Some(file) = fields.remove("file") {
        let data = file_data(table, &file, names)?;
        fields.insert("data".to_owned(), Value::String(data));
    }
    for field in MESSAGES {
        if let Some(Value::String(name)) = fields.get_mut(field) {
            if names.knows_message(name) {
                *name = format!("${name}");
            } else if !name.starts_with('$') && !names.knows_id(name) {
                return Err(wrong(
                    table,
                    format!("{field}: no message before is called {name:?}, or has that id"),
                ));
            }
        }
    }
    names_to_numbers(&mut content, &["mentions"], names);
    let mut body = serde_json::Map::new();
    body.insert("to".to_owned(), Value::String(chat));
    body.insert("content".to_owned(), content);
    if let Some(id) = id {
        body.insert("id".to_owned(), id);
    }
    Ok((to, Value::Object(body)))
}

fn file_data(table: &Spanned<Table>, file: &Value, names: &Names<'_>) -> Result<String, Wrong> {
    let name = file
        .as_str()
        .ok_or_else(|| wrong(table, "file: must be a file's name"))?;
    let folder = names.folder.ok_or_else(|| {
        wrong(
            table,
            "file: this scenario is not a file, so nothing is beside it",
        )
    })?;
    let path = folder.join(name);
    let size = std::fs::metadata(&path).map(|metadata| metadata.len());
    if size.is_ok_and(|size| size > MAX_FILE) {
        return Err(wrong(
            table,
            format!("file: {name} is larger than {MAX_FILE} bytes"),
        ));
    }
    let bytes = std::fs::read(&path)
        .map_err(|error| wrong(table, format!("file: {name} cannot be read: {error}")))?;
    Ok(BASE64_STANDARD.encode(bytes))
}

/// The steps that do not send.
pub(super) fn waiting(
    spanned: &Spanned<Written>,
    names: &Names<'_>,
    who: impl Fn() -> Result<(String, String), Wrong>,
) -> Result<(String, Action), Wrong> {
    let written = spanned.get_ref();
    if let Some(request) = &written.request {
        let request = request.get_ref();
        let method = match &request.method {
            None => "POST".to_owned(),
            Some(method) => {
                let upper = method.get_ref().to_uppercase();
                if !["GET", "POST", "PUT", "DELETE"].contains(&upper.as_str()) {
                    return Err(wrong(method, "must be GET, POST, PUT or DELETE"));
                }
                upper
            }
        };
        let call = Call {
            method,
            path: path(&request.path, names)?,
            body: request.body.as_ref().map_or(json!({}), super::value),
            status: request.status,
        };
        return Ok((format!("{} {}", call.method, call.path), Action::Call(call)));
    }
    for (there, online) in [(&written.linked, false), (&written.online, true)] {
        if let Some(there) = there {
            let (name, phone) = who()?;
            let state = match (online, *there.get_ref()) {
                (false, true) => "has a linked device",
                (false, false) => "has no linked device",
                (true, true) => "has a device online",
                (true, false) => "has no device online",
            };
            let there = *there.get_ref();
            return Ok((format!("{name} {state}"), Action::Device { phone, online, there }));
        }
    }
    if let Some(wanted) = &written.receives {
        let (name, phone) = who()?;
        let message = wanted_message(wanted, names)?;
        return Ok((
            format!("{name} receives {message}"),
            Action::Receives { phone, message },
        ));
    }
    if let Some(wanted) = &written.receives_nothing {
        let (name, phone) = who()?;
        let message = wanted_message(wanted, names)?;
        return Ok((
            format!("{name} does not receive {message}"),
            Action::ReceivesNothing { phone, message },
        ));
    }
    if let Some(receipt) = &written.receipt {
        let (name, phone) = who()?;
        let of = &receipt.get_ref().of;
        if !names.knows_message(of.get_ref()) {
            return Err(wrong(
                of,
                format!("no message before is called {:?}", of.get_ref()),
            ));
        }
        let (of, kind) = (of.get_ref().clone(), receipt.get_ref().kind.clone());
        return Ok((
            format!("{name} hears that {of} is {kind}"),
            Action::Receipt { phone, of, kind },
        ));
    }
    let expect = written
        .expect
        .as_ref()
        .ok_or_else(|| wrong(spanned, "does nothing"))?
        .get_ref();
    let path = path(&expect.path, names)?;
    if !expect.at.is_empty() && !expect.at.starts_with('/') {
        return Err(wrong(
            &expect.path,
            "at: must be a JSON pointer, which starts with /",
        ));
    }
    let is = super::value(&expect.is);
    Ok((
        format!("{path}{} is {is}", expect.at),
        Action::Expect {
            path,
            at: people_in(&expect.at, names),
            is,
        },
    ))
}

/// A path; `{Name}` in it stands for somebody's number or a group's jid.
fn path(typed: &Spanned<String>, names: &Names<'_>) -> Result<String, Wrong> {
    if !typed.get_ref().starts_with('/') {
        return Err(wrong(typed, "must start with /"));
    }
    let path = people_in(typed.get_ref(), names);
    if path.contains(['{', '}', ' ']) {
        return Err(wrong(typed, format!("{path:?} names somebody who is not here")));
    }
    Ok(path)
}

fn people_in(text: &str, names: &Names<'_>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let found = after
            .split_once('}')
            .and_then(|(name, after)| Some((names.chat(name)?, after)));
        if let Some((chat, after)) = found {
            out.push_str(&chat);
            rest = after;
        } else {
            out.push('{');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// What a message has to be like.
fn wanted_message(table: &Spanned<Table>, names: &Names<'_>) -> Result<Value, Wrong> {
    let mut wanted = to_json(table.get_ref());
    if let Some(unknown) = table.get_ref().keys().find(|field| !is_field(field)) {
        return Err(wrong(table, format!("{unknown}: a message has no such field")));
    }
    names_to_numbers(&mut wanted, &["from", "chat"], names);
    if let Some(Value::String(from)) = wanted.get("from")
        && names.find(from).is_none()
    {
        return Err(wrong(table, format!("from: nobody here is called {from:?}")));
    }
    if let Some(Value::String(pattern)) = wanted.get("matches")
        && let Err(error) = Regex::new(pattern)
    {
        return Err(wrong(table, format!("matches: {error}")));
    }
    Ok(wanted)
}
