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

/// Whether a message in an inbox is the one: `from` is a number, `chat` a number or a jid, `contains` and `matches` are about the text, the rest is
/// compared as it is.
pub(super) fn is_message(message: &Value, wanted: &Value, sender: Option<&str>, chat: Option<&str>) -> bool {
    let Value::Object(wanted) = wanted else {
        return false;
    };
    let text = message.get("text").and_then(Value::as_str).unwrap_or_default();
    wanted.iter().all(|(key, wanted)| match (key.as_str(), wanted) {
        ("from", Value::String(number)) => sender == Some(number.as_str()),
        ("chat", Value::String(number)) if chat == Some(number.as_str()) => true,
        ("contains", Value::String(part)) => text.contains(part.as_str()),
        ("matches", Value::String(pattern)) => {
            Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
        }
        (key, wanted) => covers(message.get(key).unwrap_or(&Value::Null), wanted),
    })
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
        assert!(is_message(&message, &wanted, None, None));
        assert!(!is_message(&message, &json!({ "contains": "43" }), None, None));
        assert!(!is_message(&message, &json!({ "from": "1" }), Some("2"), None));
    }
}
