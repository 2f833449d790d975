//! Text from a component, made fit for a terminal and for a comment. Whoever wrote the component is not trusted yet.

use wagate_protocol::text::is_harmful;

pub(super) use wagate_protocol::text::one_line;

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

#[cfg(test)]
mod tests {
    use super::{one_line, quoted};

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
