//! A phone: device 0 of its account and a real end-to-end participant. It decrypts what it gets and encrypts what it
//! sends; nothing here reads what is not addressed to it.

pub(crate) mod content;
pub(crate) mod key_share;
pub(crate) mod mailbox;
pub(crate) mod read;
pub(crate) mod receive;
pub(crate) mod send;
pub(crate) mod sessions;
pub(crate) mod signal_store;

use thiserror::Error;
use wacore_libsignal::protocol::{CurveError, SignalProtocolError};

use crate::accounts::{AccountId, Namespace};
use crate::app_state::{AppState, PhoneKey};
use crate::journal::Happening;
use crate::keys::Bundle;
use crate::state::State;
use mailbox::{Inbox, Outbox};
use signal_store::SignalStore;

/// What a phone could not do.
#[derive(Debug, Error)]
pub(crate) enum PhoneError {
    #[error("signal")]
    Signal(#[from] SignalProtocolError),
    #[error("signing")]
    Curve(#[from] CurveError),
    /// The stores are in memory, so a Signal operation that waits is a fault in this crate.
    #[error("a signal operation did not finish at once")]
    Suspended,
    #[error("the ciphertext type {0} is not one between two devices")]
    CiphertextType(String),
    #[error("the plaintext cannot be decoded: {0}")]
    Plaintext(String),
    #[error("no such account or device")]
    Unknown,
}

/// A simulated phone.
pub(crate) struct Phone {
    pub(crate) name: String,
    /// How it addresses others, and whether its account counts as migrated to LIDs.
    pub(crate) addressing: Namespace,
    pub(crate) inbox: Inbox,
    pub(crate) outbox: Outbox,
    pub(crate) undecryptable: u64,
    pub(crate) key: PhoneKey,
    signal: SignalStore,
}

impl Phone {
    /// A phone with an identity of its own.
    pub(crate) fn new(name: &str, addressing: Namespace) -> Result<Self, PhoneError> {
        Ok(Self {
            name: name.to_owned(),
            addressing,
            inbox: Inbox::default(),
            outbox: Outbox::default(),
            undecryptable: 0,
            key: PhoneKey::generate(),
            signal: SignalStore::generate()?,
        })
    }

    /// The public half of its identity.
    pub(crate) fn identity(&self) -> [u8; 32] {
        self.signal.identity()
    }

    /// Signs with its identity, as the account's owner.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> Result<[u8; 64], PhoneError> {
        Ok(self.signal.sign(parts)?)
    }

    /// A key agreement with its identity, as pairing by code needs it.
    pub(crate) fn agree(&self, their_key: &[u8; 32]) -> Result<[u8; 32], PhoneError> {
        Ok(self.signal.agree(their_key)?)
    }

    /// Its keys for one asker.
    pub(crate) fn take_bundle(&mut self) -> Bundle {
        self.signal.take_bundle()
    }

    /// One-time prekeys nobody has asked for yet.
    pub(crate) fn prekeys_left(&self) -> usize {
        self.signal.prekeys_left()
    }
}

/// Adds a phone and its account; the caller has checked that the number is free.
pub(crate) fn create(
    state: &mut State,
    number: &str,
    name: &str,
    addressing: Namespace,
) -> Result<AccountId, PhoneError> {
    let phone = Phone::new(name, addressing)?;
    let app_state = AppState::with_push_name(&phone.key, name, state.clock.now_ms());
    let account = state.accounts.add(number, phone, app_state);
    state.note(Happening::PhoneCreated, account, None, None);
    Ok(account)
}
