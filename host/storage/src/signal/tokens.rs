//! Trusted-contact tokens: what lets an account write to someone who restricts who may.

use async_trait::async_trait;

use crate::StorageError;

/// A contact's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcToken {
    /// The token; empty while none was received.
    pub token: Vec<u8>,
    /// When it was received, seconds.
    pub token_timestamp: i64,
    /// When ours was last given to the contact, seconds.
    pub sender_timestamp: Option<i64>,
}

/// The `wa_tc_tokens` table. Two writers share a row, each with its own columns, so each has its own method.
#[async_trait]
pub trait TcTokens: Send + Sync {
    /// The token of a contact.
    async fn tc_token(&self, session: &str, jid: &str) -> Result<Option<TcToken>, StorageError>;
    /// Inserts or replaces the whole row.
    async fn put_tc_token(&self, session: &str, jid: &str, token: TcToken) -> Result<(), StorageError>;
    /// Moves `sender_timestamp` forward, never back; the token stays as it is. Without a row, one with an empty token.
    async fn touch_tc_token(
        &self,
        session: &str,
        jid: &str,
        sender_timestamp: i64,
    ) -> Result<(), StorageError>;
    /// Stores a received token unless the one there is newer; `sender_timestamp` stays as it is.
    async fn receive_tc_token(
        &self,
        session: &str,
        jid: &str,
        token: Vec<u8>,
        token_timestamp: i64,
    ) -> Result<(), StorageError>;
    /// Forgets the token of a contact.
    async fn delete_tc_token(&self, session: &str, jid: &str) -> Result<(), StorageError>;
    /// The contacts that have a row.
    async fn tc_token_jids(&self, session: &str) -> Result<Vec<String>, StorageError>;
    /// Deletes rows whose token is empty or older than `token_cutoff` and whose sender time is missing or older than
    /// `sender_cutoff`. Returns how many.
    async fn prune_tc_tokens(
        &self,
        session: &str,
        token_cutoff: i64,
        sender_cutoff: i64,
    ) -> Result<u64, StorageError>;
}
