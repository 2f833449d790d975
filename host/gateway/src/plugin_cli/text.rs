//! Text from a component, made fit for a terminal and for a comment. Whoever wrote the component is not trusted yet.

/// In one line, without anything that moves the cursor, ends a comment or changes the direction of writing.
pub(super) fn one_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|char| if is_harmful(char) { ' ' } else { char })
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A TOML string in one line that means exactly this text.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            char if is_harmful(char) => quoted.extend(format!("\\u{:04X}", u32::from(char)).chars()),
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

fn is_harmful(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::{one_line, quoted};

    #[test]
    fn a_text_stays_in_its_line() {
        assert_eq!(one_line("sends the answers"), "sends the answers");
        assert_eq!(one_line(" a\n]\nenabled = true\r\n"), "a ] enabled = true");
        assert_eq!(one_line("\u{1b}[2Jx\u{202e}y\u{2028}z\t\u{9b}1m"), "[2Jx y z 1m");
    }

    #[test]
    fn a_quoted_text_is_one_line_of_toml() {
        for text in [
            "plain",
            "a\"b\\c",
            "two\nlines\u{0}\u{7f}\u{2028}\u{202e}",
            "grün",
            "",
        ] {
            let quoted = quoted(text);
            assert_eq!(one_line(&quoted), quoted);
            let read: toml::Table = toml::from_str(&format!("key = {quoted}")).unwrap();
            assert_eq!(read["key"].as_str(), Some(text));
        }
    }
}
