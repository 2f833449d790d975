//! Addresses as people write them, made into JIDs. Nowhere else.

use wacore_binary::JidExt as _;
use whatsapp_rust::{Jid, Server};

use crate::EngineError;

/// Fewest and most digits of a phone number (E.164, and short service numbers).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 5..=15;

/// The recipient's JID in text form. Accepts digits, `+e164`, `...@s.whatsapp.net`, `...@c.us`, `...@lid`, `...@g.us`;
/// spaces, dashes, dots and brackets in a number are left out.
pub fn parse_recipient(text: &str) -> Result<String, EngineError> {
    parse(text, "jid").map(|jid| jid.to_string())
}

/// As [`parse_recipient`], as the library's type; `field` names the argument in the error.
pub(crate) fn parse(text: &str, field: &'static str) -> Result<Jid, EngineError> {
    let text = text.trim();
    match text.split_once('@') {
        None => phone(text, field),
        Some((user, "s.whatsapp.net" | "c.us")) => phone(without_device(user), field),
        Some((user, "lid")) if is_digits(without_device(user)) => {
            Ok(Jid::new(without_device(user), Server::Lid))
        }
        Some((user, "g.us")) if !user.is_empty() && user.bytes().all(|b| b.is_ascii_digit() || b == b'-') => {
            Ok(Jid::new(user, Server::Group))
        }
        Some(_) => Err(invalid(field)),
    }
}

/// As [`parse`], and it has to be a group.
pub(crate) fn parse_group(text: &str) -> Result<Jid, EngineError> {
    match parse(text, "jid") {
        Ok(jid) if jid.is_group() => Ok(jid),
        _ => Err(EngineError::invalid("jid", "must be a group: digits and @g.us")),
    }
}

/// As [`parse`], and it has to be a person.
pub(crate) fn parse_person(text: &str, field: &'static str) -> Result<Jid, EngineError> {
    let jid = parse(text, field)?;
    if jid.is_group() {
        return Err(EngineError::invalid(field, "must be a person, not a group"));
    }
    Ok(jid)
}

/// As [`parse`], or where status posts are.
pub(crate) fn parse_chat(text: &str) -> Result<Jid, EngineError> {
    if text.trim() == "status@broadcast" {
        return Ok(Jid::status_broadcast());
    }
    parse(text, "jid")
}

/// `user:device@...` and `user.agent:device@...` name one device; people are addressed without.
fn without_device(user: &str) -> &str {
    let end = user.find([':', '.']).unwrap_or(user.len());
    user.get(..end).unwrap_or(user)
}

fn phone(text: &str, field: &'static str) -> Result<Jid, EngineError> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')'))
        .collect();
    if is_digits(&digits) && PHONE_DIGITS.contains(&digits.len()) {
        Ok(Jid::new(digits, Server::Pn))
    } else {
        Err(invalid(field))
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit())
}

fn invalid(field: &'static str) -> EngineError {
    EngineError::Invalid {
        field,
        message: format!(
            "must be a phone number of {} to {} digits, or end in @s.whatsapp.net, @c.us, @lid or @g.us",
            PHONE_DIGITS.start(),
            PHONE_DIGITS.end()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_recipient;

    #[test]
    fn accepts_what_people_write() {
        for (text, jid) in [
            ("15550001002", "15550001002@s.whatsapp.net"),
            ("+1 (555) 000-1002", "15550001002@s.whatsapp.net"),
            ("15550001002@c.us", "15550001002@s.whatsapp.net"),
            ("15550001002:3@s.whatsapp.net", "15550001002@s.whatsapp.net"),
            ("100000000000001@lid", "100000000000001@lid"),
            ("120363001122334455@g.us", "120363001122334455@g.us"),
            ("15550001002-1600000000@g.us", "15550001002-1600000000@g.us"),
        ] {
            assert_eq!(parse_recipient(text).expect(text), jid);
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "abc",
            "1234",
            "1234567890123456",
            "@g.us",
            "a@b",
            "../x@g.us",
            "1@lid@g.us",
            "x@newsletter",
        ] {
            assert!(parse_recipient(text).is_err(), "{text}");
        }
    }
}
