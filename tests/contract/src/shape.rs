//! Whether an answer has the shape that is documented.

use std::collections::BTreeSet;

use serde_json::Value;

/// How strictly a schema is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fields {
    /// The file marks nothing as required: every field has to be there.
    All,
    /// Those that are marked as required.
    Marked,
}

/// What is wrong, each with its place. `nullable` are names of fields that may be null.
pub fn differences(
    schema: &Value,
    value: &Value,
    fields: Fields,
    nullable: &BTreeSet<String>,
) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let compare = Compare { fields, nullable };
    compare.value(schema, value, "", &mut found);
    found
}

/// The names of fields the living server may answer with null.
pub fn nullable(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(schema, &mut found);
    found
}

fn collect(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Object(properties)) = fields.get("properties") {
                for (name, property) in properties {
                    if types(property).contains(&"null") {
                        found.insert(name.clone());
                    }
                }
            }
            fields.values().for_each(|value| collect(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

struct Compare<'a> {
    fields: Fields,
    nullable: &'a BTreeSet<String>,
}

impl Compare<'_> {
    fn value(&self, schema: &Value, value: &Value, at: &str, found: &mut Vec<(String, String)>) {
        for choice in ["anyOf", "oneOf"] {
            if let Some(branches) = schema[choice].as_array() {
                let fits = |branch: &Value| {
                    let mut wrong = Vec::new();
                    self.value(branch, value, at, &mut wrong);
                    wrong.is_empty()
                };
                if !branches.iter().any(fits) {
                    found.push((
                        at.to_owned(),
                        format!("fits none of the documented forms: {value}"),
                    ));
                }
                return;
            }
        }
        if is_placeholder(schema) {
            return;
        }
        let types = types(schema);
        if !types.is_empty() && !types.iter().any(|kind| is(kind, value)) {
            let text: String = value.to_string().chars().take(60).collect();
            found.push((at.to_owned(), format!("is {text}, not {}", types.join(" or "))));
            return;
        }
        if let Some(wanted) = schema.get("const")
            && wanted != value
        {
            found.push((at.to_owned(), format!("is {value}, not {wanted}")));
        }
        if let Some(allowed) = schema["enum"].as_array()
            && self.fields == Fields::Marked
            && !allowed.contains(value)
        {
            found.push((
                at.to_owned(),
                format!("is {value}, not one of {}", schema["enum"]),
            ));
        }
        if let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object()) {
            let marked = schema["required"].as_array();
            for (name, property) in properties {
                let place = format!("{at}/{name}");
                let is_marked = marked.is_some_and(|marked| marked.iter().any(|known| known == name));
                match object.get(name) {
                    None if self.fields == Fields::All || is_marked => {
                        found.push((place, "is missing".to_owned()));
                    }
                    None => {}
                    Some(Value::Null) if self.nullable.contains(name) => {}
                    Some(value) => self.value(property, value, &place, found),
                }
            }
        }
        if let (true, Some(items)) = (schema["items"].is_object(), value.as_array()) {
            // The rows of a list are alike: the first that is wrong tells enough.
            for item in items {
                let before = found.len();
                self.value(&schema["items"], item, &format!("{at}/*"), found);
                if found.len() > before {
                    break;
                }
            }
        }
    }
}

/// `{"text": ..}` stands in the reference wherever it does not know the shape: for a bot config, for webhooks, and for
/// `data` that has nothing to tell. Only that something is there can be asked for.
fn is_placeholder(schema: &Value) -> bool {
    let properties = schema["properties"].as_object();
    properties.is_some_and(|properties| properties.len() == 1 && properties.contains_key("text"))
}

fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Fields, differences, nullable};

    #[test]
    fn every_field_is_asked_for() {
        let schema = json!({ "type": "object", "properties": {
            "id": { "type": "string" }, "size": { "type": "number" },
            "config": { "type": "object", "properties": { "text": { "type": "string" } } },
            "rows": { "type": "array", "items": { "type": "object", "properties": { "jid": { "type": "string" } } } },
        } });
        let places = |value| -> Vec<String> {
            let found = differences(&schema, &value, Fields::All, &["size".to_owned()].into());
            found.into_iter().map(|(place, _)| place).collect()
        };
        assert_eq!(places(json!({})), ["/config", "/id", "/rows", "/size"]);
        let good = json!({ "id": "a", "size": null, "config": null, "rows": [{ "jid": "x" }] });
        assert!(places(good).is_empty());
        let wrong = json!({ "id": 1, "size": 2, "config": {}, "rows": [{ "jid": "x" }, {}, {}] });
        assert_eq!(places(wrong), ["/id", "/rows/*/jid"]);
    }

    #[test]
    fn only_marked_fields_are_asked_for_where_some_are_marked() {
        let schema = json!({ "type": "object", "required": ["a"], "properties": {
            "a": { "type": ["string", "null"] }, "b": { "type": "integer" }, "c": { "const": true },
        } });
        let none = nullable(&json!({}));
        let count = |value| differences(&schema, &value, Fields::Marked, &none).len();
        assert_eq!(count(json!({ "a": null })), 0);
        assert_eq!(count(json!({ "b": 1 })), 1);
        assert_eq!(count(json!({ "a": "", "b": "1", "c": false })), 2);
        assert!(nullable(&schema).contains("a"));
    }
}
