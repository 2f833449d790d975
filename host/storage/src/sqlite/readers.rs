//! The connections that only read. sqlx's own pool asks a connection whether it is still there before and after each query:
//! for SQLite, whose connections are threads of this process, that is two pairs of thread switches beside the one that
//! the query needs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteQueryResult, SqliteRow, SqliteStatement, SqliteTypeInfo,
};
use sqlx::{
    ConnectOptions as _, Connection as _, Describe, Either, Error, Execute, Executor, SqlStr,
    SqliteConnection,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Connections at the same time.
const READERS: u32 = 4;
/// How long a query waits for one of them.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads everything that was committed.
#[derive(Debug)]
pub(super) struct Readers {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: SqliteConnectOptions,
    free: Arc<Semaphore>,
    /// The last one used on top: its pages are at hand.
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Shared {
    fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection on loan.
struct Loan {
    shared: Arc<Shared>,
    connection: Option<SqliteConnection>,
    permit: Option<OwnedSemaphorePermit>,
    /// Its query has ended.
    is_quiet: bool,
}

impl Drop for Loan {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        if self.is_quiet {
            // Before the permit is given back.
            self.shared.idle().push(connection);
            return;
        }
        // Whoever asked has gone, and the query may go on: only then is the connection free.
        let (shared, permit) = (Arc::clone(&self.shared), self.permit.take());
        tokio::spawn(async move {
            if connection.ping().await.is_ok() {
                shared.idle().push(connection);
            }
            drop(permit);
        });
    }
}

impl Loan {
    /// After a query. What the database refused leaves a connection as good as it was.
    fn end<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        self.is_quiet = true;
        if matches!(result, Err(Error::WorkerCrashed)) {
            self.connection = None;
        }
        result
    }

    fn connection(&mut self) -> Result<&mut SqliteConnection, Error> {
        self.connection.as_mut().ok_or(Error::WorkerCrashed)
    }
}

impl Readers {
    /// Over the database that these options open. The first connection is opened now, the others when they are needed.
    pub(super) async fn open(options: SqliteConnectOptions) -> Result<Self, Error> {
        let first = options.connect().await?;
        Ok(Self {
            shared: Arc::new(Shared {
                options,
                free: Arc::new(Semaphore::new(READERS as usize)),
                idle: Mutex::new(vec![first]),
            }),
        })
    }

    /// Closes them, when those that are used are free.
    pub(super) async fn close(&self) {
        let all = self.shared.free.acquire_many(READERS).await;
        self.shared.free.close();
        let idle = std::mem::take(&mut *self.shared.idle());
        for connection in idle {
            if let Err(error) = connection.close().await {
                tracing::warn!(error = %error, "the database did not close cleanly");
            }
        }
        drop(all);
    }

    async fn lend(&self) -> Result<Loan, Error> {
        let permit = timeout(PATIENCE, Arc::clone(&self.shared.free).acquire_owned())
            .await
            .map_err(|_| Error::PoolTimedOut)?
            .map_err(|_| Error::PoolClosed)?;
        let idle = self.shared.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.shared.options.connect().await?,
        };
        Ok(Loan {
            shared: Arc::clone(&self.shared),
            connection: Some(connection),
            permit: Some(permit),
            is_quiet: false,
        })
    }
}

impl<'c> Executor<'c> for &'c Readers {
    type Database = Sqlite;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<SqliteQueryResult, SqliteRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        // All at once: a slow taker would keep the connection.
        stream::once(async move {
            let mut loan = self.lend().await?;
            let found = loan.connection()?.fetch_many(query).try_collect::<Vec<_>>().await;
            loan.end(found)
        })
        .map_ok(|found| stream::iter(found).map(Ok))
        .try_flatten()
        .boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<SqliteRow>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        Box::pin(async move {
            let mut loan = self.lend().await?;
            let found = loan.connection()?.fetch_optional(query).await;
            loan.end(found)
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [SqliteTypeInfo],
    ) -> BoxFuture<'e, Result<SqliteStatement, Error>>
    where
        'c: 'e,
    {
        Box::pin(async move {
            let mut loan = self.lend().await?;
            let prepared = loan.connection()?.prepare_with(sql, parameters).await;
            loan.end(prepared)
        })
    }

    // Wanted by sqlx's macros, which look at a database while they compile; not used here.
    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Sqlite>, Error>>
    where
        'c: 'e,
    {
        Box::pin(async move {
            let mut loan = self.lend().await?;
            let described = loan.connection()?.describe(sql).await;
            loan.end(described)
        })
    }
}
