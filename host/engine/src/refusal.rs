//! What the library and the server answer instead of a result, as our errors.

use std::error::Error;

use wagate_protocol::refusal;
use whatsapp_rust::features::{GroupError, ProfileError};
use whatsapp_rust::pair_code::{PairCodeError, PairError};
use whatsapp_rust::{
    AppStateError, BlockingError, ContactError, ErrorChainExt, PresenceError, SendError, ServerRejection,
};

use crate::{EngineError, SessionStatus};

/// How long a caller is asked to wait when the server names no time.
const RETRY_AFTER_MS: u64 = 30_000;
/// How long a phone may need to share the keys of the account's settings, seconds to minutes after pairing.
const KEYS_AFTER_MS: u64 = 30_000;

/// How WhatsApp answers for a number that cannot be linked by a code.
const NO_PAIR_CODES: u16 = 452;

/// A failed request whose refusals have no meaning of their own.
pub(crate) fn request(error: &(dyn Error + 'static), what: &'static str) -> EngineError {
    if let Some(rejection) = error.server_rejection() {
        rejected(&rejection)
    } else if error.is_timeout() {
        EngineError::Timeout(what)
    } else if error.is_transport_unavailable() {
        not_connected()
    } else if error.store_failure().is_some() {
        EngineError::Unavailable {
            message: "the session's state cannot be stored".to_owned(),
            retry_after_ms: Some(RETRY_AFTER_MS),
        }
    } else {
        EngineError::Internal(format!("{what}: {error}"))
    }
}

/// A change of a group.
pub(crate) fn group_change(error: &GroupError, what: &'static str) -> EngineError {
    match error {
        GroupError::DescriptionConflict => EngineError::Conflict(
            "the description was changed by somebody else: read it and try again".to_owned(),
        ),
        GroupError::InvalidRequest(text) => EngineError::invalid("group", text),
        _ => match error.server_rejection().map(|rejection| rejection.code) {
            Some(401 | 403) => EngineError::NotAdmin,
            Some(404) => no_group(),
            _ => request(error, what),
        },
    }
}

/// A look at a group.
pub(crate) fn group_read(error: &GroupError, what: &'static str) -> EngineError {
    match error.server_rejection().map(|rejection| rejection.code) {
        Some(401 | 403 | 404) => no_group(),
        _ => group_change(error, what),
    }
}

/// An invite code that was followed.
pub(crate) fn invite(error: &GroupError, what: &'static str) -> EngineError {
    match error {
        GroupError::InvalidRequest(_) => EngineError::invalid("inviteCode", "must be an invite code or link"),
        _ => match error.server_rejection().map(|rejection| rejection.code) {
            Some(401 | 404 | 406 | 410) => EngineError::NotFound("Invalid or expired invite code".to_owned()),
            Some(403) => EngineError::Conflict("the account may not join this group".to_owned()),
            Some(409) => EngineError::Conflict("the account is in this group already".to_owned()),
            Some(419) => EngineError::Conflict("the group is full".to_owned()),
            _ => request(error, what),
        },
    }
}

/// A change of chats, stars or labels, which the account's devices share.
pub(crate) fn app_state(error: &AppStateError, what: &'static str) -> EngineError {
    match error {
        // The library's words for it: no variant of its own.
        AppStateError::InvalidRequest(text) if text.contains("sync key") => EngineError::Unavailable {
            message: "the phone has not shared the account's settings with this device yet".to_owned(),
            retry_after_ms: Some(KEYS_AFTER_MS),
        },
        AppStateError::InvalidRequest(text) => EngineError::invalid("chat", text),
        _ => request(error, what),
    }
}

pub(crate) fn contact(error: &ContactError, what: &'static str) -> EngineError {
    match error {
        ContactError::InvalidJid(_) => EngineError::invalid("jid", "must be a person"),
        _ => request(error, what),
    }
}

pub(crate) fn blocking(error: &BlockingError, what: &'static str) -> EngineError {
    match error {
        BlockingError::InvalidJid(_) => EngineError::NotFound("this person is not on WhatsApp".to_owned()),
        _ => request(error, what),
    }
}

pub(crate) fn profile(error: &ProfileError, what: &'static str) -> EngineError {
    match error {
        ProfileError::InvalidArgument(text) => EngineError::invalid("profile", text),
        _ => match error.server_rejection().map(|rejection| rejection.code) {
            Some(406) => EngineError::invalid("picture", "must be a square JPEG"),
            _ => request(error, what),
        },
    }
}

/// A pair code that was not given.
pub(crate) fn pair_code(error: PairError) -> EngineError {
    match error {
        PairError::PairCode(
            error @ (PairCodeError::PhoneNumberRequired
            | PairCodeError::PhoneNumberTooShort
            | PairCodeError::PhoneNumberNotInternational),
        ) => EngineError::invalid("phoneNumber", error.to_string()),
        // Of two requests at once the later one is answered.
        PairError::PairCode(PairCodeError::Cancelled | PairCodeError::CodeAlreadyOutstanding { .. }) => {
            EngineError::Conflict("another pair code was asked for meanwhile".to_owned())
        }
        PairError::RequestFailed(error) => match error.server_rejection() {
            // By the library's documentation WhatsApp says so when it was asked too often for a number, and when the number is
            // none; of the latter most is found before.
            Some(rejection) if rejection.code == 400 => EngineError::RateLimited {
                retry_after_ms: wait(&rejection),
            },
            Some(rejection) if rejection.code == NO_PAIR_CODES => EngineError::Conflict(
                "this account cannot be linked by its number: scan the QR code".to_owned(),
            ),
            _ => request(&error, "a pair code"),
        },
        other => EngineError::Internal(format!("no pair code: {other}")),
    }
}

pub(crate) fn presence(error: &PresenceError, what: &'static str) -> EngineError {
    match error {
        PresenceError::PushNameEmpty => EngineError::Conflict(
            "the account has no name yet: set one, then its presence can be shown".to_owned(),
        ),
        _ => request(error, what),
    }
}

/// A message that did not leave.
pub(crate) fn send(error: SendError) -> EngineError {
    match error {
        SendError::NotLoggedIn | SendError::Client(_) => not_connected(),
        SendError::InvalidRequest(message) => EngineError::Invalid {
            field: "jid",
            message,
        },
        other => match other.server_rejection().map(|rejection| rejection.code) {
            Some(401 | 403 | 404) => no_group(),
            _ => request(&other, "the message to leave"),
        },
    }
}

fn rejected(rejection: &ServerRejection<'_>) -> EngineError {
    let wait = wait(rejection);
    match rejection.code {
        429 => EngineError::RateLimited { retry_after_ms: wait },
        409 => EngineError::Conflict(format!(
            "{}: it was changed by somebody else",
            refusal::request_text(409)
        )),
        code @ (500..=599) => EngineError::Unavailable {
            message: format!("WhatsApp answered with {code}"),
            retry_after_ms: Some(wait),
        },
        code => EngineError::Conflict(refusal::request_text(code)),
    }
}

/// As long as the server says, milliseconds.
fn wait(rejection: &ServerRejection<'_>) -> u64 {
    rejection
        .backoff
        .map_or(RETRY_AFTER_MS, |seconds| u64::from(seconds) * 1000)
}

fn no_group() -> EngineError {
    EngineError::NotFound("the group does not exist, or the account is not in it".to_owned())
}

fn not_connected() -> EngineError {
    EngineError::NotConnected {
        status: SessionStatus::Connecting,
    }
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::IqError;

    use super::*;

    fn refused(code: u16) -> GroupError {
        GroupError::Iq(IqError::ServerError {
            code,
            text: String::new(),
            error_type: None,
            backoff: None,
        })
    }

    #[test]
    fn a_refusal_means_what_was_asked() {
        let what = "a test";
        assert!(matches!(group_change(&refused(403), what), EngineError::NotAdmin));
        assert!(matches!(
            group_change(&refused(404), what),
            EngineError::NotFound(_)
        ));
        assert!(matches!(
            group_read(&refused(403), what),
            EngineError::NotFound(_)
        ));
        assert!(matches!(invite(&refused(410), what), EngineError::NotFound(_)));
        assert!(matches!(invite(&refused(409), what), EngineError::Conflict(_)));
        assert!(matches!(
            group_change(&refused(429), what),
            EngineError::RateLimited { .. }
        ));
        assert!(matches!(
            group_change(&refused(503), what),
            EngineError::Unavailable { .. }
        ));
        let odd = group_change(&refused(418), what).to_string();
        assert_eq!(odd, "WhatsApp refused the request with 418");
    }

    #[test]
    fn settings_without_keys_are_not_possible_yet() {
        let missing = AppStateError::InvalidRequest("no app state sync key available".into());
        assert!(matches!(
            app_state(&missing, "a test"),
            EngineError::Unavailable {
                retry_after_ms: Some(_),
                ..
            }
        ));
    }
}
