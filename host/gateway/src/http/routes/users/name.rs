//! What people are called.

const MIN: usize = 2;
const MAX: usize = 100;

/// The name as it is stored, or what is wrong with it.
pub(crate) fn checked_name(given: Option<&str>) -> Result<String, String> {
    let name = given.unwrap_or_default().trim();
    if name.contains(char::is_control) {
        return Err("name must not contain control characters".to_owned());
    }
    if !(MIN..=MAX).contains(&name.chars().count()) {
        return Err(format!("name must have {MIN} to {MAX} characters"));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::checked_name;

    #[test]
    fn a_name_is_required_and_bounded() {
        assert_eq!(checked_name(Some(" Ann ")).as_deref(), Ok("Ann"));
        for bad in [
            None,
            Some(""),
            Some(" A "),
            Some("A\nB"),
            Some("x".repeat(101).as_str()),
        ] {
            assert!(checked_name(bad).is_err(), "{bad:?}");
        }
    }
}
