//! Encrypting to one device and decrypting from one device.
//!
//! A phone keeps one Signal session per remote device, whatever namespace a message is addressed in: clients fetch
//! keys by LID and address by phone number in one and the same conversation.

use futures::FutureExt as _;
use wacore::messages::MessageUtils;
use wacore_binary::{Jid, Node};
use wacore_libsignal::protocol::{
    CiphertextMessage, CiphertextMessageType, DecryptionResult, PreKeySignalMessage, ProtocolAddress,
    SignalMessage, UsePQRatchet, message_decrypt, message_encrypt, process_prekey_bundle,
};
use waproto::whatsapp::Message;

use super::{Phone, PhoneError, envelope};
use crate::keys::Bundle;
use crate::stanza::message;
use crate::{random, state::State};

/// Where a phone keeps its session with a device.
pub(super) fn address(state: &State, device: crate::accounts::DeviceAddress) -> Option<ProtocolAddress> {
    let account = state.accounts.get(device.account)?;
    let name = Jid::pn_device(account.number.as_str(), device.device).to_string();
    Some(ProtocolAddress::new(&name, 0.into()))
}

impl Phone {
    /// Whether a session with that device is open.
    pub(super) fn knows(&self, address: &ProtocolAddress) -> bool {
        self.signal.sessions.has(address)
    }

    /// Forgets the session with that device.
    pub(super) fn forget(&mut self, address: &ProtocolAddress) {
        self.signal.forget(address);
    }

    /// Opens a session from a device's keys.
    pub(super) fn meet(&mut self, address: &ProtocolAddress, bundle: &Bundle) -> Result<(), PhoneError> {
        let bundle = bundle.to_signal()?;
        process_prekey_bundle(
            address,
            &mut self.signal.sessions,
            &mut self.signal.identities,
            &bundle,
            &mut random::generator(),
            UsePQRatchet::No,
        )
        .now_or_never()
        .ok_or(PhoneError::Suspended)??;
        Ok(())
    }

    /// Encrypts a message for a device whose session is open.
    pub(super) fn seal(&mut self, address: &ProtocolAddress, message: &Message) -> Result<Node, PhoneError> {
        let plaintext = MessageUtils::encode_and_pad(message);
        let sealed = message_encrypt(
            &plaintext,
            address,
            &mut self.signal.sessions,
            &mut self.signal.identities,
        )
        .now_or_never()
        .ok_or(PhoneError::Suspended)??;
        let first = sealed.message_type() == CiphertextMessageType::PreKey;
        let mut ciphertext = message::ciphertext(first, sealed.serialize().to_vec());
        envelope::mark(&mut ciphertext, message);
        Ok(ciphertext)
    }

    /// Decrypts what a device sent.
    pub(super) fn open(&mut self, address: &ProtocolAddress, enc: &Node) -> Result<Message, PhoneError> {
        let (kind, bytes) =
            message::ciphertext_bytes(enc).ok_or_else(|| PhoneError::CiphertextType("(none)".to_owned()))?;
        let sealed = match kind.as_str() {
            "pkmsg" => CiphertextMessage::PreKeySignalMessage(PreKeySignalMessage::try_from(bytes)?),
            "msg" => CiphertextMessage::SignalMessage(SignalMessage::try_from(bytes)?),
            _ => return Err(PhoneError::CiphertextType(kind)),
        };
        let opened: DecryptionResult = message_decrypt(
            &sealed,
            address,
            &mut self.signal.sessions,
            &mut self.signal.identities,
            &mut self.signal.one_time,
            &self.signal.signed,
            &mut random::generator(),
            UsePQRatchet::No,
        )
        .now_or_never()
        .ok_or(PhoneError::Suspended)??;
        if let Some(key) = opened.consumed_prekey_id {
            self.signal.used(key);
        }
        wacore::messages::decode_plaintext(&opened.plaintext, 2)
            .map_err(|error| PhoneError::Plaintext(error.to_string()))
    }
}
