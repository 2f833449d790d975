//! A worker's cursor, written behind it: the next event does not wait for the write, and writes that would come one after
//! the other become one. What is not written when the process ends comes again, which hooks must bear.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wagate_storage::SharedStorage;

use super::worker::FIRST_WAIT;
use super::{Cursors, Dispatcher};
use crate::http::SessionRef;

/// How far a worker has come, and the task that writes it down.
pub(super) struct Progress {
    reached: watch::Sender<i64>,
    writing: JoinHandle<()>,
}

impl Progress {
    pub(super) fn new(
        dispatcher: &Dispatcher,
        plugin: &str,
        session: &SessionRef,
        shutdown: &CancellationToken,
    ) -> Self {
        let (reached, news) = watch::channel(0);
        let writer = Writer {
            cursors: Arc::clone(&dispatcher.cursors),
            storage: Arc::clone(&dispatcher.services.storage),
            plugin: plugin.to_owned(),
            session: session.id.clone(),
            shutdown: shutdown.clone(),
        };
        Self {
            reached,
            writing: tokio::spawn(writer.run(news)),
        }
    }

    /// Everything up to `sequence` is done.
    pub(super) fn reached(&self, sequence: i64) {
        self.reached.send_replace(sequence);
    }

    /// Nobody writes any more: the session is gone, or the host stops.
    pub(super) fn has_ended(&self) -> bool {
        self.writing.is_finished()
    }

    /// Waits until what was reached is written.
    pub(super) async fn written(self) {
        drop(self.reached);
        if let Err(error) = self.writing.await {
            tracing::error!(%error, "a hook's cursor was not written");
        }
    }
}

struct Writer {
    cursors: Arc<Cursors>,
    storage: SharedStorage,
    plugin: String,
    session: String,
    shutdown: CancellationToken,
}

impl Writer {
    async fn run(self, mut news: watch::Receiver<i64>) {
        // What was reached before the worker ended is seen before its end.
        while news.changed().await.is_ok() {
            let reached = *news.borrow_and_update();
            if !self.write(reached).await {
                return;
            }
        }
    }

    /// However long the storage needs. False on shutdown, or when the session was deleted with its log.
    async fn write(&self, sequence: i64) -> bool {
        loop {
            match self.cursors.set(&self.plugin, &self.session, sequence).await {
                Ok(()) => return true,
                Err(_) if matches!(self.storage.session(&self.session).await, Ok(None)) => return false,
                Err(error) => {
                    tracing::warn!(
                        plugin.id = self.plugin, error = %error,
                        "a hook's cursor cannot be written, trying again"
                    );
                }
            }
            tokio::select! {
                () = self.shutdown.cancelled() => return false,
                () = sleep(FIRST_WAIT) => {}
            }
        }
    }
}
