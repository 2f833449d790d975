//! `[settings]` of a plugin's file, changed for an administrator over REST: written as a person would, with every comment
//! and every line that did not change left alone.

use serde_json::{Map, Value};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, RawString, Table, TableLike};

use crate::error::FileError;
use crate::operator::OperatorFile;

/// The table.
const SETTINGS: &str = "settings";
/// Deeper than anybody nests settings.
const MAX_DEPTH: usize = 16;

/// The text with these settings and no others. Fails on a text that is wrong already, and on values TOML does not have.
pub(crate) fn with_settings(
    file: &str,
    text: &str,
    wanted: &Map<String, Value>,
) -> Result<String, FileError> {
    OperatorFile::parse(file, text)?;
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| FileError::new(file, error.message()))?;
    if wanted.is_empty() && document.get(SETTINGS).is_none() {
        return Ok(text.to_owned());
    }
    let item = document
        .entry(SETTINGS)
        .or_insert_with(|| Item::Table(Table::new()));
    // `settings = { .. }` on one line is a table as well.
    let inline = item.is_inline_table();
    let table = item
        .as_table_like_mut()
        .ok_or_else(|| FileError::new(file, "[settings] is no table"))?;
    fill(table, wanted, SETTINGS, inline, 0).map_err(|why| FileError::new(file, why))?;
    let text = document.to_string();
    // Whatever somebody's file looks like: it says what was asked for, or it stays as it was.
    if settings_of(file, &text)? != plain(&Value::Object(wanted.clone())) {
        return Err(FileError::new(
            file,
            "[settings] cannot be changed here as they are written, edit the file",
        ));
    }
    Ok(text)
}

/// The settings in a text, as JSON.
pub(crate) fn settings_of(file: &str, text: &str) -> Result<Value, FileError> {
    OperatorFile::parse(file, text).map(|operator| operator.settings_json())
}

/// What TOML will have of a value: objects without what is null.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, field)| !field.is_null());
            fields.map(|(key, field)| (key.clone(), plain(field))).collect()
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// Makes the table hold what is wanted; what does already is not touched.
fn fill(
    table: &mut dyn TableLike,
    wanted: &Map<String, Value>,
    path: &str,
    inline: bool,
    depth: usize,
) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("{path} is nested too deeply: at most {MAX_DEPTH} levels"));
    }
    let gone: Vec<String> = table
        .iter()
        .map(|(key, _)| key.to_owned())
        .filter(|key| wanted.get(key).is_none_or(Value::is_null))
        .collect();
    for key in gone {
        table.remove(&key);
    }
    for (key, value) in wanted {
        if value.is_null() {
            continue;
        }
        let path = format!("{path}.{key}");
        if let Value::Object(fields) = value {
            if table.get(key).is_none_or(|old| !old.is_table_like()) {
                let fresh = if inline {
                    Item::Value(InlineTable::new().into())
                } else {
                    Item::Table(Table::new())
                };
                table.insert(key, fresh);
            }
            if let Some(item) = table.get_mut(key) {
                let inline = item.is_inline_table();
                if let Some(inner) = item.as_table_like_mut() {
                    fill(inner, fields, &path, inline, depth + 1)?;
                }
            }
            continue;
        }
        // On one line stays what somebody wrote on one line.
        let is_one_line = |old: &Item| old.as_array().is_some_and(|array| !array.is_empty());
        if !inline
            && let Some(entries) = objects(value)
            && !table.get(key).is_some_and(is_one_line)
        {
            fill_list(table, key, &entries, &path, depth)?;
            continue;
        }
        let mut fresh = toml_of(value, &path, depth + 1)?;
        match table.get_mut(key) {
            Some(Item::Value(old)) => {
                if !same(old, &fresh) {
                    // The comment behind it and the spaces around it stay.
                    *fresh.decor_mut() = old.decor().clone();
                    *old = fresh;
                }
            }
            _ => {
                // The key of a header is not spaced like one before a value.
                table.remove(key);
                table.insert(key, Item::Value(fresh));
            }
        }
    }
    Ok(())
}

/// The entries of a list of tables, if it is one.
fn objects(value: &Value) -> Option<Vec<&Map<String, Value>>> {
    let entries: Option<Vec<_>> = value.as_array()?.iter().map(Value::as_object).collect();
    entries.filter(|entries| !entries.is_empty())
}

/// Makes `[[key]]` hold these entries: so that one more can be written below them, by whoever has the file open.
fn fill_list(
    table: &mut dyn TableLike,
    key: &str,
    entries: &[&Map<String, Value>],
    path: &str,
    depth: usize,
) -> Result<(), String> {
    let mut above = None;
    if !table.get(key).is_some_and(Item::is_array_of_tables) {
        let decor = table.key(key).map(|key| key.leaf_decor().clone());
        above = decor
            .and_then(|decor| decor.prefix().and_then(RawString::as_str).map(str::to_owned))
            .filter(|comment| !comment.is_empty());
        table.remove(key);
        table.insert(key, Item::ArrayOfTables(ArrayOfTables::new()));
    }
    let Some(list) = table.get_mut(key).and_then(Item::as_array_of_tables_mut) else {
        return Err(format!("{path} is no list"));
    };
    // What is taken out of the middle takes its comments along, and the others keep theirs.
    while list.len() > entries.len() {
        let gone = list
            .iter()
            .zip(entries)
            .position(|(old, fields)| !holds(old, fields))
            .unwrap_or(entries.len());
        list.remove(gone);
    }
    for (index, fields) in entries.iter().enumerate() {
        if list.get(index).is_none() {
            let mut fresh = Table::new();
            if let Some(above) = above.take() {
                fresh.decor_mut().set_prefix(format!("\n{above}"));
            }
            list.push(fresh);
        }
        if let Some(entry) = list.get_mut(index) {
            fill(entry, fields, &format!("{path}[{index}]"), false, depth + 1)?;
        }
    }
    Ok(())
}

/// Whether a table has these fields and no others.
fn holds(table: &Table, fields: &Map<String, Value>) -> bool {
    let wanted = toml_of(&Value::Object(fields.clone()), "", 0);
    wanted.is_ok_and(|wanted| same(&table.clone().into_inline_table().into(), &wanted))
}

/// Whether two values mean the same, however they are written.
fn same(one: &toml_edit::Value, other: &toml_edit::Value) -> bool {
    let plain = |value: &toml_edit::Value| {
        let mut value = value.clone();
        value.decor_mut().clear();
        format!("v = {value}").parse::<toml::Table>().ok()
    };
    plain(one).is_some_and(|one| Some(one) == plain(other))
}

fn toml_of(value: &Value, path: &str, depth: usize) -> Result<toml_edit::Value, String> {
    if depth > MAX_DEPTH {
        return Err(format!("{path} is nested too deeply: at most {MAX_DEPTH} levels"));
    }
    Ok(match value {
        Value::Null => return Err(format!("{path}: TOML has no null")),
        Value::Bool(yes) => (*yes).into(),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => whole.into(),
            (None, Some(float)) if number.is_f64() => float.into(),
            _ => return Err(format!("{path}: {number} is too large")),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => {
            let mut array = Array::new();
            for (index, item) in items.iter().enumerate() {
                array.push(toml_of(item, &format!("{path}[{index}]"), depth + 1)?);
            }
            array.into()
        }
        Value::Object(fields) => {
            let mut table = InlineTable::new();
            for (key, field) in fields.iter().filter(|(_, field)| !field.is_null()) {
                table.insert(key, toml_of(field, &format!("{path}.{key}"), depth + 1)?);
            }
            table.into()
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{settings_of, with_settings};

    const FILE: &str = "# mine\nenabled = true # yes\n\n[grants]\ncapabilities = [\"store\"]\n\n# how it greets\n[settings]\n\
                        # the words\ngreeting = \"hello\" # polite\nhours = [ 9, 17 ] # open\n\n[settings.colours]\nred = 1 # dark\n";

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn with(text: &str, settings: Value) -> Result<String, String> {
        with_settings("x.toml", text, &map(settings)).map_err(|error| error.message)
    }

    #[test]
    fn what_is_the_same_is_not_touched_and_comments_stay() {
        let same = json!({ "greeting": "hello", "hours": [9, 17], "colours": { "red": 1 } });
        assert_eq!(with(FILE, same).unwrap(), FILE);
        let changed = json!({ "greeting": "good day", "hours": [9, 17], "colours": { "red": 2 } });
        assert_eq!(
            with(FILE, changed).unwrap(),
            FILE.replace("\"hello\"", "\"good day\"")
                .replace("red = 1", "red = 2")
        );
    }

    #[test]
    fn keys_come_and_go() {
        let text = with(
            FILE,
            json!({ "hours": [8], "new": { "deep": [true, { "a": 1.5 }] } }),
        )
        .unwrap();
        assert!(text.starts_with("# mine\nenabled = true # yes\n"), "{text}");
        assert!(text.contains("hours = [8] # open"), "{text}");
        assert!(!text.contains("greeting") && !text.contains("red"), "{text}");
        assert_eq!(
            settings_of("x.toml", &text).unwrap(),
            json!({ "hours": [8], "new": { "deep": [true, { "a": 1.5 }] } })
        );
        let bare = with("enabled = false\n", json!({ "a": null, "b": "x" })).unwrap();
        assert_eq!(settings_of("x.toml", &bare).unwrap(), json!({ "b": "x" }));
        assert_eq!(with("enabled = false\n", json!({})).unwrap(), "enabled = false\n");
        let inline = with(
            "enabled = true\nsettings = { a = 1 } # short\n",
            json!({ "a": 2, "b": { "c": 3 } }),
        )
        .unwrap();
        assert_eq!(
            settings_of("x.toml", &inline).unwrap(),
            json!({ "a": 2, "b": { "c": 3 } })
        );
        assert!(inline.contains("# short"), "{inline}");
    }

    #[test]
    fn a_list_of_tables_is_written_so_that_it_can_be_gone_on_with() {
        const MORE: &str = "\n[[settings.rules]]\nkeyword = \"more\"\n";
        let shipped = include_str!("../../../config/plugins/autoreply.toml");
        let rule = |word: &str| json!({ "keyword": word, "on": { "days": [1, 2] } });
        let text = with(shipped, json!({ "rules": [rule("a"), rule("b")] })).unwrap();
        assert_eq!(
            text.matches("\n[[settings.rules]]\nkeyword = ").count(),
            2,
            "{text}"
        );
        let gone_on = format!("{text}{MORE}");
        assert_eq!(
            settings_of("x.toml", &gone_on).unwrap(),
            json!({ "rules": [rule("a"), rule("b"), { "keyword": "more" }] })
        );

        let commented = gone_on.replace("keyword = \"b\"", "# mine\nkeyword = \"b\" # b");
        let text = with(
            &commented,
            json!({ "rules": [rule("b"), { "keyword": "other" }] }),
        )
        .unwrap();
        assert!(
            text.contains("[[settings.rules]]\n# mine\nkeyword = \"b\" # b"),
            "{text}"
        );
        assert_eq!(
            settings_of("x.toml", &text).unwrap(),
            json!({ "rules": [rule("b"), { "keyword": "other" }] })
        );
        let none = with(&text, json!({ "rules": [] })).unwrap();
        assert!(none.contains("\nrules = []\n"), "{none}");

        let empty = "enabled = true\n[settings]\na = 1\n# the rules\nrules = []\n";
        let text = with(
            empty,
            json!({ "a": 1, "rules": [{ "keyword": "x" }, { "keyword": "y" }] }),
        )
        .unwrap();
        assert_eq!(
            text,
            "enabled = true\n[settings]\na = 1\n\n# the rules\n[[settings.rules]]\nkeyword = \"x\"\n\n\
             [[settings.rules]]\nkeyword = \"y\"\n"
        );
        let one_line = "enabled = true\n[settings]\nrules = [{ keyword = \"x\" }] # all\n";
        let text = with(one_line, json!({ "rules": [{ "keyword": "y" }] })).unwrap();
        assert!(
            text.ends_with("\nrules = [{ keyword = \"y\" }] # all\n"),
            "{text}"
        );
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_path() {
        assert!(
            with(FILE, json!({ "hours": [1, null] }))
                .unwrap_err()
                .contains("settings.hours[1]")
        );
        assert!(
            with(FILE, json!({ "big": u64::MAX }))
                .unwrap_err()
                .contains("settings.big")
        );
        assert!(with("enabled = treu\n", json!({})).is_err());
        let mut deep = json!(1);
        for _ in 0..20 {
            deep = json!({ "a": deep });
        }
        assert!(with(FILE, deep).unwrap_err().contains("nested too deeply"));
    }
}
