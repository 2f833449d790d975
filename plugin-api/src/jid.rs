//! Addresses as clients write them, looked at before the host is asked: for lists of people, and for keys.
//! The host has the last word on what an address is.

use std::ops::RangeInclusive;

use crate::error::Error;

/// Fewest and most digits of a phone number.
const PHONE_DIGITS: RangeInclusive<usize> = 5..=15;
/// Most digits of a LID.
const MAX_LID_DIGITS: usize = 20;
/// Longest address, in bytes.
const MAX_ADDRESS: usize = 64;

/// The usual form of an address: `15550100@s.whatsapp.net` for digits, `+e164` and `@c.us`; LIDs and groups as they are.
/// A 400 that begins with `field` for anything else.
pub fn recipient(text: &str, field: &str) -> Result<String, Error> {
    let wrong = || {
        Error::bad_request(format!(
            "{field}: must be a phone number of {} to {} digits, or end in @s.whatsapp.net, @c.us, @lid or @g.us",
            PHONE_DIGITS.start(),
            PHONE_DIGITS.end()
        ))
    };
    let text = text.trim();
    if text.len() > MAX_ADDRESS {
        return Err(wrong());
    }
    let jid = match text.split_once('@') {
        None => phone(text),
        Some((user, "s.whatsapp.net" | "c.us")) => phone(without_device(user)),
        Some((user, "lid")) => {
            let digits = without_device(user);
            (is_digits(digits) && digits.len() <= MAX_LID_DIGITS).then(|| format!("{digits}@lid"))
        }
        Some((group, "g.us")) => {
            let is_group =
                !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            is_group.then(|| format!("{group}@g.us"))
        }
        Some(_) => None,
    };
    jid.ok_or_else(wrong)
}

/// Whether this is the address of a group.
pub fn is_group(jid: &str) -> bool {
    jid.ends_with("@g.us")
}

/// Whether this is a LID.
pub fn is_lid(jid: &str) -> bool {
    jid.ends_with("@lid")
}

/// What stands before the `@`: a person's number, for instance.
pub fn user(jid: &str) -> &str {
    jid.split_once('@').map_or(jid, |(user, _)| user)
}

fn phone(text: &str) -> Option<String> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')'))
        .collect();
    (is_digits(&digits) && PHONE_DIGITS.contains(&digits.len())).then(|| format!("{digits}@s.whatsapp.net"))
}

/// `user:device@...` and `user.agent:device@...` name one device; people are addressed without.
fn without_device(user: &str) -> &str {
    let end = user.find([':', '.']).unwrap_or(user.len());
    user.get(..end).unwrap_or(user)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_form() {
        for (text, jid) in [
            ("15550100", "15550100@s.whatsapp.net"),
            (" +1 (202) 555-0102 ", "12025550102@s.whatsapp.net"),
            ("15550100@c.us", "15550100@s.whatsapp.net"),
            ("15550100:3@s.whatsapp.net", "15550100@s.whatsapp.net"),
            ("100000000000001@lid", "100000000000001@lid"),
            ("15550100-1600000000@g.us", "15550100-1600000000@g.us"),
        ] {
            assert_eq!(recipient(text, "jid").unwrap(), jid);
        }
        assert_eq!(
            (user("1@lid"), is_group("1@g.us"), is_lid("1@g.us")),
            ("1", true, false)
        );
    }

    #[test]
    fn what_is_none_is_refused_by_name() {
        for text in [
            "",
            "abc",
            "1234",
            "1@b",
            "@g.us",
            "x@newsletter",
            "1@lid@g.us",
            &"1".repeat(70),
        ] {
            let refusal = recipient(text, "toJids[2]").unwrap_err().to_string();
            assert!(
                refusal.starts_with("400: toJids[2]: must be a phone number"),
                "{refusal}"
            );
        }
    }
}
