//! A scheduled message as it is kept, and its ids.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wagate_plugin_api::SessionIds;

use crate::media::MediaType;

/// Scheduled messages' ids lead to their session, so that the older form of the delete route finds it.
pub(crate) const IDS: SessionIds = SessionIds {
    prefix: "sch_",
    own_digits: 20,
};
/// Ids of messages look like those of WhatsApp Web: this and 18 hexadecimal digits.
const MESSAGE_ID: &str = "3EB0";
const MESSAGE_ID_BYTES: usize = 9;

/// A scheduled message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) jid: String,
    pub(crate) content: Option<String>,
    pub(crate) media_url: Option<String>,
    pub(crate) media_type: Option<MediaType>,
    /// Its moment; of a recurring one the next.
    pub(crate) send_at_ms: i64,
    pub(crate) cron: Option<String>,
    /// The timezone that `cron` is meant in.
    pub(crate) timezone: String,
    /// What the client draws its form from; nothing here reads it.
    pub(crate) recurrence_rule: Option<String>,
    pub(crate) status: Status,
    /// How the last time ended, of a recurring one.
    pub(crate) last_status: Option<Status>,
    /// Why the last time failed, or why it still waits.
    pub(crate) reason: Option<String>,
    /// WhatsApp's id of what was sent last.
    pub(crate) message_id: Option<String>,
    pub(crate) sent_at_ms: Option<i64>,
    pub(crate) created_at_ms: i64,
    /// When it was last told to wait: what it is late for counts from then at the earliest.
    pub(crate) set_at_ms: i64,
    /// The occurrence that is being sent, or was tried.
    pub(crate) attempt: Option<Attempt>,
}

/// The contract's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    /// Waits for its moment, or for the session.
    Pending,
    /// The server has accepted it.
    Sent,
    /// Given up, with a reason.
    Failed,
}

/// Tries of one occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attempt {
    pub(crate) due_ms: i64,
    pub(crate) tries: u32,
    /// Being sent since; none between two tries.
    pub(crate) since_ms: Option<i64>,
}

impl Item {
    /// WhatsApp's id of the message of one occurrence: the same at every try, also after a restart.
    pub(crate) fn message_id_for(&self, due_ms: i64) -> String {
        let digest = Sha256::digest(format!("{}/{due_ms}", self.id));
        let mut id = MESSAGE_ID.to_owned();
        for byte in digest.iter().take(MESSAGE_ID_BYTES) {
            // A string takes every digit.
            let _ = write!(id, "{byte:02X}");
        }
        id
    }

    /// Tries of this occurrence so far.
    pub(crate) fn tries(&self, due_ms: i64) -> u32 {
        let of_this = self.attempt.filter(|attempt| attempt.due_ms == due_ms);
        of_this.map_or(0, |attempt| attempt.tries)
    }
}

#[cfg(test)]
mod tests {
    use wagate_plugin_api::testing::{FakeHost, SESSION_ID};

    use super::*;

    #[test]
    fn an_id_leads_to_its_session() {
        let host = FakeHost::default();
        let id = IDS.make(&host, SESSION_ID);
        assert_eq!(IDS.session_of(&id).as_deref(), Some(SESSION_ID));
        assert_ne!(id, IDS.make(&host, SESSION_ID));
        for odd in ["", "sch_", "sch_xyz", "shop", &"0".repeat(60)] {
            assert_eq!(IDS.session_of(odd), None, "{odd}");
        }
    }
}
