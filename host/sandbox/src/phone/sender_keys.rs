//! Sender keys: one key a chat and a sender, so that a message to many is encrypted once.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use buffa::MessageField;
use futures::FutureExt as _;
use wacore::messages::MessageUtils;
use wacore_binary::Node;
use wacore_libsignal::protocol::error::Result;
use wacore_libsignal::protocol::{
    ProtocolAddress, SenderKeyDistributionMessage as Distribution, SenderKeyName, SenderKeyRecord,
    SenderKeyStore, create_sender_key_distribution_message, group_decrypt, group_encrypt,
    process_sender_key_distribution_message,
};
use waproto::whatsapp::Message;
use waproto::whatsapp::message::SenderKeyDistributionMessage;

use super::{Phone, PhoneError, envelope};
use crate::accounts::DeviceAddress;
use crate::random;
use crate::stanza::message;

/// A phone's own keys and those it was given.
#[derive(Default)]
pub(super) struct SenderKeys {
    records: HashMap<String, SenderKeyRecord>,
    /// Who has the phone's own key of a chat.
    given: HashMap<String, HashSet<DeviceAddress>>,
}

#[async_trait]
impl SenderKeyStore for SenderKeys {
    async fn store_sender_key(&mut self, name: &SenderKeyName, record: SenderKeyRecord) -> Result<()> {
        self.records.insert(name.cache_key().to_owned(), record);
        Ok(())
    }

    async fn load_sender_key(&self, name: &SenderKeyName) -> Result<Option<SenderKeyRecord>> {
        Ok(self.records.get(name.cache_key()).cloned())
    }
}

/// Whether a ciphertext is for everybody.
pub(super) fn is_shared(enc: &Node) -> bool {
    message::ciphertext_bytes(enc).is_some_and(|(kind, _)| kind == "skmsg")
}

impl Phone {
    /// The devices that do not have the phone's own key yet. When somebody who has it is no longer among the
    /// recipients, there is a new key and nobody has it.
    pub(super) fn without_key(
        &mut self,
        chat: &str,
        own: &ProtocolAddress,
        devices: &[DeviceAddress],
    ) -> Vec<DeviceAddress> {
        let given = self.sender_keys.given.entry(chat.to_owned()).or_default();
        if given.iter().any(|device| !devices.contains(device)) {
            given.clear();
            let name = SenderKeyName::from_parts(chat, own.as_str());
            self.sender_keys.records.remove(name.cache_key());
        }
        devices
            .iter()
            .copied()
            .filter(|device| !given.contains(device))
            .collect()
    }

    /// Notes that devices have the phone's own key.
    pub(super) fn key_given(&mut self, chat: &str, devices: &[DeviceAddress]) {
        let given = self.sender_keys.given.entry(chat.to_owned()).or_default();
        given.extend(devices);
    }

    /// Notes that a device has lost the phone's own key.
    pub(super) fn key_lost(&mut self, chat: &str, device: DeviceAddress) {
        if let Some(given) = self.sender_keys.given.get_mut(chat) {
            given.remove(&device);
        }
    }

    /// The message that gives the phone's own key of a chat to others.
    pub(super) fn own_key(
        &mut self,
        chat: &str,
        own: &ProtocolAddress,
    ) -> std::result::Result<Message, PhoneError> {
        let name = SenderKeyName::from_parts(chat, own.as_str());
        let key =
            create_sender_key_distribution_message(&name, &mut self.sender_keys, &mut random::generator())
                .now_or_never()
                .ok_or(PhoneError::Suspended)??;
        Ok(Message {
            sender_key_distribution_message: MessageField::some(SenderKeyDistributionMessage {
                group_id: Some(chat.to_owned()),
                axolotl_sender_key_distribution_message: Some(key.as_ref().to_vec()),
            }),
            ..Default::default()
        })
    }

    /// Encrypts a message for everybody who has the phone's own key.
    pub(super) fn seal_shared(
        &mut self,
        chat: &str,
        own: &ProtocolAddress,
        message: &Message,
    ) -> std::result::Result<Node, PhoneError> {
        let name = SenderKeyName::from_parts(chat, own.as_str());
        let plaintext = MessageUtils::encode_and_pad(message);
        let sealed = group_encrypt(&mut self.sender_keys, &name, &plaintext, &mut random::generator())
            .now_or_never()
            .ok_or(PhoneError::Suspended)??;
        let mut ciphertext = message::shared_ciphertext(sealed.serialized().to_vec());
        envelope::mark(&mut ciphertext, message);
        Ok(ciphertext)
    }

    /// Takes another device's key.
    pub(super) fn learn_key(
        &mut self,
        chat: &str,
        sender: &ProtocolAddress,
        key: &SenderKeyDistributionMessage,
    ) -> std::result::Result<(), PhoneError> {
        let Some(bytes) = &key.axolotl_sender_key_distribution_message else {
            return Err(PhoneError::Plaintext("a sender key without its key".to_owned()));
        };
        let key = Distribution::try_from(bytes.as_slice())?;
        let name = SenderKeyName::from_parts(chat, sender.as_str());
        process_sender_key_distribution_message(&name, &key, &mut self.sender_keys)
            .now_or_never()
            .ok_or(PhoneError::Suspended)??;
        Ok(())
    }

    /// Decrypts what a device sent to everybody.
    pub(super) fn open_shared(
        &mut self,
        chat: &str,
        sender: &ProtocolAddress,
        enc: &Node,
    ) -> std::result::Result<Message, PhoneError> {
        let (_, bytes) =
            message::ciphertext_bytes(enc).ok_or_else(|| PhoneError::CiphertextType("(none)".to_owned()))?;
        let name = SenderKeyName::from_parts(chat, sender.as_str());
        let plaintext = group_decrypt(bytes, &mut self.sender_keys, &name)
            .now_or_never()
            .ok_or(PhoneError::Suspended)??;
        wacore::messages::decode_plaintext(&plaintext, 2)
            .map_err(|error| PhoneError::Plaintext(error.to_string()))
    }
}
