//! A phone's Signal state, in memory: identity, sessions, prekeys. Four parts, because libsignal borrows them apart.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use wacore_libsignal::protocol::error::Result;
use wacore_libsignal::protocol::{
    CurveError, Direction, GenericSignedPreKey as _, IdentityChange, IdentityKey, IdentityKeyPair,
    IdentityKeyStore, KeyPair, PreKeyId, PreKeyRecord, PreKeyStore, ProtocolAddress, PublicKey,
    SessionRecord, SessionStore, SignalProtocolError, SignedPreKeyId, SignedPreKeyRecord, SignedPreKeyStore,
    Timestamp,
};

use crate::keys::{Bundle, OneTimeKey, SignedKey};
use crate::random;

const SIGNED_KEY_ID: u32 = 1;
/// One-time prekeys on offer; topped up as they are taken, so a phone never runs dry.
const OFFERED: usize = 16;

/// A phone's identity and what it knows of others.
pub(super) struct Identities {
    pair: IdentityKeyPair,
    registration_id: u32,
    known: HashMap<String, IdentityKey>,
}

/// Open Signal sessions by address.
#[derive(Default)]
pub(super) struct Sessions(HashMap<String, SessionRecord>);

/// One-time prekeys that may still be used against this phone.
#[derive(Default)]
pub(super) struct OneTimeKeys(BTreeMap<u32, PreKeyRecord>);

/// The signed prekey.
pub(super) struct SignedKeys(SignedPreKeyRecord);

/// All of it.
pub(super) struct SignalStore {
    pub(super) identities: Identities,
    pub(super) sessions: Sessions,
    pub(super) one_time: OneTimeKeys,
    pub(super) signed: SignedKeys,
    signed_key: SignedKey,
    offered: Vec<OneTimeKey>,
    next_key: u32,
}

impl SignalStore {
    pub(super) fn generate() -> Result<Self> {
        let mut rng = random::generator();
        let pair = IdentityKeyPair::generate(&mut rng);
        let signed = KeyPair::generate(&mut rng);
        let signature = pair
            .private_key()
            .calculate_signature(&signed.public_key.serialize(), &mut rng)?
            .to_vec();
        let record = SignedPreKeyRecord::new(
            SIGNED_KEY_ID.into(),
            Timestamp::from_epoch_millis(0),
            &signed,
            &signature,
        );
        let value = public_bytes(&signed.public_key)?;
        let mut store = Self {
            identities: Identities {
                pair,
                registration_id: random::registration_id(),
                known: HashMap::new(),
            },
            sessions: Sessions::default(),
            one_time: OneTimeKeys::default(),
            signed: SignedKeys(record),
            signed_key: SignedKey {
                id: SIGNED_KEY_ID,
                value,
                signature,
            },
            offered: Vec::new(),
            next_key: 1,
        };
        store.top_up()?;
        Ok(store)
    }

    pub(super) fn identity(&self) -> [u8; 32] {
        // The public key of a key pair is 32 bytes by construction.
        public_bytes(self.identities.pair.public_key()).unwrap_or_default()
    }

    pub(super) fn sign(&self, parts: &[&[u8]]) -> std::result::Result<[u8; 64], CurveError> {
        self.identities
            .pair
            .private_key()
            .calculate_signature_for_multipart_message(parts, &mut random::generator())
    }

    pub(super) fn agree(&self, their_key: &[u8; 32]) -> std::result::Result<[u8; 32], CurveError> {
        let their_key = PublicKey::from_djb_public_key_bytes(their_key)?;
        self.identities.pair.private_key().calculate_agreement(&their_key)
    }

    pub(super) fn prekeys_left(&self) -> usize {
        self.offered.len()
    }

    pub(super) fn take_bundle(&mut self) -> Bundle {
        let one_time = self.offered.pop();
        if self.offered.len() < OFFERED / 2 && self.top_up().is_err() {
            tracing::warn!("a phone could not make new prekeys");
        }
        Bundle {
            registration_id: self.identities.registration_id,
            identity: self.identity(),
            signed: self.signed_key.clone(),
            one_time,
            device_identity: None,
        }
    }

    fn top_up(&mut self) -> Result<()> {
        while self.offered.len() < OFFERED {
            let pair = KeyPair::generate(&mut random::generator());
            let id = self.next_key;
            self.next_key += 1;
            self.offered.insert(
                0,
                OneTimeKey {
                    id,
                    value: public_bytes(&pair.public_key)?,
                },
            );
            self.one_time.0.insert(id, PreKeyRecord::new(id.into(), &pair));
        }
        Ok(())
    }

    /// Forgets the session with a device, so that the next message opens a new one.
    pub(super) fn forget(&mut self, address: &ProtocolAddress) {
        self.sessions.0.remove(address.as_str());
    }

    /// A used one-time prekey is gone for good.
    pub(super) fn used(&mut self, key: PreKeyId) {
        self.one_time.0.remove(&u32::from(key));
    }
}

fn public_bytes(key: &PublicKey) -> Result<[u8; 32]> {
    key.public_key_bytes()
        .try_into()
        .map_err(|_| SignalProtocolError::InvalidArgument("a public key is not 32 bytes".to_owned()))
}

#[async_trait]
impl IdentityKeyStore for Identities {
    async fn get_identity_key_pair(&self) -> Result<IdentityKeyPair> {
        Ok(self.pair.clone())
    }

    async fn get_local_registration_id(&self) -> Result<u32> {
        Ok(self.registration_id)
    }

    async fn save_identity(
        &mut self,
        address: &ProtocolAddress,
        identity: &IdentityKey,
    ) -> Result<IdentityChange> {
        let before = self.known.insert(address.as_str().to_owned(), *identity);
        Ok(match before {
            Some(before) if before != *identity => IdentityChange::ReplacedExisting,
            _ => IdentityChange::NewOrUnchanged,
        })
    }

    async fn is_trusted_identity(
        &self,
        _address: &ProtocolAddress,
        _identity: &IdentityKey,
        _direction: Direction,
    ) -> Result<bool> {
        // A phone talks on when a contact's keys change, as WhatsApp does.
        Ok(true)
    }

    async fn get_identity(&self, address: &ProtocolAddress) -> Result<Option<IdentityKey>> {
        Ok(self.known.get(address.as_str()).copied())
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn load_session(&self, address: &ProtocolAddress) -> Result<Option<SessionRecord>> {
        Ok(self.0.get(address.as_str()).cloned())
    }

    async fn has_session(&self, address: &ProtocolAddress) -> Result<bool> {
        Ok(self.0.contains_key(address.as_str()))
    }

    async fn store_session(&mut self, address: &ProtocolAddress, record: SessionRecord) -> Result<()> {
        self.0.insert(address.as_str().to_owned(), record);
        Ok(())
    }
}

impl Sessions {
    pub(super) fn has(&self, address: &ProtocolAddress) -> bool {
        self.0.contains_key(address.as_str())
    }
}

#[async_trait]
impl PreKeyStore for OneTimeKeys {
    async fn get_pre_key(&self, id: PreKeyId) -> Result<PreKeyRecord> {
        self.0
            .get(&u32::from(id))
            .cloned()
            .ok_or(SignalProtocolError::InvalidPreKeyId)
    }

    async fn save_pre_key(&mut self, id: PreKeyId, record: &PreKeyRecord) -> Result<()> {
        self.0.insert(id.into(), record.clone());
        Ok(())
    }

    async fn remove_pre_key(&mut self, id: PreKeyId) -> Result<()> {
        self.0.remove(&u32::from(id));
        Ok(())
    }
}

#[async_trait]
impl SignedPreKeyStore for SignedKeys {
    async fn get_signed_pre_key(&self, id: SignedPreKeyId) -> Result<SignedPreKeyRecord> {
        if u32::from(id) == SIGNED_KEY_ID {
            Ok(self.0.clone())
        } else {
            Err(SignalProtocolError::InvalidSignedPreKeyId)
        }
    }

    async fn save_signed_pre_key(&mut self, _id: SignedPreKeyId, record: &SignedPreKeyRecord) -> Result<()> {
        self.0 = record.clone();
        Ok(())
    }
}
