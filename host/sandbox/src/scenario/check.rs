//! From the file to the plan: every name is looked up, every text read, before anything is started.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use toml::{Spanned, Table};

use super::file::{File, Person, Step as Written};
use super::names::{Names, Twice, names_to_numbers};
use super::plan::{Action, Call, Founded, Plan, Step};
use super::{content, json as to_json};
use crate::phone::content::Spec;

/// How long is waited when a step does not say.
const WITHIN: Duration = Duration::from_secs(10);
/// The longest that is waited.
const LONGEST: Duration = Duration::from_hours(1);
/// The most repetitions.
const MAX_REPEAT: u32 = 100_000;

/// What is wrong with a scenario, and where.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) span: Range<usize>,
    pub(super) message: String,
}

/// A complaint about something in the file.
pub(super) fn wrong<T>(about: &Spanned<T>, message: impl Into<String>) -> Wrong {
    Wrong {
        span: about.span(),
        message: message.into(),
    }
}

/// Checks a file.
pub(super) fn check(file: File, folder: Option<&Path>) -> Result<Plan, Wrong> {
    let people = file.people.get_ref();
    let mut names = Names::new(folder);
    for person in people {
        let (name, number) = (person.name.get_ref().as_str(), person.number.get_ref().as_str());
        match names.add_person(name, number) {
            Ok(()) => {}
            Err(Twice::Name) => return Err(wrong(&person.name, format!("there are two called {name:?}"))),
            Err(Twice::Number) => {
                let complaint = format!("there are two with the number {number}");
                return Err(wrong(&person.number, complaint));
            }
        }
        if !(7..=15).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong(&person.number, "must be 7 to 15 digits, in quotes"));
        }
    }
    if people.is_empty() {
        return Err(wrong(&file.people, "somebody has to be there"));
    }
    let mut setup = Vec::new();
    for person in people {
        setup.extend(of_person(person, &names)?);
    }
    let mut groups = Vec::new();
    for table in &file.groups {
        let (group, call) = of_group(table, &mut names)?;
        groups.push(group);
        setup.push((table.span().start, call));
    }
    for table in &file.faults {
        setup.push((table.span().start, of_fault(table, &names)));
    }
    let clock_start = file.clock.start.as_ref().map(unix_ms).transpose()?;
    let mut steps = Vec::new();
    for step in &file.steps {
        let checked = self::step(step, &names)?;
        if let Some(called) = &step.get_ref().called {
            names.add_message(called.get_ref());
        }
        let sent = step.get_ref().send.as_ref();
        let request = step.get_ref().request.as_ref();
        let given = [
            sent.and_then(|send| send.get_ref().get("id")?.as_str()),
            request.and_then(|request| request.get_ref().body.as_ref()?.get("id")?.as_str()),
        ];
        for id in given.into_iter().flatten() {
            names.add_id(id);
        }
        steps.push(checked);
    }
    Ok(Plan {
        name: file.name,
        clock_start,
        real_time: file.clock.real,
        groups,
        setup,
        steps,
    })
}

fn unix_ms(typed: &Spanned<toml::value::Datetime>) -> Result<u64, Wrong> {
    let text = typed.get_ref().to_string();
    let time = chrono::DateTime::parse_from_rfc3339(&text).map_err(|_| {
        wrong(
            typed,
            "must be a date and a time with an offset, as in 2026-01-05T09:00:00Z",
        )
    })?;
    u64::try_from(time.timestamp_millis()).map_err(|_| wrong(typed, "must not be before 1970"))
}

fn post(path: String, body: Value) -> Call {
    Call {
        method: "POST".to_owned(),
        path,
        body,
        status: None,
    }
}

/// The requests that put somebody on the network.
fn of_person(person: &Person, names: &Names<'_>) -> Result<Vec<(usize, Call)>, Wrong> {
    let number = person.number.get_ref();
    let mut fields = serde_json::Map::new();
    fields.insert("number".to_owned(), json!(number));
    fields.insert("name".to_owned(), json!(person.name.get_ref()));
    if let Some(addressing) = &person.addressing {
        if !["pn", "lid"].contains(&addressing.get_ref().as_str()) {
            return Err(wrong(addressing, "must be \"pn\" or \"lid\""));
        }
        fields.insert("addressing".to_owned(), json!(addressing.get_ref()));
    }
    let mut calls = vec![(
        person.number.span().start,
        post("/phones".to_owned(), Value::Object(fields)),
    )];
    if !person.contacts.is_empty() {
        let changes = person
            .contacts
            .iter()
            .map(|contact| {
                let who = contact.who.get_ref();
                let digits = who.bytes().all(|byte| byte.is_ascii_digit()) && !who.is_empty();
                let number = match names.find(who) {
                    Some(number) => number,
                    None if digits => who.clone(),
                    None => return Err(wrong(&contact.who, format!("nobody here is called {who:?}"))),
                };
                Ok(json!({ "type": "contact", "number": number, "name": contact.name }))
            })
            .collect::<Result<Vec<Value>, Wrong>>()?;
        let path = format!("/phones/{number}/app-state");
        let at = person.number.span().start;
        calls.push((at, post(path, json!({ "changes": changes }))));
    }
    if let Some(history) = &person.history {
        let mut body = to_json(history.get_ref());
        if let Some(chats) = body.get_mut("chats").and_then(Value::as_array_mut) {
            for chat in chats {
                names_to_numbers(chat, &["with"], names);
            }
        }
        let archive = serde_json::from_value(body.clone())
            .map_err(|error| error.to_string())
            .and_then(|wanted| {
                crate::history::archive::Archive::new(wanted, 0)
                    .map_err(|wrong| format!("{} {}", wrong.field, wrong.error))
            });
        if let Err(complaint) = archive {
            return Err(wrong(history, complaint));
        }
        calls.push((
            history.span().start,
            Call {
                method: "PUT".to_owned(),
                path: format!("/phones/{number}/history"),
                body,
                status: None,
            },
        ));
    }
    Ok(calls)
}

/// A `[[groups]]` table: a body of the route of that name.
fn of_group(table: &Spanned<Table>, names: &mut Names<'_>) -> Result<(Founded, Call), Wrong> {
    let mut body = to_json(table.get_ref());
    names_to_numbers(&mut body, &["by", "members"], names);
    let by = body
        .as_object_mut()
        .and_then(|fields| fields.remove("by"))
        .and_then(|by| by.as_str().map(str::to_owned))
        .ok_or_else(|| wrong(table, "by: who makes the group is missing"))?;
    if names.find(&by).is_none() {
        return Err(wrong(table, format!("by: nobody here is called {by:?}")));
    }
    let subject = text_of(&body, "subject");
    if subject.is_empty() {
        return Err(wrong(table, "subject: how the group is called is missing"));
    }
    if !names.add_group(&subject) {
        return Err(wrong(table, format!("subject: there are two called {subject:?}")));
    }
    let call = post(format!("/phones/{by}/groups"), body);
    Ok((Founded { by, subject }, call))
}

/// A `[[faults]]` table: a body of the route of that name.
fn of_fault(table: &Spanned<Table>, names: &Names<'_>) -> Call {
    let mut body = to_json(table.get_ref());
    names_to_numbers(&mut body, &["number"], names);
    post("/faults".to_owned(), body)
}

pub(super) fn duration(typed: &Spanned<String>) -> Result<Duration, Wrong> {
    let duration = humantime::parse_duration(typed.get_ref()).map_err(|error| {
        wrong(
            typed,
            format!("is not a duration such as \"2s\" or \"500ms\": {error}"),
        )
    })?;
    Ok(duration)
}

fn step(spanned: &Spanned<Written>, names: &Names<'_>) -> Result<Step, Wrong> {
    let written = spanned.get_ref();
    let within = match &written.within {
        None => WITHIN,
        Some(typed) => {
            let within = duration(typed)?;
            if within > LONGEST {
                return Err(wrong(typed, "must be at most one hour"));
            }
            within
        }
    };
    let repeat = match &written.repeat {
        None => 1,
        Some(repeat) if (1..=MAX_REPEAT).contains(repeat.get_ref()) => *repeat.get_ref(),
        Some(repeat) => return Err(wrong(repeat, format!("must be 1 to {MAX_REPEAT}"))),
    };
    let (what, action) = action(spanned, names)?;
    let body = match &action {
        Action::Call(call) => Some(&call.body),
        Action::Receives { message, .. } | Action::ReceivesNothing { message, .. } => Some(message),
        Action::Expect { is, .. } => Some(is),
        Action::Pass | Action::Device { .. } | Action::Receipt { .. } => None,
    };
    if let Some(name) = body.and_then(|body| names.unknown_message(body)) {
        return Err(wrong(
            spanned,
            format!("no message before is called {name:?} (${name})"),
        ));
    }
    Ok(Step {
        line: spanned.span().start,
        after: written
            .after
            .as_ref()
            .map(duration)
            .transpose()?
            .unwrap_or_default(),
        within,
        called: written.called.as_ref().map(|called| called.get_ref().clone()),
        repeat,
        what: names.in_words(what),
        action,
    })
}

/// A text in an object.
fn text_of(value: &Value, field: &str) -> String {
    value
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// The one thing a step does.
fn action(spanned: &Spanned<Written>, names: &Names<'_>) -> Result<(String, Action), Wrong> {
    let written = spanned.get_ref();
    let set = [
        written.send.is_some(),
        written.read.is_some(),
        written.typing.is_some(),
        written.app_state.is_some(),
        written.request.is_some(),
        written.linked.is_some(),
        written.online.is_some(),
        written.receives.is_some(),
        written.receives_nothing.is_some(),
        written.receipt.is_some(),
        written.expect.is_some(),
    ];
    match set.iter().filter(|set| **set).count() {
        0 if written.after.is_some() => return Ok(("time passes".to_owned(), Action::Pass)),
        0 => {
            return Err(wrong(
                spanned,
                "does nothing: it needs send, receives, expect ...",
            ));
        }
        1 => {}
        _ => return Err(wrong(spanned, "does several things: one step, one thing")),
    }
    let who = || {
        let by = written
            .by
            .as_ref()
            .ok_or_else(|| wrong(spanned, "by: who is missing"))?;
        Ok::<_, Wrong>((by.get_ref().clone(), names.person(by)?))
    };
    if let Some(send) = &written.send {
        let (name, number) = who()?;
        let (to, body) = content::message(send, names)?;
        let content = body.get("content").cloned().unwrap_or_default();
        let kind = text_of(&content, "type");
        Spec::parse(content)
            .map_err(|complaint| wrong(send, format!("{} {}", complaint.field, complaint.error)))?;
        let call = post(format!("/phones/{number}/messages"), body);
        return Ok((format!("{name} sends {kind} to {to}"), Action::Call(call)));
    }
    for (table, route, verb, fields) in [
        (&written.read, "read", "reads", ["chat"]),
        (&written.typing, "typing", "types", ["to"]),
    ] {
        if let Some(table) = table {
            let (name, number) = who()?;
            let mut body = to_json(table.get_ref());
            names_to_numbers(&mut body, &fields, names);
            let call = post(format!("/phones/{number}/{route}"), body);
            return Ok((format!("{name} {verb}"), Action::Call(call)));
        }
    }
    if let Some(change) = &written.app_state {
        let (name, number) = who()?;
        let mut change = to_json(change.get_ref());
        names_to_numbers(&mut change, &["chat", "number"], names);
        let what = format!("{name} changes {}", text_of(&change, "type"));
        let call = post(
            format!("/phones/{number}/app-state"),
            json!({ "changes": [change] }),
        );
        return Ok((what, Action::Call(call)));
    }
    content::waiting(spanned, names, who)
}
