//! The bot's settings of a session: one document, written by the plugin `bot`, read by others when granted. The host checks
//! every field, fills in what was never set, and keeps the one secret in it sealed.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};
use wagate_protocol::error::HostError;
use wagate_storage::secrets::SecretBox;

/// Whose documents these are.
pub const NAMESPACE: &str = "bot";

const SECRET: &str = "removeBgApiKey";
const MODES: [&str; 4] = ["OWNER", "ALL", "SPECIFIC", "BLACKLIST"];
const MASK: &str = "****";
/// A key of fewer characters is masked whole.
const MIN_HINTED: usize = 12;
const MAX_SECRET: usize = 256;
/// Entries of a list, and the longest of them.
const MAX_LIST: usize = 1_000;
const MAX_ENTRY: usize = 64;

/// What clients may send back from what they read; the plugin writes it.
const OF_THE_ROW: [&str; 4] = ["id", "sessionId", "createdAt", "updatedAt"];

/// What a field holds.
enum Kind {
    Switch(bool),
    Mode(&'static str),
    List,
    Number {
        default: i64,
        min: i64,
        max: i64,
    },
    Text {
        default: Option<&'static str>,
        max: usize,
    },
    Prefix,
}

const FIELDS: [(&str, Kind); 22] = [
    ("enabled", Kind::Switch(true)),
    (
        "botName",
        Kind::Text {
            default: Some("wagate bot"),
            max: 100,
        },
    ),
    ("botMode", Kind::Mode("OWNER")),
    ("botAllowedJids", Kind::List),
    ("botBlockedJids", Kind::List),
    ("autoReplyMode", Kind::Mode("ALL")),
    ("autoReplyAllowedJids", Kind::List),
    ("autoReplyBlockedJids", Kind::List),
    ("enableSticker", Kind::Switch(true)),
    ("enableVideoSticker", Kind::Switch(true)),
    (
        "maxStickerDuration",
        Kind::Number {
            default: 10,
            min: 1,
            max: 60,
        },
    ),
    ("enablePing", Kind::Switch(true)),
    ("enableUptime", Kind::Switch(true)),
    ("prefix", Kind::Prefix),
    ("antiSpamEnabled", Kind::Switch(false)),
    (
        "spamLimit",
        Kind::Number {
            default: 5,
            min: 1,
            max: 1_000,
        },
    ),
    (
        "spamInterval",
        Kind::Number {
            default: 10,
            min: 1,
            max: 3_600,
        },
    ),
    (
        "spamDelayMin",
        Kind::Number {
            default: 1_000,
            min: 0,
            max: 60_000,
        },
    ),
    (
        "spamDelayMax",
        Kind::Number {
            default: 3_000,
            min: 0,
            max: 60_000,
        },
    ),
    (
        "welcomeMessage",
        Kind::Text {
            default: None,
            max: 4_096,
        },
    ),
    ("autoRead", Kind::Switch(false)),
    ("alwaysOnline", Kind::Switch(false)),
];

fn kind_of(name: &str) -> Option<&'static Kind> {
    FIELDS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, kind)| kind)
}

/// The document after this was written: fields that are not there stay as they were, `removeBgApiKey` is sealed, removed
/// by the empty text, and kept where it is absent or comes back as it was shown.
pub(crate) fn merged(
    stored: Option<&str>,
    written: &str,
    secrets: &SecretBox,
    session: &str,
) -> Result<String, HostError> {
    let invalid = |message: String| HostError::Invalid(message);
    let Ok(Value::Object(written)) = serde_json::from_str(written) else {
        return Err(invalid("the bot's settings are a JSON object".to_owned()));
    };
    let before = parsed(stored);
    let shown_key = shown(stored, secrets, session)
        .get(SECRET)
        .cloned()
        .unwrap_or_default();
    let mut after = before.clone();
    for (name, value) in written {
        if OF_THE_ROW.contains(&name.as_str()) {
            continue;
        }
        if name == SECRET {
            match secret(value, &shown_key, secrets, session)? {
                Change::Keep => {}
                Change::Clear => {
                    after.remove(SECRET);
                }
                Change::Set(sealed) => {
                    after.insert(SECRET.to_owned(), Value::from(sealed));
                }
            }
            continue;
        }
        let Some(kind) = kind_of(&name) else {
            let name: String = name.chars().take(MAX_ENTRY).collect();
            return Err(invalid(format!("\"{name}\" is no setting of the bot")));
        };
        let value = checked(&name, kind, value).map_err(invalid)?;
        after.insert(name, value);
    }
    let number = |name: &str| {
        let value = after.get(name).cloned().or_else(|| kind_of(name).map(default_of));
        value.and_then(|value| value.as_i64())
    };
    if number("spamDelayMin") > number("spamDelayMax") {
        return Err(invalid(
            "spamDelayMin must not be more than spamDelayMax".to_owned(),
        ));
    }
    Ok(Value::Object(after).to_string())
}

/// The whole document, for people: defaults where nothing was set, the secret as a hint.
pub fn shown(stored: Option<&str>, secrets: &SecretBox, session: &str) -> Value {
    let hint = |secret: Option<String>| secret.map(|secret| mask(&secret));
    document(stored, hint(opened(stored, secrets, session)))
}

/// The same with the secret itself.
pub(crate) fn revealed(stored: Option<&str>, secrets: &SecretBox, session: &str) -> Value {
    document(stored, opened(stored, secrets, session))
}

/// The text of either where nothing was ever set: most sessions have no bot, and it is asked for with every message.
pub(crate) fn never_set() -> String {
    static TEXT: LazyLock<String> = LazyLock::new(|| document(None, None).to_string());
    TEXT.clone()
}

fn document(stored: Option<&str>, secret: Option<String>) -> Value {
    let mut stored = parsed(stored);
    let mut document: Map<String, Value> = FIELDS
        .iter()
        .map(|(name, kind)| {
            let value = stored.remove(*name).unwrap_or_else(|| default_of(kind));
            ((*name).to_owned(), value)
        })
        .collect();
    document.insert(SECRET.to_owned(), json!(secret));
    Value::Object(document)
}

fn parsed(stored: Option<&str>) -> Map<String, Value> {
    match stored.map(serde_json::from_str) {
        Some(Ok(Value::Object(stored))) => stored,
        _ => Map::new(),
    }
}

fn default_of(kind: &Kind) -> Value {
    match kind {
        Kind::Switch(on) => json!(on),
        Kind::Mode(mode) => json!(mode),
        Kind::List => Value::Null,
        Kind::Number { default, .. } => json!(default),
        Kind::Text { default, .. } => json!(default),
        Kind::Prefix => json!("#"),
    }
}

/// The value as it is stored; a null puts a field back to its default. The text names the field and its limit.
fn checked(name: &str, kind: &Kind, value: Value) -> Result<Value, String> {
    if value.is_null() {
        return Ok(default_of(kind));
    }
    match kind {
        Kind::Switch(_) if value.is_boolean() => Ok(value),
        Kind::Switch(_) => Err(format!("{name} must be true or false")),
        Kind::Mode(_) if value.as_str().is_some_and(|mode| MODES.contains(&mode)) => Ok(value),
        Kind::Mode(_) => Err(format!("{name} must be one of {}", MODES.join(", "))),
        Kind::Number { min, max, .. } => match value.as_i64() {
            Some(number) if (*min..=*max).contains(&number) => Ok(value),
            _ => Err(format!("{name} must be a whole number between {min} and {max}")),
        },
        Kind::Text { max, .. } => match value.as_str() {
            Some(text) if text.chars().count() <= *max => Ok(value),
            _ => Err(format!("{name} must be a text of at most {max} characters")),
        },
        Kind::Prefix => match value.as_str() {
            Some(text)
                if (1..=5).contains(&text.chars().count())
                    && !text.contains(|c: char| c.is_whitespace() || c.is_control()) =>
            {
                Ok(value)
            }
            _ => Err(format!("{name} must be 1 to 5 characters without spaces")),
        },
        Kind::List => checked_list(name, value),
    }
}

fn checked_list(name: &str, value: Value) -> Result<Value, String> {
    let refusal = || {
        format!(
            "{name} must be a list of at most {MAX_LIST} numbers or addresses of 1 to {MAX_ENTRY} characters"
        )
    };
    let Value::Array(entries) = &value else {
        return Err(refusal());
    };
    let good = |entry: &Value| {
        entry
            .as_str()
            .is_some_and(|entry| (1..=MAX_ENTRY).contains(&entry.trim().chars().count()))
    };
    if entries.len() > MAX_LIST || !entries.iter().all(good) {
        return Err(refusal());
    }
    Ok(value)
}

enum Change {
    Keep,
    Clear,
    Set(String),
}

fn secret(value: Value, shown: &Value, secrets: &SecretBox, session: &str) -> Result<Change, HostError> {
    if value.is_null() || value == *shown {
        return Ok(Change::Keep);
    }
    let text = match &value {
        Value::String(text) if text.is_empty() => return Ok(Change::Clear),
        Value::String(text) if text.chars().count() <= MAX_SECRET && !text.contains(char::is_control) => text,
        _ => {
            return Err(HostError::Invalid(format!(
                "{SECRET} must be a text of at most {MAX_SECRET} characters"
            )));
        }
    };
    let sealed = secrets
        .seal(&place(session), text)
        .map_err(|error| HostError::Internal(error.to_string()))?;
    Ok(Change::Set(sealed))
}

fn opened(stored: Option<&str>, secrets: &SecretBox, session: &str) -> Option<String> {
    let stored = parsed(stored);
    let sealed = stored.get(SECRET)?.as_str()?;
    match secrets.open(&place(session), sealed) {
        Ok(secret) => Some(secret.expose().to_owned()),
        Err(error) => {
            tracing::error!(session.id = session, %error, "a secret of the bot's settings cannot be opened");
            None
        }
    }
}

fn mask(secret: &str) -> String {
    let count = secret.chars().count();
    if count < MIN_HINTED {
        return MASK.to_owned();
    }
    let end: String = secret.chars().skip(count - 4).collect();
    format!("{MASK}{end}")
}

fn place(session: &str) -> String {
    format!("document/{NAMESPACE}/{session}/{SECRET}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wagate_storage::secrets::SecretBox;

    use super::{merged, revealed, shown};

    fn write(stored: Option<&str>, written: Value, secrets: &SecretBox) -> Result<String, String> {
        merged(stored, &written.to_string(), secrets, "shop").map_err(|error| error.to_string())
    }

    #[test]
    fn what_was_never_set_has_the_contracts_default() {
        let secrets = SecretBox::random().unwrap();
        let document = shown(None, &secrets, "shop");
        for (field, value) in [
            ("enabled", json!(true)),
            ("botMode", json!("OWNER")),
            ("autoReplyMode", json!("ALL")),
            ("botAllowedJids", Value::Null),
            ("prefix", json!("#")),
            ("maxStickerDuration", json!(10)),
            ("spamDelayMax", json!(3_000)),
            ("welcomeMessage", Value::Null),
            ("alwaysOnline", json!(false)),
            ("removeBgApiKey", Value::Null),
        ] {
            assert_eq!(document[field], value, "{field}");
        }
        assert_eq!(document.as_object().unwrap().len(), 23);
    }

    #[test]
    fn a_write_changes_what_it_names_and_nothing_else() {
        let secrets = SecretBox::random().unwrap();
        let first = write(
            None,
            json!({ "prefix": "!", "spamLimit": 7, "id": "x" }),
            &secrets,
        )
        .unwrap();
        let second = write(Some(&first), json!({ "spamLimit": 8, "prefix": null }), &secrets).unwrap();
        let document = shown(Some(&second), &secrets, "shop");
        assert_eq!(
            (&document["spamLimit"], &document["prefix"]),
            (&json!(8), &json!("#"))
        );
    }

    #[test]
    fn the_key_is_sealed_hinted_at_cleared_and_kept() {
        let secrets = SecretBox::random().unwrap();
        let key = json!({ "removeBgApiKey": "a-long-secret-key" });
        let stored = write(None, key, &secrets).unwrap();
        assert!(!stored.contains("secret"), "{stored}");
        let document = shown(Some(&stored), &secrets, "shop");
        assert_eq!(document["removeBgApiKey"], "****-key");
        assert_eq!(
            revealed(Some(&stored), &secrets, "shop")["removeBgApiKey"],
            "a-long-secret-key"
        );
        for kept in [
            json!({}),
            json!({ "removeBgApiKey": "****-key" }),
            json!({ "removeBgApiKey": null }),
        ] {
            let again = write(Some(&stored), kept, &secrets).unwrap();
            assert_eq!(
                revealed(Some(&again), &secrets, "shop")["removeBgApiKey"],
                "a-long-secret-key"
            );
        }
        let cleared = write(Some(&stored), json!({ "removeBgApiKey": "" }), &secrets).unwrap();
        assert_eq!(
            shown(Some(&cleared), &secrets, "shop")["removeBgApiKey"],
            Value::Null
        );
        assert_eq!(
            revealed(Some(&stored), &secrets, "other")["removeBgApiKey"],
            Value::Null
        );
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_limit() {
        let secrets = SecretBox::random().unwrap();
        for (written, named) in [
            (
                json!({ "botMode": "NOBODY" }),
                "botMode must be one of OWNER, ALL",
            ),
            (json!({ "enabled": "yes" }), "enabled must be true or false"),
            (json!({ "maxStickerDuration": 61 }), "between 1 and 60"),
            (json!({ "maxStickerDuration": 1.5 }), "maxStickerDuration"),
            (json!({ "prefix": "" }), "prefix must be 1 to 5"),
            (json!({ "prefix": "a b" }), "prefix"),
            (json!({ "botName": "x".repeat(101) }), "at most 100"),
            (
                json!({ "botAllowedJids": ["", "1"] }),
                "botAllowedJids must be a list",
            ),
            (json!({ "botAllowedJids": "all" }), "botAllowedJids"),
            (
                json!({ "spamDelayMin": 4_000 }),
                "spamDelayMin must not be more than spamDelayMax",
            ),
            (json!({ "removeBgApiKey": 5 }), "removeBgApiKey"),
            (json!({ "colour": "red" }), "\"colour\" is no setting"),
            (json!([]), "JSON object"),
        ] {
            let refusal = write(None, written.clone(), &secrets).unwrap_err();
            assert!(refusal.contains(named), "{written}: {refusal}");
        }
    }
}
