//! A phone: device 0 of its account and a real end-to-end participant. It decrypts what it gets and encrypts what it
//! sends; nothing here reads what is not addressed to it.

pub(crate) mod app_state;
pub(crate) mod content;
pub(crate) mod envelope;
pub(crate) mod key_share;
pub(crate) mod mailbox;
mod marks;
pub(crate) mod media;
pub(crate) mod peer;
pub(crate) mod post;
pub(crate) mod read;
pub(crate) mod receive;
pub(crate) mod reupload;
pub(crate) mod send;
pub(crate) mod sender_keys;
pub(crate) mod sessions;
pub(crate) mod signal_store;
pub(crate) mod signals;
pub(crate) mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;
use wacore_libsignal::protocol::{CurveError, SignalProtocolError};

use crate::accounts::{AccountId, Namespace};
use crate::app_state::action::Change;
use crate::app_state::{AppState, PhoneKey};
use crate::groups::GroupError;
use crate::history::archive::Archive;
use crate::journal::Happening;
use crate::keys::Bundle;
use crate::profile::Profile;
use crate::state::State;
use mailbox::{Inbox, Outbox};
use peer::{HistoryFiles, HistorySent};
use sender_keys::SenderKeys;
use signal_store::SignalStore;
use signals::Signals;

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
    #[error("the app state cannot be written: {0}")]
    AppState(String),
    #[error("no such account or device")]
    Unknown,
    /// The group does not let the phone do it.
    #[error("the group refused it: {}", .0.text())]
    Group(GroupError),
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
    /// What it had before it was on the network.
    pub(crate) archive: Arc<Archive>,
    pub(crate) history_files: HistoryFiles,
    /// By device.
    pub(crate) history_sent: BTreeMap<u16, HistorySent>,
    pub(crate) signals: Signals,
    signal: SignalStore,
    sender_keys: SenderKeys,
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
            archive: Arc::default(),
            history_files: HistoryFiles::default(),
            history_sent: BTreeMap::new(),
            signals: Signals::default(),
            signal: SignalStore::generate()?,
            sender_keys: SenderKeys::default(),
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
    let mut app_state = AppState::default();
    let now = state.clock.now_ms();
    app_state
        .write(&[Change::push_name(name)], &phone.key, None, now)
        .map_err(PhoneError::AppState)?;
    let profile = Profile::new(state.clock.now_secs());
    let account = state.accounts.add(number, phone, app_state, profile);
    state.note(Happening::PhoneCreated, account, None, None);
    Ok(account)
}
