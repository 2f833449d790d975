//! The connections that only read.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::db::{Error, Executor, Found, Query, SqliteConnection, Take};

/// Connections at the same time, of either kind.
const READERS: u32 = 4;
/// How long a query waits for one of them.
const PATIENCE: Duration = Duration::from_secs(30);

/// They read everything that was committed.
#[derive(Debug)]
pub(super) struct Readers {
    /// For queries that may take their time, on threads that may wait.
    far: Far,
    /// For what is found at once.
    near: Near,
}

/// Reads on another thread.
#[derive(Debug)]
pub(super) struct Far(Arc<Shared>);

/// Reads on the thread that asks: a row or a few, found by an index. It has connections of its own, so that it never waits
/// for a long query. Where the thread is a worker of the runtime, nothing else runs there meanwhile.
#[derive(Debug)]
pub(super) struct Near(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    free: Arc<Semaphore>,
    /// The last one used on top: its pages are at hand.
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Shared {
    fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn lend(self: &Arc<Self>) -> Result<Loan, Error> {
        let permit = timeout(PATIENCE, Arc::clone(&self.free).acquire_owned())
            .await
            .map_err(|_| Error::TimedOut)?
            .map_err(|_| Error::Closed)?;
        Ok(Loan {
            shared: Arc::clone(self),
            _permit: permit,
        })
    }

    async fn close(&self) {
        let all = self.free.acquire_many(READERS).await;
        self.free.close();
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            if let Err(error) = connection.close() {
                tracing::warn!(error = %error, "the database did not close cleanly");
            }
        }
        drop(all);
    }
}

/// The right to use a connection. A query that nobody waits for any more keeps it to its end.
struct Loan {
    shared: Arc<Shared>,
    _permit: OwnedSemaphorePermit,
}

impl Loan {
    fn run(self, query: &Query<'_>, take: Take) -> Result<Found, Error> {
        let idle = self.shared.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => SqliteConnection::open_to_read(&self.shared.path)?,
        };
        let found = connection.ask(query, take);
        // Before the permit is given back.
        self.shared.idle().push(connection);
        found
    }
}

impl Readers {
    /// Of the database at this path. One connection is opened now, the others when they are needed.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let shared = |idle| {
            Arc::new(Shared {
                path: path.to_owned(),
                free: Arc::new(Semaphore::new(READERS as usize)),
                idle: Mutex::new(idle),
            })
        };
        Ok(Self {
            far: Far(shared(Vec::new())),
            near: Near(shared(vec![SqliteConnection::open_to_read(path)?])),
        })
    }

    pub(super) fn far(&self) -> &Far {
        &self.far
    }

    pub(super) fn near(&self) -> &Near {
        &self.near
    }

    /// Closes them, when those that are used are free.
    pub(super) async fn close(&self) {
        self.far.0.close().await;
        self.near.0.close().await;
    }
}

impl Executor for &Far {
    async fn run(self, query: Query<'_>, take: Take) -> Result<Found, Error> {
        let query = query.into_owned();
        let loan = self.0.lend().await?;
        spawn_blocking(move || loan.run(&query, take))
            .await
            .map_err(|_| Error::Crashed)?
    }
}

impl Executor for &Near {
    async fn run(self, query: Query<'_>, take: Take) -> Result<Found, Error> {
        self.0.lend().await?.run(&query, take)
    }
}
