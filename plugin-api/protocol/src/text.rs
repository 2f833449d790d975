//! Text from strangers on its way to a terminal, a log, a comment or a page: it must neither leave its line nor show
//! itself as something it is not.

/// Whether this moves a cursor, ends a line, or changes the direction in which what follows is written.
pub fn is_harmful(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// At most so many characters, each that is harmful replaced by a space.
pub fn harmless(text: &str, most: usize) -> String {
    let chars = text.chars().take(most);
    chars
        .map(|char| if is_harmful(char) { ' ' } else { char })
        .collect()
}

/// In one line, without any of that.
pub fn one_line(text: &str) -> String {
    let visible = harmless(text, usize::MAX);
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_text_stays_in_its_line_and_in_its_direction() {
        assert_eq!(one_line("sends the answers"), "sends the answers");
        assert_eq!(one_line(" a\n]\nenabled = true\r\n"), "a ] enabled = true");
        assert_eq!(
            one_line("\u{1b}[2Jx\u{202e}y\u{2028}z\t\u{9b}1m\u{2066}!"),
            "[2Jx y z 1m !"
        );
        assert_eq!(one_line("سلام"), "سلام");
    }
}
