//! Which message is meant.

use crate::EngineError;

/// Longest id of a message, in bytes.
pub(crate) const MAX_ID: usize = 128;

/// Names a message. A stored one is known by its id; for another, the rest has to be given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageRef {
    /// WhatsApp's id.
    pub id: String,
    /// The chat it is in; the one the call is about when none.
    pub chat: Option<String>,
    /// Written by this account.
    pub from_me: Option<bool>,
    /// Who wrote it, in a group.
    pub participant: Option<String>,
}

impl MessageRef {
    /// A message by its id alone.
    pub fn by_id(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            ..Self::default()
        }
    }
}

/// An id as messages have them: nothing that could be anything else in a stanza or a path.
pub(crate) fn check_id(id: &str, field: &'static str) -> Result<(), EngineError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
    if id.is_empty() || id.len() > MAX_ID || !id.bytes().all(plain) {
        return Err(EngineError::invalid(
            field,
            format!("must be a message id: 1 to {MAX_ID} letters, digits, and -_.:"),
        ));
    }
    Ok(())
}
