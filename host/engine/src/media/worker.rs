//! Downloads what is due, of every connected session in turn, a bounded number at once.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wagate_storage::StorageError;
use whatsapp_rust::Client;

use super::desk::MediaDesk;

/// Looked at without being rung: back-offs end, sessions connect.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Between two looks at what is too old.
const SWEEP_EVERY: Duration = Duration::from_mins(10);
/// How long downloads under way are waited for at the end; they are tried again after the next start.
const END_PATIENCE: Duration = Duration::from_secs(3);

/// The client of a session, when it is connected.
pub(crate) type FindClient = Box<dyn Fn(&str) -> Option<Arc<Client>> + Send + Sync>;

/// Rows that are being downloaded.
type UnderWay = Arc<Mutex<HashSet<String>>>;

impl MediaDesk {
    /// Runs until `shutdown`.
    pub(crate) async fn run(self: Arc<Self>, find: FindClient, shutdown: CancellationToken) {
        let tasks = TaskTracker::new();
        let under_way = UnderWay::default();
        if let Err(error) = self.drop_orphans().await {
            tracing::warn!(%error, "the media directory was not tidied up");
        }
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = self.bell.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                _ = sweep.tick() => {
                    if let Err(error) = self.drop_old().await {
                        tracing::warn!(%error, "old files were not taken away");
                    }
                }
            }
            if let Err(error) = self.start_due(&find, &tasks, &under_way).await {
                tracing::warn!(%error, "files that wait to be downloaded could not be looked up");
            }
        }
        tasks.close();
        let _ = tokio::time::timeout(END_PATIENCE, tasks.wait()).await;
    }

    /// Starts as many downloads as there is room for, one of each session in turn.
    async fn start_due(
        self: &Arc<Self>,
        find: &FindClient,
        tasks: &TaskTracker,
        under_way: &UnderWay,
    ) -> Result<(), StorageError> {
        let room = self.permits().available_permits();
        if room == 0 {
            return Ok(());
        }
        let now = self.clock().now_ms();
        // What is under way is still due: as many more are looked up.
        let limit = i64::try_from(self.options().concurrency * 2).unwrap_or(i64::MAX);
        let mut queues = Vec::new();
        for session in self.storage().sessions_with_due_media(now).await? {
            if let Some(client) = find(&session) {
                let due = self.storage().due_media(&session, now, limit).await?;
                queues.push((client, due.into_iter()));
            }
        }
        while !queues.is_empty() {
            let mut rest = Vec::new();
            for (client, mut due) in queues {
                let is_new = |id: &String| {
                    let mut ids = under_way.lock().unwrap_or_else(PoisonError::into_inner);
                    ids.insert(id.clone())
                };
                let Some(row) = due.find(|row| is_new(&row.id)) else {
                    continue;
                };
                let Ok(permit) = Arc::clone(self.permits()).try_acquire_owned() else {
                    under_way
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .remove(&row.id);
                    return Ok(());
                };
                let (desk, under_way, its_client) =
                    (Arc::clone(self), Arc::clone(under_way), Arc::clone(&client));
                tasks.spawn(async move {
                    // What became of it is written down.
                    let _ = desk.download(&row.id, &its_client, permit).await;
                    under_way
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .remove(&row.id);
                    desk.ring();
                });
                rest.push((client, due));
            }
            queues = rest;
        }
        Ok(())
    }
}
