//! Who gets it and who has got it, in pieces: each message that leaves rewrites one piece and not the whole list.

use serde::{Deserialize, Serialize};
use wagate_plugin_api::{Error, Host, HostExt, StoreChange, StoreEntry};

use crate::log::Log;

/// Recipients of a piece.
const PIECE: u32 = 100;
/// Longest reason that is kept, in characters.
const MAX_ERROR: usize = 200;

/// One recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Recipient {
    pub(crate) jid: String,
    /// When it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sent_at_ms: Option<i64>,
    /// Why it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

impl Recipient {
    /// As clients read it.
    pub(crate) fn status(&self) -> &'static str {
        match (&self.sent_at_ms, &self.error) {
            (Some(_), _) => "sent",
            (None, Some(_)) => "failed",
            (None, None) => "pending",
        }
    }
}

/// A piece, with the number of its first recipient.
pub(crate) struct Piece {
    key: String,
    first: u32,
    list: Vec<Recipient>,
}

impl Piece {
    /// The one that has the n-th recipient.
    pub(crate) fn with(host: &dyn Host, session: &str, id: &str, n: u32) -> Result<Self, Error> {
        let number = n / PIECE;
        let key = key(session, id, number);
        let list = host
            .store_get_json(&key)?
            .ok_or_else(|| Error::internal(format!("broadcast {id} has lost its recipients")))?;
        Ok(Self {
            key,
            first: number * PIECE,
            list,
        })
    }

    /// The n-th recipient of the broadcast.
    pub(crate) fn get(&mut self, n: u32) -> Result<&mut Recipient, Error> {
        let at = n.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.list.get_mut(at))
            .ok_or_else(|| Error::internal(format!("a broadcast has no recipient {n}")))
    }

    /// Writes it.
    pub(crate) fn put(&self, host: &dyn Host) -> Result<(), Error> {
        Ok(host.store_put_json(&self.key, &self.list)?)
    }
}

/// What a new broadcast writes.
pub(crate) fn changes(session: &str, id: &str, jids: &[String]) -> Result<Vec<StoreChange>, Error> {
    let pieces = jids.chunks(PIECE as usize).enumerate();
    pieces
        .map(|(number, jids)| {
            let fresh = |jid: &String| Recipient {
                jid: jid.clone(),
                sent_at_ms: None,
                error: None,
            };
            let list: Vec<Recipient> = jids.iter().map(fresh).collect();
            let value = serde_json::to_vec(&list).map_err(|error| Error::internal(error.to_string()))?;
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let key = key(session, id, number);
            Ok(StoreChange::Put(StoreEntry { key, value }))
        })
        .collect()
}

/// The keys of all pieces.
pub(crate) fn keys(session: &str, log: &Log) -> impl Iterator<Item = String> {
    let (session, id) = (session.to_owned(), log.id.clone());
    (0..log.total.div_ceil(PIECE)).map(move |number| key(&session, &id, number))
}

/// All of them, in order.
pub(crate) fn all(host: &dyn Host, session: &str, log: &Log) -> Result<Vec<Recipient>, Error> {
    let mut all = Vec::new();
    for key in keys(session, log) {
        let piece: Option<Vec<Recipient>> = host.store_get_json(&key)?;
        all.extend(piece.unwrap_or_default());
    }
    Ok(all)
}

/// A reason, no longer than is kept.
pub(crate) fn reason(text: &str) -> String {
    text.chars().take(MAX_ERROR).collect()
}

fn key(session: &str, id: &str, number: u32) -> String {
    format!("{session}/to/{id}/{number:04}")
}
