//! Requests that carry an `Idempotency-Key`: the first one's answer is kept, and repeated to the others.

use async_trait::async_trait;

use crate::StorageError;

/// What makes two requests the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// The user who asks.
    pub caller: String,
    /// The method.
    pub method: String,
    /// The path as it was asked for, with the query.
    pub path: String,
    /// What the client wrote.
    pub key: String,
}

/// An answer that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The status.
    pub status: u16,
    /// Names and values, as JSON pairs.
    pub headers: String,
    /// The body.
    pub body: Vec<u8>,
}

/// What a request with a key finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// It is to be executed. The id is the same when an earlier execution of the same request did not come to an end,
    /// or to one that is no answer: its sends are found again under it.
    Mine {
        /// What sends derive their ids from.
        request_id: String,
        /// Whether it has been tried before.
        again: bool,
    },
    /// Another one with this key is being executed.
    Running,
    /// It was another request: the body differs.
    Different,
    /// It was answered.
    Done(KeptAnswer),
}

/// The `request_keys` table.
#[async_trait]
pub trait RequestKeys: Send + Sync {
    /// Takes the key for this run of the host, or says who has it. What is older than `expired` (ms) does not count.
    async fn begin_request(
        &self,
        key: RequestKey,
        body_hash: Vec<u8>,
        run: &str,
        expired: i64,
        now: i64,
    ) -> Result<KeyState, StorageError>;
    /// Keeps the answer; without one the request may be executed again.
    async fn end_request(&self, request_id: &str, answer: Option<KeptAnswer>) -> Result<(), StorageError>;
    /// Forgets what is older than `before` (ms). Returns how many.
    async fn prune_requests(&self, before: i64) -> Result<u64, StorageError>;
}
