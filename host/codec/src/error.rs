//! Why bytes or JSON were not taken.

use thiserror::Error;

/// Why a conversion was refused.
#[derive(Debug, Error)]
pub enum CodecError {
    /// More bytes, values or levels than a message can need.
    #[error("{what} must be at most {limit}, it has {found}")]
    TooLarge {
        /// What was counted.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// What was found, or one more than the limit where counting stopped there.
        found: usize,
    },
    /// The bytes are no message of this kind.
    #[error("the bytes are not a {kind}")]
    Wire {
        /// The schema's name of what was expected.
        kind: &'static str,
        /// What is wrong.
        #[source]
        source: prost_reflect::prost::DecodeError,
    },
    /// The JSON does not fit the schema; the text says what was expected.
    #[error("not a {kind}: {message}")]
    Json {
        /// The schema's name of what was expected.
        kind: &'static str,
        /// What is wrong.
        message: String,
    },
    /// The schema that is built in cannot be read: a broken build.
    #[error("the message schema cannot be read")]
    Schema,
}
