//! What differs from run to run, made the same: times, ids, addresses that are made up, numbers of the log.

use serde_json::{Map, Value, json};

/// Seconds since 1970, of these years.
const SECONDS: std::ops::Range<i64> = 1_000_000_000..10_000_000_000;
/// Milliseconds since 1970, of the same.
const MILLISECONDS: std::ops::Range<i64> = 1_000_000_000_000..10_000_000_000_000;

/// What is known to differ, and what stands in its place.
#[derive(Default)]
pub(super) struct Names(Vec<(String, &'static str)>);

impl Names {
    /// Everywhere, also inside of other texts.
    pub(super) fn add(&mut self, what: &str, stand_in: &'static str) {
        self.0.push((what.to_owned(), stand_in));
    }

    /// An event as it is kept. Keys in order.
    pub(super) fn hide(&self, body: &Value) -> Value {
        self.value("", body)
    }

    fn value(&self, key: &str, value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let mut keys: Vec<&String> = fields.keys().collect();
                keys.sort_unstable();
                let hidden = keys
                    .into_iter()
                    .map(|key| (key.clone(), self.value(key, &fields[key])));
                Value::Object(hidden.collect::<Map<_, _>>())
            }
            Value::Array(list) => list.iter().map(|item| self.value(key, item)).collect(),
            Value::String(text) => json!(self.text(key, text)),
            Value::Number(_) if matches!(key, "sequence" | "chatSequence") => json!("<position>"),
            Value::Number(number) => match number.as_i64() {
                Some(number) if SECONDS.contains(&number) => json!("<seconds>"),
                Some(number) if MILLISECONDS.contains(&number) => json!("<milliseconds>"),
                _ => value.clone(),
            },
            _ => value.clone(),
        }
    }

    fn text(&self, key: &str, text: &str) -> String {
        match key {
            "qr" => return "<code>".to_owned(),
            "chunk" | "descId" | "endpoint" | "inviteCode" => return format!("<{key}>"),
            "id" if text.starts_with("evt_") => return "<event id>".to_owned(),
            "fileUrl" => {
                let end = text.rsplit_once('.').map_or("", |(_, end)| end);
                return format!("/api/media/<file>.{end}");
            }
            _ => {}
        }
        if is_iso(text) {
            return "<time>".to_owned();
        }
        let known = self.0.iter();
        known.fold(text.to_owned(), |text, (what, stand_in)| {
            text.replace(what, stand_in)
        })
    }
}

/// `2026-01-31T12:00:00.000Z`.
fn is_iso(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    shape == "0000-00-00T00:00:00.000Z"
}

/// The lines that are in one of them alone.
pub(super) fn difference(before: &str, after: &str) -> String {
    let only = |these: &str, those: &str, mark: char| {
        let those: std::collections::HashSet<&str> = those.lines().collect();
        let lines = these.lines().filter(|line| !those.contains(line));
        lines.map(|line| format!("  {mark} {line}\n")).collect::<String>()
    };
    only(before, after, '-') + &only(after, before, '+')
}
