//! E-mail addresses, as the names of accounts: lower case, plausible, not verified.

/// The longest there is.
const MAX: usize = 254;

/// The address as it is stored; none when it is no address.
pub(crate) fn normalise(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (user, host) = email.rsplit_once('@')?;
    let plain = |text: &str| {
        !text.is_empty()
            && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"@".contains(c))
    };
    (email.len() <= MAX && plain(user) && plain(host)).then_some(email)
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn addresses_are_lower_case_and_plausible() {
        assert_eq!(
            normalise(" Owner@Example.test ").as_deref(),
            Some("owner@example.test")
        );
        assert_eq!(normalise("admin@localhost").as_deref(), Some("admin@localhost"));
        for bad in [
            "",
            "nobody",
            "@example.test",
            "a@",
            "a b@c",
            "a@b@c",
            "<a@b>",
            "a\n@b",
            &format!("{}@b", "x".repeat(254)),
        ] {
            assert_eq!(normalise(bad), None, "{bad}");
        }
    }
}
