//! WhatsApp's schema, read once, at its first use.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, MessageDescriptor};

use crate::CodecError;

/// See `descriptor/README.md` for where it comes from.
static BYTES: &[u8] = include_bytes!("../descriptor/whatsapp.desc");
/// `None` when the built-in schema is broken, which a test excludes.
static POOL: LazyLock<Option<DescriptorPool>> = LazyLock::new(|| DescriptorPool::decode(BYTES).ok());

/// What can be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What travels end-to-end encrypted: `proto.IMessage` in Baileys.
    Message,
    /// What stands around a message: quote, mentions, expiry, forwarding.
    ContextInfo,
    /// Names a message.
    MessageKey,
    /// A message with key, time and sender, as in history.
    WebMessageInfo,
}

impl Kind {
    /// The schema's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Message => "whatsapp.Message",
            Self::ContextInfo => "whatsapp.ContextInfo",
            Self::MessageKey => "whatsapp.MessageKey",
            Self::WebMessageInfo => "whatsapp.WebMessageInfo",
        }
    }

    pub(crate) fn descriptor(self) -> Result<MessageDescriptor, CodecError> {
        POOL.as_ref()
            .and_then(|pool| pool.get_message_by_name(self.name()))
            .ok_or(CodecError::Schema)
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn the_schema_knows_every_kind() {
        for kind in [
            Kind::Message,
            Kind::ContextInfo,
            Kind::MessageKey,
            Kind::WebMessageInfo,
        ] {
            assert!(kind.descriptor().is_ok(), "{}", kind.name());
        }
    }
}
