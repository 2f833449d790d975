//! Votes in polls: the newest of each person. What the options are called stands in the poll's message.

use std::sync::Arc;

use async_trait::async_trait;

use crate::StorageError;
use crate::events::NewEvent;

/// A vote as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoteRow {
    /// Who voted, canonical.
    pub voter: String,
    /// SHA-256 of each chosen option, hexadecimal.
    pub options: Vec<String>,
    /// When, ms.
    pub timestamp: i64,
}

/// Makes the event of a vote, from all votes of the poll as they are now.
#[derive(Clone)]
pub struct TellVote(pub Arc<dyn Fn(&[VoteRow]) -> NewEvent + Send + Sync>);

impl std::fmt::Debug for TellVote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TellVote")
    }
}

/// A vote that arrived and could be read.
#[derive(Debug, Clone)]
pub struct NewVote {
    /// The session's row id.
    pub session_id: String,
    /// The chat, canonical.
    pub chat: String,
    /// WhatsApp's id of the poll.
    pub wa_id: String,
    /// The vote; an older one than the stored does nothing. No options: taken back.
    pub vote: VoteRow,
    /// Makes the event that tells it.
    pub tell: TellVote,
}

/// The `poll_votes` table. Votes that arrive go through [`crate::messages::Messages::commit_inbound`].
#[async_trait]
pub trait PollVotes: Send + Sync {
    /// The votes in one poll, the oldest first.
    async fn poll_votes(
        &self,
        session_id: &str,
        chat: &str,
        wa_id: &str,
    ) -> Result<Vec<VoteRow>, StorageError>;
}
