//! The live stream: what the event log says, as it is written, to whoever may read it.
//!
//! - `tail` is the log: its newest part is in memory, so that a stream that is up to date costs no look into the database.
//!   One that is behind reads the database, from its own cursor.
//! - `notices` is what is told besides the log: notifications, changes of plugins, how far a backup is.
//! - `pump` is one stream: it reads on from its position, shows what its reader may see and wants, and ends when that is
//!   over. Nothing is kept for a reader who does not read: it is ended with a reason, and comes back with its cursor.
//! - How frames travel (SSE, WebSocket) is in `http/routes/events`.

pub(crate) mod cursor;
pub(crate) mod filter;
pub(crate) mod frame;
pub(crate) mod notices;
pub(crate) mod pump;
pub(crate) mod tail;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use notices::Notices;
use tail::Tail;

/// Streams of everybody.
const MAX_STREAMS: usize = 1_000;
/// Streams of one user.
const MAX_OF_USER: usize = 50;

/// What streams stand on. Cheap to clone.
#[derive(Clone)]
pub(crate) struct LiveStream {
    pub(crate) tail: Arc<Tail>,
    pub(crate) notices: Notices,
    /// The server is about to stop: streams end, so that it need not wait for them.
    pub(crate) closing: CancellationToken,
    places: Arc<Semaphore>,
    of_users: Arc<Mutex<HashMap<String, usize>>>,
}

impl LiveStream {
    pub(crate) fn new(tail: Arc<Tail>, notices: Notices, closing: CancellationToken) -> Self {
        Self {
            tail,
            notices,
            closing,
            places: Arc::new(Semaphore::new(MAX_STREAMS)),
            of_users: Arc::default(),
        }
    }

    /// A place for one more stream of this user; none when there are too many.
    pub(crate) fn place(&self, user_id: &str) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let mut of_users = lock(&self.of_users);
        let count = of_users.entry(user_id.to_owned()).or_default();
        if *count >= MAX_OF_USER {
            return None;
        }
        *count += 1;
        Some(Place {
            _permit: permit,
            user_id: user_id.to_owned(),
            of_users: Arc::clone(&self.of_users),
        })
    }
}

/// Held while a stream is open.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    user_id: String,
    of_users: Arc<Mutex<HashMap<String, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut of_users = lock(&self.of_users);
        if let Some(count) = of_users.get_mut(&self.user_id) {
            *count -= 1;
            if *count == 0 {
                of_users.remove(&self.user_id);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
