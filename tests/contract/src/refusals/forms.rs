//! What has to be refused of a form whose file is a picture: parts of the other kind, texts that are too long or none of
//! the values, files that are empty, no pictures, or too large.

use serde_json::Value;

use super::wrong_values;
use crate::call::{Call, Part};
use crate::client;
use crate::exceptions;
use crate::reference::Operation;
use crate::world::MAX_UPLOAD;

/// The longest texts, in characters: the reference has no word of them.
const LONGEST: &[(&str, usize)] = &[
    ("caption", 65_536),
    ("content", 65_536),
    ("fileName", 256),
    ("pack", 128),
    ("packId", 128),
    ("author", 128),
];
const TEXT: (&str, &str) = ("note.txt", "text/plain");
const PICTURE: (&str, &str) = ("sea.png", "image/png");

/// What is wrong, the call with it, and what the refusal has to name.
pub(super) fn wrong(operation: &Operation, call: &Call, parts: &[Part]) -> Vec<(String, Call, String)> {
    let mut found = Vec::new();
    for part in parts {
        let name = part.name;
        let mut add = |what: &str, part: Part| {
            found.push((
                format!("{name}: {what}"),
                call.clone().with_part(part),
                name.to_owned(),
            ));
        };
        if part.file.is_some() {
            add("text in the place of a file", Part::text(name, "no file"));
            add("an empty file", Part::file(name, PICTURE, b""));
            add("a text that says so", Part::file(name, TEXT, b"no picture"));
            add("a picture in name only", Part::file(name, PICTURE, b"no picture"));
            found.push((
                format!("{name}: a form of one byte too many"),
                call.clone().with_part(one_too_many(part, parts)),
                MAX_UPLOAD.to_string(),
            ));
        } else if !exceptions::is_not_read(&operation.name, name) {
            add("a file in the place of text", Part::file(name, TEXT, &part.bytes));
            let bytes = b"\xff\xfe".to_vec();
            add(
                "no UTF-8",
                Part {
                    bytes,
                    ..part.clone()
                },
            );
            for text in wrong_texts(operation, name) {
                let what: String = text.chars().take(20).collect();
                add(&what, Part::text(name, &text));
            }
        }
        let mut twice = parts.to_vec();
        twice.push(part.clone());
        found.push((
            format!("{name}: twice"),
            call.clone().form(twice),
            name.to_owned(),
        ));
    }
    found
}

/// The file, long enough for the whole form to be past its limit.
fn one_too_many(file: &Part, parts: &[Part]) -> Part {
    let missing = (MAX_UPLOAD + 1).saturating_sub(client::form(parts).len());
    let mut file = file.clone();
    file.bytes.resize(file.bytes.len() + missing, 0);
    file
}

fn wrong_texts(operation: &Operation, name: &str) -> Vec<String> {
    let fields = operation.fields();
    let schema = fields.iter().find(|(known, _)| *known == name);
    let values = schema.map(|(_, schema)| wrong_values(schema)).unwrap_or_default();
    let mut texts: Vec<String> = values
        .into_iter()
        .filter_map(|(_, value)| match value {
            Value::String(text) => Some(text),
            // A form has no other types.
            Value::Object(_) | Value::Array(_) => None,
            other => Some(other.to_string()),
        })
        .collect();
    let longest = LONGEST.iter().find(|(known, _)| *known == name);
    texts.extend(longest.map(|(_, longest)| "x".repeat(longest + 1)));
    texts
}
