//! Slugs: what REST clients call a session.

use crate::auth::key::random_text;
use crate::http::access::is_row_id;

/// The rule, as clients read it.
pub(crate) const RULE: &str = "sessionId must be 2 to 64 characters of a-z, 0-9, _ and -, start with a letter or \
                               digit, and not look like a row id";
const GENERATED: usize = 10;

/// Whether this can be a slug.
pub(crate) fn is_valid(slug: &str) -> bool {
    let mut bytes = slug.bytes();
    let first = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    // A slug that looks like a row id could be taken for another session.
    first && (2..=64).contains(&slug.len()) && bytes.all(rest) && !is_row_id(slug)
}

/// One for a client that did not choose.
pub(crate) fn generate() -> String {
    random_text(GENERATED).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{generate, is_valid};

    #[test]
    fn the_rule_holds() {
        for good in ["demo", "a1", "0-0", "marketing_1", &"x".repeat(64)] {
            assert!(is_valid(good), "{good}");
        }
        let row_id = wagate_storage::new_row_id();
        for bad in [
            "",
            "a",
            "-a",
            "_a",
            "Demo",
            "a b",
            "a/b",
            "a.b",
            "ä1",
            "../x",
            &"x".repeat(65),
            &row_id,
        ] {
            assert!(!is_valid(bad), "{bad}");
        }
        assert!(is_valid(&generate()));
    }
}
