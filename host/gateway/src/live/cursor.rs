//! How a reader says where it was: a text that means nothing to it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Another form of cursor gets another letter.
const FORM: char = 'p';

/// The text for a position in the log.
pub(crate) fn write(position: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("{FORM}{position}"))
}

/// The position a text stands for; none when it is no cursor.
pub(crate) fn read(text: &str) -> Option<i64> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let digits = text.strip_prefix(FORM)?;
    digits.parse().ok().filter(|position| *position >= 0)
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for position in [0, 1, 41, i64::MAX] {
            assert_eq!(read(&write(position)), Some(position));
        }
        for odd in ["", "41", "cDQx!", "cC0x", &write(7)[1..], "e30"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
