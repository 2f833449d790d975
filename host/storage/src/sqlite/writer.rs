//! The one writer, a thread. Writes queue here; those that wait together are committed together. What nobody waits for goes
//! with the next that somebody does.
//!
//! A commit writes the same few pages of every table anew, whether it brings one row or a hundred. So where several writes
//! wait, the writer does not begin at once, but lets more gather.
//!
//! Measured on two cores: one row a transaction 3,850 commits/s, grouped 8,000/s, and eight writers of their own fail
//! four times out of five (`SQLITE_BUSY_SNAPSHOT`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use futures::executor::block_on;
use futures::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use super::events::keep_position;
use crate::StorageError;
use crate::db::{Error, SqliteConnection, query};
use crate::signal::Written;
use crate::tail::EventTail;

/// Writes that may wait; a caller beyond that waits for a place.
const QUEUE: usize = 256;
/// Writes in one transaction.
const MAX_GROUP: usize = 128;
/// So many that wait say that more are on their way.
const BUSY: usize = 3;
/// And with so many there is no need to wait for them.
const ENOUGH: usize = 32;
/// How long they are waited for. Measured on two cores, 750 to 1,500 messages a second: a third less is written for each, and
/// a fifth less computed; with 1 ms it is half of that, with 4 ms the waits add up and nothing more is saved. Its price: where
/// so many writers each wait for their own write before they make the next, nothing more comes, and each round has the pause.
const GATHER: Duration = Duration::from_millis(2);
/// Writes that nobody waits for; the next one is waited for.
const MAX_LATER: usize = 64;
/// How long those wait for another write to go with.
const LATER: Duration = Duration::from_millis(50);

/// Tells the caller how the transaction ended.
type Finish = Box<dyn FnOnce(Result<(), StorageError>) + Send>;

/// A queued write.
trait Job: Send {
    /// Runs the caller's statements; says whether they are to be kept.
    fn run(self: Box<Self>, connection: &mut SqliteConnection) -> BoxFuture<'_, (bool, Finish)>;
    /// Answers without having run.
    fn refuse(self: Box<Self>, error: StorageError);
}

/// A write that nobody waits for.
struct LaterJob {
    work: LaterWork,
    done: Option<Written>,
}

type LaterWork = Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<(), Error>> + Send>;

/// Writes that nobody waits for. They are run before every write that is queued after them.
#[derive(Default)]
struct Later(Mutex<Vec<LaterJob>>);

impl Later {
    fn jobs(&self) -> MutexGuard<'_, Vec<LaterJob>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Write<T, F> {
    work: F,
    reply: oneshot::Sender<Result<T, StorageError>>,
}

impl<T, F> Job for Write<T, F>
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StorageError>> + Send + 'static,
{
    fn run(self: Box<Self>, connection: &mut SqliteConnection) -> BoxFuture<'_, (bool, Finish)> {
        Box::pin(async move {
            let Self { work, reply } = *self;
            let result = work(connection).await;
            let keep = result.is_ok();
            let finish: Finish = Box::new(move |committed| {
                // A caller that gave up waiting does not need the answer.
                let _ = reply.send(result.and_then(|value| committed.map(|()| value)));
            });
            (keep, finish)
        })
    }

    fn refuse(self: Box<Self>, error: StorageError) {
        let _ = self.reply.send(Err(error));
    }
}

pub(super) struct Writer {
    queue: RwLock<Option<mpsc::Sender<Box<dyn Job>>>>,
    later: Arc<Later>,
    done: tokio::sync::Mutex<Option<oneshot::Receiver<()>>>,
}

impl Writer {
    pub(super) fn start(connection: SqliteConnection, tail: Arc<EventTail>) -> Result<Self, Error> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (done, finished) = oneshot::channel();
        let runtime = Handle::current();
        let later = Arc::new(Later::default());
        let before = Arc::clone(&later);
        // A thread of its own: it waits for the disk, and a statement is a call here.
        thread::Builder::new()
            .name("storage-writer".to_owned())
            .spawn(move || {
                let _runtime = runtime.enter();
                run(connection, receiver, &before, &tail);
                // Nobody may be waiting for the end.
                let _ = done.send(());
            })
            .map_err(Error::Thread)?;
        Ok(Self {
            queue: RwLock::new(Some(sender)),
            later,
            done: tokio::sync::Mutex::new(Some(finished)),
        })
    }

    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StorageError>>
            + Send
            + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.queue()?
            .send(Box::new(Write { work, reply }))
            .await
            .map_err(|_| StorageError::Closed)?;
        answer.await.map_err(|_| StorageError::Closed)?
    }

    fn queue(&self) -> Result<mpsc::Sender<Box<dyn Job>>, StorageError> {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner).clone();
        queue.ok_or(StorageError::Closed)
    }

    /// A write that a crash may lose, and that is on the disk before every write that is queued after this. Where it
    /// fails for want of space or by the disk, those that wait with it fail with it; where what it is about is gone, it ends
    /// there, and nothing else happens: its statements stand by themselves. `done` hears how it ended, before anything that
    /// was queued after it is run.
    pub(super) async fn write_later<F>(&self, done: Option<Written>, work: F) -> Result<(), StorageError>
    where
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<(), Error>> + Send + 'static,
    {
        let queue = self.queue()?;
        if queue.is_closed() {
            // Nobody would ever take it.
            return Err(StorageError::Closed);
        }
        let waiting = {
            let mut jobs = self.later.jobs();
            jobs.push(LaterJob {
                work: Box::new(work),
                done,
            });
            jobs.len()
        };
        if waiting >= MAX_LATER {
            return self.write_now().await;
        }
        if waiting == 1 {
            let queue = queue.downgrade();
            tokio::spawn(async move {
                sleep(LATER).await;
                // Closed: then they have been written.
                if let Some(queue) = queue.upgrade() {
                    let (reply, _) = oneshot::channel();
                    let _ = queue.send(Box::new(Write { work: nothing, reply })).await;
                }
            });
        }
        Ok(())
    }

    /// What nobody waits for is on the disk, or has failed.
    pub(super) async fn write_now(&self) -> Result<(), StorageError> {
        self.write(nothing).await
    }

    /// Lets the queue drain, then closes the connection.
    pub(super) async fn close(&self) {
        self.queue.write().unwrap_or_else(PoisonError::into_inner).take();
        let finished = self.done.lock().await.take();
        if let Some(finished) = finished {
            let _ = finished.await;
        }
    }
}

/// Brings nothing, but takes what was to be written later with it.
fn nothing(_: &mut SqliteConnection) -> BoxFuture<'_, Result<(), StorageError>> {
    Box::pin(std::future::ready(Ok(())))
}

fn run(
    mut connection: SqliteConnection,
    mut queue: mpsc::Receiver<Box<dyn Job>>,
    later: &Later,
    tail: &EventTail,
) {
    let mut group = Vec::with_capacity(MAX_GROUP);
    loop {
        let received = queue.blocking_recv_many(&mut group, MAX_GROUP);
        gather(&mut queue, &mut group);
        // After that: what was put there before one of the group was queued is there.
        let before = std::mem::take(&mut *later.jobs());
        if received == 0 && before.is_empty() {
            break;
        }
        block_on(commit_group(&mut connection, before, &mut group, tail));
    }
    if let Err(error) = connection.close() {
        tracing::warn!(error = %error, "the database did not close cleanly");
    }
}

/// Lets more writes come to those that wait, where it is worth it.
fn gather(queue: &mut mpsc::Receiver<Box<dyn Job>>, group: &mut Vec<Box<dyn Job>>) {
    if !(BUSY..ENOUGH).contains(&group.len()) {
        return;
    }
    thread::sleep(GATHER);
    while group.len() < MAX_GROUP
        && let Ok(job) = queue.try_recv()
    {
        group.push(job);
    }
}

/// One transaction for the whole group; empties it. Every caller learns how it ended, after it ended and its events can
/// be seen.
async fn commit_group(
    connection: &mut SqliteConnection,
    before: Vec<LaterJob>,
    group: &mut Vec<Box<dyn Job>>,
    tail: &EventTail,
) {
    let (before, dones): (Vec<_>, Vec<_>) = before.into_iter().map(|job| (job.work, job.done)).unzip();
    let mut jobs = group.drain(..);
    let mut finishes: Vec<Finish> = Vec::with_capacity(jobs.len());
    let outcome = run_jobs(connection, before, &mut jobs, &mut finishes)
        .await
        .map_err(Arc::new);
    let appended = std::mem::take(&mut connection.appended);
    connection.next_position = None;
    if let Err(error) = &outcome {
        tracing::error!(error = %error, "a write transaction failed");
        // Fails when SQLite has rolled back by itself (disk full, I/O error): then nothing is left to roll back.
        let _ = query("ROLLBACK").execute(&mut *connection).await;
    } else {
        tail.push(appended);
    }
    for done in dones.into_iter().flatten() {
        done(outcome.clone().map_err(shared_error));
    }
    for finish in finishes {
        finish(outcome.clone().map_err(shared_error));
    }
    if let Err(error) = outcome {
        // Not run: outside the transaction they would be committed piecemeal.
        jobs.for_each(|job| job.refuse(shared_error(Arc::clone(&error))));
    }
}

/// One savepoint a write: a write that fails takes only itself back. One that is alone needs none.
async fn run_jobs(
    connection: &mut SqliteConnection,
    before: Vec<LaterWork>,
    jobs: &mut (impl ExactSizeIterator<Item = Box<dyn Job>> + Send),
    finishes: &mut Vec<Finish>,
) -> Result<(), Error> {
    let is_alone = before.is_empty() && jobs.len() == 1;
    query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    for work in before {
        match work(connection).await {
            Err(error) if !error.is_constraint() => return Err(error),
            // What it is about is gone: that statement has done nothing.
            Ok(()) | Err(_) => {}
        }
    }
    for job in jobs {
        if !is_alone {
            query("SAVEPOINT one").execute(&mut *connection).await?;
        }
        let (appended, position) = (connection.appended.len(), connection.next_position);
        let (keep, finish) = job.run(connection).await;
        finishes.push(finish);
        if !keep {
            connection.appended.truncate(appended);
            connection.next_position = position;
        }
        // ROLLBACK fails when SQLite rolled the whole transaction back: then the group is lost as a whole.
        let end = match (is_alone, keep) {
            (true, true) => continue,
            (true, false) => return query("ROLLBACK").execute(&mut *connection).await.map(drop),
            (false, true) => "RELEASE one",
            (false, false) => "ROLLBACK TO one; RELEASE one",
        };
        query(end).execute(&mut *connection).await?;
    }
    keep_position(connection).await?;
    query("COMMIT").execute(&mut *connection).await?;
    Ok(())
}

fn shared_error(error: Arc<Error>) -> StorageError {
    if error.is_full() {
        StorageError::Full
    } else {
        StorageError::Commit(error)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{MAX_LATER, Writer};
    use crate::StorageError;
    use crate::db::{Error, SqliteConnection, query, query_scalar};
    use crate::signal::Written;
    use crate::tail::EventTail;

    struct Opened {
        directory: tempfile::TempDir,
        writer: Writer,
    }

    impl Opened {
        async fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("a.db");
            drop(rusqlite::Connection::open(&path).unwrap());
            let mut c = SqliteConnection::open(&path).unwrap();
            query("CREATE TABLE t (n INTEGER PRIMARY KEY, of INTEGER REFERENCES t (n)) STRICT")
                .execute(&mut c)
                .await
                .unwrap();
            let writer = Writer::start(c, Arc::new(EventTail::new(0))).unwrap();
            Self { directory, writer }
        }

        async fn later(&self, n: i64, of: Option<i64>) {
            self.later_told(n, of, None).await;
        }

        async fn later_told(&self, n: i64, of: Option<i64>, done: Option<Written>) {
            self.writer
                .write_later(done, move |c| {
                    Box::pin(async move {
                        query("INSERT INTO t (n, of) VALUES (?, ?)")
                            .bind(n)
                            .bind(of)
                            .execute(c)
                            .await
                            .map(drop)
                    })
                })
                .await
                .unwrap();
        }

        async fn now(&self, n: i64) -> Result<(), StorageError> {
            self.writer
                .write(move |c| {
                    Box::pin(async move {
                        query("INSERT INTO t (n) VALUES (?)").bind(n).execute(c).await?;
                        Ok(())
                    })
                })
                .await
        }

        /// As another connection sees them.
        async fn rows(&self) -> Vec<i64> {
            let mut c = SqliteConnection::open_to_read(&self.directory.path().join("a.db")).unwrap();
            query_scalar("SELECT n FROM t ORDER BY n")
                .fetch_all(&mut c)
                .await
                .unwrap()
        }
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_there_with_the_next_write() {
        let storage = Opened::new().await;
        storage.later(1, None).await;
        // Before the one that was begun after it: 2 would be taken otherwise.
        storage.later(2, Some(1)).await;
        assert!(storage.now(2).await.is_err());
        assert_eq!(storage.rows().await, [1, 2]);
        // What its row is about is gone: only that is left out.
        storage.later(3, Some(9)).await;
        storage.later(4, None).await;
        storage.now(5).await.unwrap();
        assert_eq!(storage.rows().await, [1, 2, 4, 5]);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_needs_no_other_write_and_has_a_bound() {
        let storage = Opened::new().await;
        for n in 0..i64::try_from(MAX_LATER).unwrap() {
            storage.later(n, None).await;
        }
        // The last one was waited for.
        assert_eq!(storage.rows().await.len(), MAX_LATER);
        storage.later(1_000, None).await;
        storage.writer.close().await;
        assert_eq!(storage.rows().await.len(), MAX_LATER + 1);
        assert!(matches!(storage.now(1_001).await, Err(StorageError::Closed)));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_written_soon() {
        let storage = Opened::new().await;
        storage.later(1, None).await;
        let seen = async {
            while storage.rows().await.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), seen)
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn how_it_ended_is_heard_before_what_was_queued_after_it() {
        let storage = Opened::new().await;
        let told = Arc::new(std::sync::Mutex::new(Vec::new()));
        let telling = |name: &'static str| -> Option<Written> {
            let told = Arc::clone(&told);
            Some(Box::new(move |ended| {
                told.lock().unwrap().push((name, ended.is_ok()));
            }))
        };
        storage.later_told(1, None, telling("kept")).await;
        // It is there already: nothing happens, and nothing has failed.
        storage.later_told(1, None, telling("there")).await;
        storage.now(2).await.unwrap();
        assert_eq!(*told.lock().unwrap(), [("kept", true), ("there", true)]);

        storage.later_told(3, None, telling("with it")).await;
        let broken = storage.writer.write_later(telling("broken"), |_| {
            Box::pin(std::future::ready(Err(Error::Crashed)))
        });
        broken.await.unwrap();
        assert!(storage.now(4).await.is_err());
        assert_eq!(
            told.lock().unwrap().split_off(2),
            [("with it", false), ("broken", false)]
        );
        storage.now(5).await.unwrap();
        assert_eq!(storage.rows().await, [1, 2, 5]);
    }

    #[tokio::test]
    async fn a_write_that_fails_takes_only_itself_back_alone_and_with_others() {
        let storage = Opened::new().await;
        storage.now(1).await.unwrap();
        assert!(storage.now(1).await.is_err());
        let (a, b, c) = tokio::join!(storage.now(2), storage.now(1), storage.now(3));
        assert!(a.is_ok() && b.is_err() && c.is_ok());
        assert_eq!(storage.rows().await, [1, 2, 3]);
    }
}
