//! WhatsApp's refusals of messages: what its numbers mean, where that is known, and what the API calls them.
//!
//! A plugin gets a refusal as the text of a [`HostError::Conflict`](crate::error::HostError::Conflict): no case of the
//! API's closed list can carry a code of its own. [`text`] writes it and [`code_of`] reads it, here and nowhere else.

/// One reason.
struct Refusal {
    /// The server's number, or a word of the host.
    given: &'static str,
    code: &'static str,
    meaning: &'static str,
}

const fn refusal(given: &'static str, code: &'static str, meaning: &'static str) -> Refusal {
    Refusal { given, code, meaning }
}

/// The numbers as the engine's tests meet them over the sandbox.
const KNOWN: [Refusal; 13] = [
    refusal("400", "message_refused", "the message is malformed"),
    refusal("403", "recipient_refused", "the account may not write here"),
    refusal("404", "recipient_refused", "the recipient does not exist"),
    refusal(
        "405",
        "kind_refused",
        "the account may not send messages of this kind",
    ),
    refusal("420", "too_many_messages", "too many messages, slow down"),
    refusal("429", "too_many_messages", "too many messages, slow down"),
    refusal(
        "463",
        "reach_out_timelock",
        "the account may not write to people it does not know at the moment",
    ),
    refusal(
        "479",
        "message_refused",
        "the message is not in a form the server accepts",
    ),
    refusal(
        "expired",
        "expired",
        "it waited for the connection until its time was over",
    ),
    refusal(
        "logged-out",
        "logged_out",
        "the account was unlinked while it waited",
    ),
    refusal(
        "no-answer",
        "no_answer",
        "no try was answered: it may have arrived",
    ),
    refusal("not-sent", "not_sent", "it did not leave"),
    refusal(
        "file-refused",
        "media_refused",
        "the media server does not take its file",
    ),
];

const BY_WHATSAPP: &str = "WhatsApp refused with ";
const REQUEST_BY_WHATSAPP: &str = "WhatsApp refused the request with ";
const BY_HOST: &str = "the message was not sent: ";
/// The code of a number that is not known.
const OTHER: &str = "rejected";

fn known(given: &str) -> Option<&'static Refusal> {
    KNOWN.iter().find(|refusal| refusal.given == given)
}

/// In words, from the server's number or the host's word.
pub fn text(given: &str) -> String {
    let is_number = given.bytes().all(|byte| byte.is_ascii_digit());
    match (known(given), is_number) {
        (Some(refusal), true) => format!("{BY_WHATSAPP}{given}: {}", refusal.meaning),
        (None, true) => format!("{BY_WHATSAPP}{given}"),
        (Some(refusal), false) => format!("{BY_HOST}{} ({given})", refusal.meaning),
        (None, false) => format!("{BY_HOST}{given}"),
    }
}

/// In words, from the server's number, where what was refused is no message: there the numbers mean other things.
pub fn request_text(given: u16) -> String {
    format!("{REQUEST_BY_WHATSAPP}{given}")
}

/// The API's code for the server's number or the host's word.
pub fn code(given: &str) -> &'static str {
    known(given).map_or(OTHER, |refusal| refusal.code)
}

/// The same, read from what [`text`] or [`request_text`] wrote; none when it is another text.
pub fn code_of(text: &str) -> Option<&'static str> {
    if text.starts_with(REQUEST_BY_WHATSAPP) {
        return Some(OTHER);
    }
    if let Some(rest) = text.strip_prefix(BY_WHATSAPP) {
        return Some(code(rest.split(':').next().unwrap_or_default()));
    }
    let rest = text.strip_prefix(BY_HOST)?;
    let given = rest
        .rsplit_once('(')
        .map_or(rest, |(_, given)| given.trim_end_matches(')'));
    Some(code(given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for Refusal { given, code, .. } in KNOWN {
            assert_eq!(code_of(&text(given)), Some(code), "{given}");
        }
        assert_eq!(text("463").split(':').next(), Some("WhatsApp refused with 463"));
        assert_eq!(code_of(&text("599")), Some(OTHER));
        assert_eq!(code_of(&text("no group of this name")), Some(OTHER));
        assert_eq!(code_of(&request_text(404)), Some(OTHER));
        assert_eq!(code_of("the description was changed by somebody else"), None);
    }
}
