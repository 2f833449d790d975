//! `[settings]` against the JSON Schema of the manifest: what is wrong, and on which line.

use jsonschema::Validator;
use jsonschema::error::{ValidationError, ValidationErrorKind};
use serde_json::Value;
use toml::de::{DeTable, DeValue};

use crate::error::FileError;
use crate::toml_words::place;

/// Longest schema, as JSON text.
const MAX_SCHEMA: usize = 64 * 1024;
/// Keywords by which a small schema can mean an endless one.
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// A schema is the author's, so it must not be able to keep the host busy: it is bounded, refers to nothing, and its
/// patterns run in linear time.
pub(crate) fn compile(schema: &Value) -> Result<Validator, String> {
    if schema.to_string().len() > MAX_SCHEMA {
        return Err(format!("settings_schema: at most {MAX_SCHEMA} bytes"));
    }
    if let Some(keyword) = reference(schema) {
        return Err(format!(
            "settings_schema: {keyword} is not supported, write the part out"
        ));
    }
    jsonschema::options()
        .with_pattern_options(jsonschema::PatternOptions::regex())
        .build(schema)
        .map_err(|error| format!("settings_schema: {error}"))
}

fn reference(schema: &Value) -> Option<&'static str> {
    match schema {
        Value::Object(fields) => REFERENCES
            .into_iter()
            .find(|keyword| fields.contains_key(*keyword))
            .or_else(|| fields.values().find_map(reference)),
        Value::Array(items) => items.iter().find_map(reference),
        _ => None,
    }
}

/// Checks the settings of `file`, whose text is `text`.
pub(crate) fn check(schema: &Validator, settings: &Value, file: &str, text: &str) -> Result<(), FileError> {
    let Some(error) = schema.iter_errors(settings).next() else {
        return Ok(());
    };
    let mut path: Vec<String> = error
        .instance_path()
        .as_str()
        .split('/')
        .skip(1)
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect();
    let message = describe(&error, &path);
    if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
        path.extend(unexpected.first().cloned());
    }
    let position = find(text, &path).map(|position| place(text, position));
    Err(FileError {
        message,
        file: Some(file.to_owned()),
        line: position.map(|(line, _)| line),
        column: position.map(|(_, column)| column),
    })
}

fn describe(error: &ValidationError<'_>, path: &[String]) -> String {
    let field = if path.is_empty() {
        "[settings]".to_owned()
    } else {
        format!("[settings] {}", path.join("."))
    };
    format!("{field}: {error}")
}

/// Where a setting stands; for one that is missing, the table it should stand in.
fn find(text: &str, path: &[String]) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let (key, settings) = table.get_ref().get_key_value("settings")?;
    let mut position = key.span().start;
    let mut value = settings.get_ref();
    for part in path {
        match value {
            DeValue::Table(table) => {
                let Some((key, inner)) = table.get_key_value(part.as_str()) else {
                    break;
                };
                position = key.span().start;
                value = inner.get_ref();
            }
            DeValue::Array(items) => {
                let Some(inner) = part.parse().ok().and_then(|index: usize| items.get(index)) else {
                    break;
                };
                position = inner.span().start;
                value = inner.get_ref();
            }
            _ => break,
        }
    }
    Some(position)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::operator::OperatorFile;

    fn refusal(text: &str) -> FileError {
        let schema = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["greeting"],
            "properties": {
                "greeting": { "type": "string", "maxLength": 5 },
                "hours": { "type": "array", "items": { "type": "integer", "maximum": 23 } },
            },
        });
        let settings = OperatorFile::parse("x.toml", text).unwrap().settings_json();
        check(&compile(&schema).unwrap(), &settings, "x.toml", text).expect_err("must be refused")
    }

    fn place_of(text: &str) -> (Option<u32>, Option<u32>) {
        let error = refusal(text);
        (error.line, error.column)
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let head = "enabled = true\n\n[settings]\n";
        assert_eq!(
            place_of(&format!("{head}greeting = \"too long\"\n")),
            (Some(4), Some(1))
        );
        assert_eq!(
            place_of(&format!("{head}greeting = \"hi\"\nhours = [1, 99]\n")),
            (Some(5), Some(13))
        );
        assert_eq!(
            place_of(&format!("{head}greeting = \"hi\"\ngreting = 1\n")),
            (Some(5), Some(1))
        );
        assert_eq!(place_of(head), (Some(3), Some(2)));
        let error = refusal(&format!("{head}greeting = 7\n"));
        assert!(error.message.starts_with("[settings] greeting: "), "{error}");
    }

    #[test]
    fn a_schema_that_is_none_or_points_elsewhere_is_refused() {
        assert!(compile(&json!({ "type": "strange" })).is_err());
        assert!(compile(&json!({ "$ref": "http://127.0.0.1:1/schema" })).is_err());
        let doubling = json!({ "allOf": [{ "$ref": "#/$defs/a" }], "$defs": { "a": {} } });
        assert!(compile(&doubling).unwrap_err().contains("$ref is not supported"));
        let long = json!({ "description": "x".repeat(70_000) });
        assert!(compile(&long).unwrap_err().contains("at most 65536 bytes"));
    }
}
