//! Public key material of a device, as uploaded and as handed out.

use std::collections::VecDeque;

use wacore_libsignal::protocol::{IdentityKey, PreKeyBundle, PublicKey, SignalProtocolError};

/// A signed prekey.
#[derive(Debug, Clone)]
pub(crate) struct SignedKey {
    pub(crate) id: u32,
    pub(crate) value: [u8; 32],
    pub(crate) signature: Vec<u8>,
}

/// A one-time prekey.
#[derive(Debug, Clone)]
pub(crate) struct OneTimeKey {
    pub(crate) id: u32,
    pub(crate) value: [u8; 32],
}

/// Everything a device has uploaded.
#[derive(Debug, Clone)]
pub(crate) struct DeviceKeys {
    pub(crate) registration_id: u32,
    pub(crate) identity: [u8; 32],
    pub(crate) signed: SignedKey,
    /// In upload order: the digest is computed over exactly this order.
    pub(crate) one_time: VecDeque<OneTimeKey>,
}

impl DeviceKeys {
    /// What one asker gets: the first one-time key is used up.
    pub(crate) fn take_bundle(&mut self) -> Bundle {
        Bundle {
            registration_id: self.registration_id,
            identity: self.identity,
            signed: self.signed.clone(),
            one_time: self.one_time.pop_front(),
            device_identity: None,
        }
    }
}

/// One device's keys for one asker.
#[derive(Debug, Clone)]
pub(crate) struct Bundle {
    pub(crate) registration_id: u32,
    pub(crate) identity: [u8; 32],
    pub(crate) signed: SignedKey,
    pub(crate) one_time: Option<OneTimeKey>,
    /// A linked device's signed identity; phones have none.
    pub(crate) device_identity: Option<Vec<u8>>,
}

impl Bundle {
    /// The form libsignal opens a session from.
    pub(crate) fn to_signal(&self) -> Result<PreKeyBundle, SignalProtocolError> {
        let one_time = match &self.one_time {
            Some(key) => Some((key.id.into(), PublicKey::from_djb_public_key_bytes(&key.value)?)),
            None => None,
        };
        PreKeyBundle::new(
            self.registration_id,
            0.into(),
            one_time,
            self.signed.id.into(),
            PublicKey::from_djb_public_key_bytes(&self.signed.value)?,
            self.signed.signature.clone(),
            IdentityKey::new(PublicKey::from_djb_public_key_bytes(&self.identity)?),
        )
    }
}

/// The three bytes a prekey id travels in.
pub(crate) fn id_bytes(id: u32) -> [u8; 3] {
    let [_, a, b, c] = id.to_be_bytes();
    [a, b, c]
}

/// Reads a big-endian number of up to four bytes.
pub(crate) fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |number, byte| (number << 8) | u32::from(*byte))
}
