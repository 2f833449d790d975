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

pub(crate) fn error_from_wit(error: types::Error) -> HostError {
    match error {
        types::Error::Denied(text) => HostError::Denied(text),
        types::Error::NotFound(text) => HostError::NotFound(text),
        types::Error::Invalid(text) => HostError::Invalid(text),
        types::Error::Conflict(text) => HostError::Conflict(text),
        types::Error::RateLimited(retry_after_ms) => HostError::RateLimited { retry_after_ms },
        types::Error::Unavailable(missing) => HostError::Unavailable {
            message: missing.message,
            retry_after_ms: missing.retry_after_ms,
        },
        types::Error::Timeout(text) => HostError::Timeout(text),
        types::Error::Internal(text) | types::Error::Failed(text) => HostError::Internal(text),
    }
}
