//! Outbound POSTs that arrive: endpoints, what waits for them, and what became of it.
//!
//! A delivery is a row before anything leaves, and stays one until the receiver has taken it or it is given up. There is
//! no mark for "under way": one process works on a database, and what it had under way when it ended waits again.
//! Deliveries of one lane leave in the order in which they were queued; when a lane may go on stands in its own row.

use async_trait::async_trait;

use crate::StorageError;

/// Whether an endpoint gets anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointState {
    /// It does.
    Active,
    /// Its owner wants it to wait.
    Paused,
    /// It was given up: the reason says why.
    Disabled,
}

/// Where POSTs go to. No `Debug`: it holds credentials.
#[derive(Clone)]
pub struct EndpointRow {
    /// Row id.
    pub id: String,
    /// Whose it is.
    pub plugin: String,
    /// The session it belongs to.
    pub session_id: String,
    /// The plugin's name for it.
    pub name: String,
    /// Where to.
    pub url: String,
    /// Headers of its own, sealed.
    pub headers: Option<String>,
    /// What signs, sealed.
    pub secret: Option<String>,
    /// What signs beside it, sealed, and until when (ms).
    pub previous: Option<(String, i64)>,
    /// The user who made it. Without access to the session they get nothing more.
    pub owner: Option<String>,
    /// POSTs at the same time; none: as the settings say.
    pub concurrency: Option<i64>,
    /// How long the receiver may take, ms; none: as the settings say.
    pub timeout_ms: Option<i64>,
    /// Whether it gets anything.
    pub state: EndpointState,
    /// Why it is disabled.
    pub reason: Option<String>,
    /// The first failure since the last success, ms.
    pub failing_since: Option<i64>,
    /// Tries in a row that failed while everything waited for it.
    pub hold_step: i64,
    /// Everything waits for it until then, ms.
    pub hold_until: Option<i64>,
    /// Made, ms.
    pub created_at: i64,
    /// Last changed, ms.
    pub updated_at: i64,
}

/// A POST to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// The endpoint's row id.
    pub endpoint_id: String,
    /// Its id for the receiver, the same on every try. A function of endpoint and key.
    pub id: String,
    /// Makes it one: a second delivery with the same key is not queued.
    pub key: String,
    /// What keeps its order.
    pub lane: String,
    /// What it tells, for people.
    pub label: String,
    /// Of the body.
    pub content_type: String,
    /// What is sent.
    pub body: String,
    /// Queue it again even if it is there: a replay.
    pub again: bool,
    /// Now, ms.
    pub created_at: i64,
}

/// What became of a delivery that was to be queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued {
    /// Nothing: it was there already, or its endpoint is gone.
    Not,
    /// It waits behind others of its lane.
    Behind,
    /// Its lane is due: to be looked for.
    Due,
    /// Its lane is due, and it is the first in it. Nothing was left out before it.
    First,
}

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It will be tried, again perhaps.
    Pending,
    /// The receiver took it.
    Delivered,
    /// Given up.
    Dead,
}

impl DeliveryState {
    /// In one word, as plugins and clients read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Delivered => "DELIVERED",
            Self::Dead => "DEAD",
        }
    }
}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its place in the queue.
    pub seq: i64,
    /// As it was queued.
    pub delivery: NewDelivery,
    /// How far it has come.
    pub state: DeliveryState,
    /// Tries so far.
    pub attempts: i64,
    /// The last try.
    pub last: Option<Outcome>,
    /// When its lane may go on, ms; only for what waits.
    pub next_ms: Option<i64>,
}

/// What one try came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// When it began, ms.
    pub at: i64,
    /// The receiver's status.
    pub status: Option<u16>,
    /// Why it does not count; none for a success.
    pub error: Option<String>,
    /// The beginning of what the receiver answered.
    pub response: Option<String>,
    /// How long it took, ms.
    pub duration_ms: i64,
}

/// What a delivery that arrived leaves behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// It is the first success after failures: everything that waited for the endpoint is due again.
    pub is_recovered: bool,
    /// The id of the next one in its lane; none: nothing waits there.
    pub next: Option<String>,
}

/// A line of an endpoint's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    /// Unique in the endpoint's log.
    pub id: String,
    /// The delivery.
    pub delivery_id: String,
    /// What it tells.
    pub label: String,
    /// Which try of it, from 1.
    pub number: i64,
    /// What it came to.
    pub outcome: Outcome,
    /// What was sent.
    pub body: String,
}

/// A lane in which something may leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneRow {
    /// The lane.
    pub lane: String,
    /// Dead letters since the last one that arrived.
    pub skipped: i64,
}

/// What becomes of a delivery after a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has it.
    Delivered,
    /// To be tried again; its lane waits until then (ms).
    Again {
        /// When.
        next_ms: i64,
        /// It is the endpoint's trouble: a success of another lane ends the wait.
        held: bool,
    },
    /// Given up; its lane goes on.
    Dead,
}

/// Which deliveries to look at.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// Only in this state.
    pub state: Option<DeliveryState>,
    /// Only those queued before the one with this id.
    pub before: Option<String>,
}

/// What an endpoint has to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveryCounts {
    /// Waiting.
    pub pending: i64,
    /// Arrived, as far as they are kept.
    pub delivered: i64,
    /// Given up, as far as they are kept.
    pub dead: i64,
}

/// The `delivery_*` tables and `deliveries`.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Makes an endpoint, or replaces what the plugin decides of one: url, headers, secrets, owner, limits. Its id,
    /// state and history stay. `None` when the session is gone.
    async fn put_endpoint(&self, endpoint: EndpointRow) -> Result<Option<EndpointRow>, StorageError>;
    /// By the plugin's name for it.
    async fn endpoint(
        &self,
        plugin: &str,
        session_id: &str,
        name: &str,
    ) -> Result<Option<EndpointRow>, StorageError>;
    /// By row id.
    async fn endpoint_by_id(&self, id: &str) -> Result<Option<EndpointRow>, StorageError>;
    /// All a plugin has in a session, by name.
    async fn endpoints_of(&self, plugin: &str, session_id: &str) -> Result<Vec<EndpointRow>, StorageError>;
    /// Removes it with everything that waits for it. `false` when there was none.
    async fn delete_endpoint(&self, id: &str) -> Result<bool, StorageError>;
    /// Changes the state. Becoming active ends every wait: what is due is tried at once.
    async fn set_endpoint_state(
        &self,
        id: &str,
        state: EndpointState,
        reason: Option<&str>,
        now: i64,
    ) -> Result<(), StorageError>;

    /// Queues in order, in one transaction. Says for each what became of it.
    async fn enqueue_deliveries(&self, deliveries: Vec<NewDelivery>) -> Result<Vec<Queued>, StorageError>;
    /// A delivery that waits and was queued a moment ago, from memory: once, and not after it was read with others of its
    /// lane. None says nothing: it may wait in the database.
    fn queued_lately(&self, id: &str) -> Option<DeliveryRow>;
    /// Active endpoints for which something is due, with nothing to wait for.
    async fn due_endpoints(&self, now: i64, limit: i64) -> Result<Vec<String>, StorageError>;
    /// Lanes of an endpoint that may go on, those that waited longest first.
    async fn due_lanes(&self, endpoint_id: &str, now: i64, limit: i64) -> Result<Vec<LaneRow>, StorageError>;
    /// The oldest deliveries that wait in a lane.
    async fn waiting_deliveries(
        &self,
        endpoint_id: &str,
        lane: &str,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StorageError>;
    /// Writes down what a try came to. `true` when it is the first success after failures: everything that waited for
    /// the endpoint is due again.
    async fn settle_delivery(
        &self,
        delivery: &DeliveryRow,
        outcome: Outcome,
        verdict: Verdict,
    ) -> Result<bool, StorageError>;
    /// Writes down deliveries that arrived, each of a lane of its own. Says for each what comes after it.
    async fn settle_delivered(
        &self,
        delivered: Vec<(DeliveryRow, Outcome)>,
    ) -> Result<Vec<Settled>, StorageError>;
    /// Lets everything of an endpoint wait until `until` (ms).
    async fn hold_endpoint(&self, id: &str, step: i64, until: i64) -> Result<(), StorageError>;
    /// Gives up what waits for an endpoint and was queued before `before` (ms). Answers how many.
    async fn give_up_deliveries(
        &self,
        endpoint_id: &str,
        before: i64,
        error: &str,
        now: i64,
    ) -> Result<u64, StorageError>;
    /// Writes down a delivery that was tried beside the queue.
    async fn record_delivery(
        &self,
        delivery: NewDelivery,
        outcome: Outcome,
        state: DeliveryState,
    ) -> Result<(), StorageError>;

    /// The newest first.
    async fn deliveries(
        &self,
        endpoint_id: &str,
        filter: DeliveryFilter,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, StorageError>;
    /// One of an endpoint's.
    async fn delivery(&self, id: &str) -> Result<Option<DeliveryRow>, StorageError>;
    /// Lets a delivery that has ended begin anew. `false` when there is none, or it waits anyway (then it is due at once).
    async fn redeliver(&self, id: &str, now: i64) -> Result<bool, StorageError>;
    /// How many there are.
    async fn delivery_counts(&self, endpoint_id: &str) -> Result<DeliveryCounts, StorageError>;
    /// The log of an endpoint, newest first, and how long it is.
    async fn delivery_log(
        &self,
        endpoint_id: &str,
        delivery_id: Option<&str>,
        offset: i64,
        limit: i64,
    ) -> Result<(Vec<AttemptRow>, i64), StorageError>;
    /// Forgets what has ended: of each state all but the newest `keep`, and what was queued before `before` (ms), which looks
    /// at everything that is kept.
    async fn prune_deliveries(
        &self,
        endpoint_id: &str,
        before: Option<i64>,
        keep: i64,
    ) -> Result<u64, StorageError>;
    /// All endpoints' row ids after this one, for looking through them.
    async fn endpoint_ids(&self, after: Option<&str>, limit: i64) -> Result<Vec<String>, StorageError>;
}
