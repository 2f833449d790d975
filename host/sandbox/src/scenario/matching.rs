//! Whether what came is what was expected.

use regex::Regex;
use serde_json::Value;

/// Whether `actual` has everything that `wanted` names: objects by their fields, lists item by item, the rest exactly.
pub(super) fn covers(actual: &Value, wanted: &Value) -> bool {
    match (actual, wanted) {
        (Value::Object(actual), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| covers(actual.get(key).unwrap_or(&Value::Null), wanted)),
        (Value::Array(actual), Value::Array(wanted)) => {
            actual.len() == wanted.len() && actual.iter().zip(wanted).all(|(a, w)| covers(a, w))
        }
        (Value::Number(actual), Value::Number(wanted)) => actual.as_f64() == wanted.as_f64(),
        (actual, wanted) => actual == wanted,
    }
}

/// What can be said about a message: the fields that an inbox shows, and two about its text.
const FIELDS: [&str; 38] = [
    "contains",
    "matches",
    "seq",
    "id",
    "chat",
    "from",
    "fromDevice",
    "fromMe",
    "pushName",
    "type",
    "text",
    "caption",
    "target",
    "mimetype",
    "media",
    "quoted",
    "mentions",
    "forwarded",
    "ephemeral",
    "viewOnce",
    "reaction",
    "location",
    "contacts",
    "poll",
    "vote",
    "list",
    "buttons",
    "choice",
    "edited",
    "revoked",
    "pinned",
    "reactions",
    "votes",
    "timestamp",
    "copies",
    "read",
    "proto",
    "raw",
];

/// Whether a message can have this field.
pub(super) fn is_field(name: &str) -> bool {
    FIELDS.contains(&name)
}

/// In what a message of an inbox differs from the one that is wanted; nothing when it is the one. `from` is a number, `chat`
/// a number or a jid, `contains` and `matches` are about the text, the rest is compared as it is.
pub(super) fn differences(
    message: &Value,
    wanted: &Value,
    sender: Option<&str>,
    chat: Option<&str>,
) -> Vec<String> {
    let Value::Object(wanted) = wanted else {
        return vec!["it is no message".to_owned()];
    };
    let field = |name: &str| message.get(name).unwrap_or(&Value::Null);
    let text = field("text").as_str().unwrap_or_default();
    let mut found = Vec::new();
    for (key, wanted) in wanted {
        let (is_right, is) = match (key.as_str(), wanted) {
            ("from", Value::String(number)) => (sender == Some(number.as_str()), field("from")),
            ("chat", Value::String(number)) if chat == Some(number.as_str()) => continue,
            ("contains", Value::String(part)) => (text.contains(part.as_str()), field("text")),
            ("matches", Value::String(pattern)) => (
                Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text)),
                field("text"),
            ),
            (key, wanted) => (covers(field(key), wanted), field(key)),
        };
        if !is_right {
            found.push(format!("{key}: wanted {wanted}, it is {is}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_named_is_compared() {
        let actual = json!({ "a": 1, "b": { "c": [1, { "d": 2, "e": 3 }] } });
        assert!(covers(&actual, &json!({ "b": { "c": [1, { "d": 2 }] } })));
        assert!(!covers(&actual, &json!({ "b": { "c": [1] } })));
        assert!(covers(&actual, &json!({ "x": null })));
        assert!(covers(&json!(1), &json!(1.0)));
    }

    #[test]
    fn texts_are_searched() {
        let message = json!({ "text": "order 42 is ready", "type": "text" });
        let wanted = json!({ "contains": "42", "matches": "^order \\d+", "type": "text" });
        assert_eq!(differences(&message, &wanted, None, None), [""; 0]);
        assert_eq!(
            differences(&message, &json!({ "contains": "43", "type": "text" }), None, None),
            ["contains: wanted \"43\", it is \"order 42 is ready\""]
        );
        assert_eq!(
            differences(&message, &json!({ "from": "1" }), Some("2"), None).len(),
            1
        );
    }
}
