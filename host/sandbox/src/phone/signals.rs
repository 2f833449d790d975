//! What reaches a phone besides messages: typing, presence, calls, changes of groups.

use std::collections::VecDeque;

use serde::Serialize;

use crate::accounts::AccountId;
use crate::state::State;

/// How many signals a phone keeps; older ones are forgotten.
const KEPT: usize = 1000;

/// One signal.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Signal {
    /// Strictly growing from 1.
    pub(crate) seq: u64,
    /// Unix milliseconds.
    pub(crate) at: u64,
    /// `typing`, `presence`, `call`, `group`, `picture`, `about`.
    pub(crate) kind: &'static str,
    /// The number of whoever caused it.
    pub(crate) from: Option<String>,
    /// The chat it happened in.
    pub(crate) chat: Option<String>,
    /// What happened: `composing`, `unavailable`, `offer`, `promote` ...
    pub(crate) what: Option<String>,
    /// The call's id.
    pub(crate) id: Option<String>,
    #[serde(skip)]
    by: Option<AccountId>,
}

impl Signal {
    pub(crate) fn new(kind: &'static str) -> Self {
        Self {
            seq: 0,
            at: 0,
            kind,
            from: None,
            chat: None,
            what: None,
            id: None,
            by: None,
        }
    }

    pub(crate) fn by(mut self, account: AccountId) -> Self {
        self.by = Some(account);
        self
    }

    pub(crate) fn chat(mut self, chat: String) -> Self {
        self.chat = Some(chat);
        self
    }

    pub(crate) fn what(mut self, what: impl Into<String>) -> Self {
        self.what = Some(what.into());
        self
    }

    pub(crate) fn id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }
}

/// A phone's signals.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    entries: VecDeque<Signal>,
    last: u64,
}

impl Signals {
    /// Signals after `seq`, oldest first.
    pub(crate) fn after(&self, seq: u64) -> Vec<Signal> {
        self.entries
            .iter()
            .filter(|signal| signal.seq > seq)
            .cloned()
            .collect()
    }
}

/// A phone notices something; its number is filled in here.
pub(crate) fn hear(state: &mut State, account: AccountId, mut signal: Signal) {
    let from = signal.by.and_then(|by| state.accounts.get(by));
    signal.from = from.map(|from| from.number.clone());
    signal.at = state.clock.now_ms();
    let Some(entry) = state.accounts.get_mut(account) else {
        return;
    };
    let signals = &mut entry.phone.signals;
    signals.last += 1;
    signal.seq = signals.last;
    if signals.entries.len() >= KEPT {
        signals.entries.pop_front();
    }
    signals.entries.push_back(signal);
}
