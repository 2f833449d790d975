//! What the TOML parser says about a file, in words that somebody who has only the file can act on.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// What the parser says about the second of two keys with the same name.
const DUPLICATE: &str = "duplicate key";
/// It guesses at one of the two by the first letter.
const NO_BOOLEAN: &str = "invalid boolean";

/// The parser's message about this text, in one line. Of a key that is there twice it says which, and where the first is.
pub fn toml_message(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().trim();
    if message.starts_with(NO_BOOLEAN) {
        return format!("{NO_BOOLEAN}, expected `true` or `false`");
    }
    if message == DUPLICATE
        && let Some(words) = error.span().and_then(|span| duplicate(text, span))
    {
        return words;
    }
    message.replace('\n', ", ")
}

/// Line and column, both from 1, of a byte position.
pub(crate) fn place(text: &str, position: usize) -> (u32, u32) {
    let before = text.get(..position).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    (
        u32::try_from(line).unwrap_or(u32::MAX),
        u32::try_from(column).unwrap_or(u32::MAX),
    )
}

/// The key gets a name of its own: the parser then takes the text, and tells where that key's table has the first one.
fn duplicate(text: &str, span: Range<usize>) -> Option<String> {
    let (before, key, after) = (
        text.get(..span.start)?,
        text.get(span.clone())?,
        text.get(span.end..)?,
    );
    let mut stand_in = "second".to_owned();
    while text.contains(&stand_in) {
        stand_in.push('-');
    }
    let renamed = format!("{before}{stand_in}{after}");
    let (root, _) = DeTable::parse_recoverable(&renamed);
    let name = key.trim_matches(['"', '\'']);
    let words = format!("{DUPLICATE} `{name}`");
    Some(match beside(root.get_ref(), &stand_in, name) {
        Some(first) => format!("{words}: the first one is in line {}", place(text, first).0),
        None => words,
    })
}

/// Where the table that has one key has another.
fn beside(table: &DeTable<'_>, key: &str, wanted: &str) -> Option<usize> {
    if table.contains_key(key) {
        return table.get_key_value(wanted).map(|(found, _)| found.span().start);
    }
    table
        .iter()
        .find_map(|(_, value)| inside(value.get_ref(), key, wanted))
}

fn inside(value: &DeValue<'_>, key: &str, wanted: &str) -> Option<usize> {
    match value {
        DeValue::Table(table) => beside(table, key, wanted),
        DeValue::Array(items) => items.iter().find_map(|item| inside(item.get_ref(), key, wanted)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::toml_message;

    fn message(text: &str) -> String {
        toml_message(text, &toml::from_str::<toml::Table>(text).unwrap_err())
    }

    #[test]
    fn a_key_that_is_there_twice_is_named_with_the_line_of_the_first() {
        for (text, key, line) in [
            ("a = 1\nb = 2\na = 3\n", "a", 1),
            ("[a]\nb = 1\n[c]\nb = 1\nd = 5\nd = 6\nd = 7\n", "d", 5),
            ("[a]\nx = 1\n\n[b]\n\n[a]\ny = 1\n", "a", 1),
            ("second = 1\n\n[s]\n\"k\" = 1\nk = { second- = 2 }\n", "k", 4),
            ("[s]\nrules = [{ a = 1 }]\n\n[[s.rules]]\na = 2\n", "rules", 2),
            ("a = { b = 1,\nb = 2 }\n", "b", 1),
        ] {
            assert_eq!(
                message(text),
                format!("duplicate key `{key}`: the first one is in line {line}"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_boolean_is_one_of_two() {
        for wrong in ["treu", "True", "flase", "t"] {
            let message = message(&format!("enabled = {wrong}\n"));
            assert!(!message.contains('\n'), "{message}");
            if message.starts_with("invalid boolean") {
                assert_eq!(message, "invalid boolean, expected `true` or `false`");
            }
        }
        assert!(message("enabled = treu\n").contains("`true` or `false`"));
    }
}
