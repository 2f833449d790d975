//! What wasmtime makes of `plugin-api/wit/v1`. One module like this an API version; the rest of the crate sees the
//! names re-exported here.

mod generated {
    wasmtime::component::bindgen!({
        path: "../../plugin-api/wit/v1",
        world: "plugin",
        imports: { default: async },
        exports: { default: async },
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    });
}

pub(crate) use generated::Plugin;
pub(crate) use generated::exports::wagate::plugin as exports;
pub(crate) use generated::wagate::plugin::{
    clock, delivery, emit, history, http_client, log, media, notify, sessions, settings, store, timers,
    types, whatsapp_chats, whatsapp_contacts, whatsapp_groups, whatsapp_labels, whatsapp_messages,
    whatsapp_profile, whatsapp_status,
};

use wagate_protocol::error::HostError;
use wagate_protocol::text::harmless;

/// The package that plugins import from, without its version.
pub(crate) const PACKAGE: &str = "wagate:plugin/";

pub(crate) fn error_to_wit(error: HostError) -> types::Error {
    match error {
        HostError::Denied(text) => types::Error::Denied(text),
        HostError::NotFound(text) => types::Error::NotFound(text),
        HostError::Invalid(text) => types::Error::Invalid(text),
        HostError::Conflict(text) => types::Error::Conflict(text),
        HostError::RateLimited { retry_after_ms } => types::Error::RateLimited(retry_after_ms),
        HostError::Unavailable {
            message,
            retry_after_ms,
        } => types::Error::Unavailable(types::Unavailability {
            message,
            retry_after_ms,
        }),
        HostError::Timeout(text) => types::Error::Timeout(text),
        HostError::Internal(text) => types::Error::Internal(text),
    }
}

/// Of the text of a plugin's error, characters.
const MAX_ERROR: usize = 2048;

/// A plugin's error. Its text goes to logs and to administrators, and may quote what a stranger wrote.
pub(crate) fn error_from_wit(error: types::Error) -> HostError {
    let harmless = |text: String| harmless(&text, MAX_ERROR);
    match error {
        types::Error::Denied(text) => HostError::Denied(harmless(text)),
        types::Error::NotFound(text) => HostError::NotFound(harmless(text)),
        types::Error::Invalid(text) => HostError::Invalid(harmless(text)),
        types::Error::Conflict(text) => HostError::Conflict(harmless(text)),
        types::Error::RateLimited(retry_after_ms) => HostError::RateLimited { retry_after_ms },
        types::Error::Unavailable(missing) => HostError::Unavailable {
            message: harmless(missing.message),
            retry_after_ms: missing.retry_after_ms,
        },
        types::Error::Timeout(text) => HostError::Timeout(harmless(text)),
        types::Error::Internal(text) | types::Error::Failed(text) => HostError::Internal(harmless(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_of_bounded_length() {
        let forged = format!("\u{1b}[31m\n2026 ERROR forged {}", "e".repeat(1_000_000));
        let HostError::Internal(text) = error_from_wit(types::Error::Internal(forged)) else {
            panic!("another error");
        };
        assert!(text.starts_with(" [31m 2026 ERROR forged eee"), "{}", &text[..40]);
        assert_eq!(text.len(), MAX_ERROR);
    }
}
