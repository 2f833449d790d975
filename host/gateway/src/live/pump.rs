//! One stream: from a position in the log to a reader, until one of them ends it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};
use wagate_storage::StorageError;

use super::filter::{Filter, Visible};
use super::frame::{End, Frame};
use super::notices::{Listener, Notice};
use super::{LiveStream, Place};

/// Frames that may wait for the reader.
const BUFFER: usize = 64;
/// A reader that takes nothing for this long is ended.
const SLOW: Duration = Duration::from_secs(10);
/// Read from the log at once.
const BATCH: usize = 100;
/// Between two signs of life.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Whether the reader may still read is looked at again after this, even when nothing was reported: keys expire, sessions
/// come.
const RECHECK: Duration = Duration::from_secs(1);
/// Why events are missing: those after the reader's cursor are not in the log any more.
const CUT_BACK: &str = "the log is cut back";
/// The reader's cursor is of a log that goes on further, which a backup that was restored does not have.
const NOT_THERE: &str = "the log does not reach the cursor: what comes next is new";
/// The reader took too long, and notices are in no log.
const NOTICES_MISSED: &str = "notifications, changes of plugins or how far a backup is were not told";

/// Says what a reader may see now. `None`: nothing any more.
pub(crate) trait Gate: Send + 'static {
    /// Who it is.
    fn listener(&self) -> &Listener;
    /// Asks anew.
    fn visible(&self) -> impl Future<Output = Result<Option<Visible>, StorageError>> + Send;
}

/// A stream, as whoever carries its frames sees it.
pub(crate) struct Stream {
    frames: mpsc::Receiver<Frame>,
    /// Comes at any moment: what waits to be read is then left out, and is there again at the next cursor.
    end: Option<oneshot::Receiver<End>>,
    _place: Place,
}

/// What comes next.
pub(crate) enum Next {
    Frame(Frame),
    /// The last one.
    End(End),
}

impl Stream {
    /// None after the end. Whoever stops waiting for it loses nothing: the next call goes on.
    pub(crate) async fn next(&mut self) -> Option<Next> {
        let end = self.end.as_mut()?;
        let end = tokio::select! {
            biased;
            ended = &mut *end => ended,
            frame = self.frames.recv() => match frame {
                Some(frame) => return Some(Next::Frame(frame)),
                // The pump has ended, and says why before it does.
                None => end.await,
            },
        };
        self.end = None;
        Some(Next::End(end.unwrap_or(End::Unavailable)))
    }
}

/// Opens a stream. `after` is where the reader was; none: from now on. `rights` changes when anybody's do.
pub(crate) fn open(
    live: &LiveStream,
    gate: impl Gate,
    visible: Visible,
    filter: Filter,
    after: Option<i64>,
    rights: watch::Receiver<u64>,
    place: Place,
) -> Stream {
    let (sender, frames) = mpsc::channel(BUFFER);
    let (ended, end) = oneshot::channel();
    let position = after.unwrap_or_else(|| *live.tail.head().borrow());
    let pump = Pump {
        live: live.clone(),
        gate,
        visible,
        filter,
        position,
        notices: live.notices.listen(),
        rights,
        checked: Instant::now(),
        sender,
    };
    let resumes = after.is_some();
    tokio::spawn(async move {
        let reason = pump.run(resumes).await;
        if let Some(reason) = reason {
            // The reader may have gone a moment ago.
            let _ = ended.send(reason);
        }
    });
    Stream {
        frames,
        end: Some(end),
        _place: place,
    }
}

struct Pump<G> {
    live: LiveStream,
    gate: G,
    visible: Visible,
    filter: Filter,
    position: i64,
    notices: broadcast::Receiver<Arc<Notice>>,
    rights: watch::Receiver<u64>,
    checked: Instant,
    sender: mpsc::Sender<Frame>,
}

/// What a wait ended with.
enum Wake {
    News,
    Notice(Arc<Notice>),
    NoticesMissed,
    Quiet,
    Recheck,
    Gone,
    Closing,
}

impl<G: Gate> Pump<G> {
    /// Why it ended; none when the reader went away.
    async fn run(mut self, resumes: bool) -> Option<End> {
        let mut head = self.live.tail.head();
        if resumes {
            let Ok((oldest, newest)) = self.live.tail.ends().await else {
                return Some(End::Unavailable);
            };
            if self.position > newest {
                self.position = newest;
                self.say(Frame::gap(newest, NOT_THERE)).await?;
            } else if self.position + 1 < oldest {
                self.say(Frame::gap(self.position, CUT_BACK)).await?;
            }
        }
        if let Some(end) = self.say_or_end(Frame::open(self.position)).await {
            return end;
        }
        let mut quiet_since = Instant::now();
        loop {
            head.mark_unchanged();
            let batch = match self.live.tail.after(self.position, BATCH).await {
                Ok(batch) => batch,
                Err(_) => return Some(End::Unavailable),
            };
            if batch.is_empty() {
                match self.wait(&mut head, quiet_since + HEARTBEAT).await {
                    Wake::News => {}
                    Wake::Notice(notice) => {
                        if !notice.is_for(self.gate.listener()) || !self.filter.wants_notice(notice.kind) {
                            continue;
                        }
                        // What it is about is nobody else's affair: the reader is asked first.
                        if let Some(end) = self.check().await {
                            return Some(end);
                        }
                        if let Some(end) = self.say_or_end(Frame::notice(&notice)).await {
                            return end;
                        }
                        quiet_since = Instant::now();
                    }
                    Wake::NoticesMissed => {
                        let gap = Frame::gap(self.position, NOTICES_MISSED);
                        if let Some(end) = self.say_or_end(gap).await {
                            return end;
                        }
                    }
                    Wake::Recheck => {
                        if let Some(end) = self.check().await {
                            return Some(end);
                        }
                    }
                    Wake::Quiet => {
                        if let Some(end) = self.say_or_end(Frame::heartbeat(self.position)).await {
                            return end;
                        }
                        quiet_since = Instant::now();
                    }
                    Wake::Gone => return None,
                    Wake::Closing => return Some(End::Closing),
                }
                continue;
            }
            for row in batch {
                if self.is_check_due()
                    && let Some(end) = self.check().await
                {
                    return Some(end);
                }
                self.position = row.position;
                let Some(slug) = self.visible.get(&row.event.session_id) else {
                    continue;
                };
                if !self.filter.wants(&row) {
                    continue;
                }
                let Some(frame) = Frame::event(&row, slug) else {
                    tracing::error!(event.id = %row.event.id, "an event's data is no JSON and is not shown");
                    continue;
                };
                if let Some(end) = self.say_or_end(frame).await {
                    return end;
                }
                quiet_since = Instant::now();
            }
            if self.live.closing.is_cancelled() {
                return Some(End::Closing);
            }
        }
    }

    async fn wait(&mut self, head: &mut watch::Receiver<i64>, quiet: Instant) -> Wake {
        tokio::select! {
            () = self.live.closing.cancelled() => Wake::Closing,
            () = self.sender.closed() => Wake::Gone,
            Ok(()) = self.rights.changed() => Wake::Recheck,
            Ok(()) = head.changed() => Wake::News,
            notice = self.notices.recv() => match notice {
                Ok(notice) => Wake::Notice(notice),
                Err(RecvError::Lagged(_)) => Wake::NoticesMissed,
                Err(RecvError::Closed) => Wake::Closing,
            },
            () = sleep_until(self.checked + RECHECK) => Wake::Recheck,
            () = sleep_until(quiet) => Wake::Quiet,
        }
    }

    fn is_check_due(&self) -> bool {
        self.rights.has_changed().unwrap_or(false) || self.checked.elapsed() >= RECHECK
    }

    /// Whether the reader may still read, and what. The reason when not.
    async fn check(&mut self) -> Option<End> {
        self.rights.mark_unchanged();
        self.checked = Instant::now();
        match self.gate.visible().await {
            Ok(Some(visible)) => {
                self.visible = visible;
                None
            }
            Ok(None) => Some(End::Revoked),
            Err(_) => Some(End::Unavailable),
        }
    }

    /// As [`Self::say_or_end`], for the first words: `None` ends without a reason.
    async fn say(&mut self, frame: Frame) -> Option<()> {
        self.say_or_end(frame).await.is_none().then_some(())
    }

    /// Hands a frame on; `Some` when the stream is over, with the reason if there is somebody to tell.
    async fn say_or_end(&mut self, frame: Frame) -> Option<Option<End>> {
        if let Err(mpsc::error::TrySendError::Full(frame)) = self.sender.try_send(frame.clone()) {
            let Ok(sent) = timeout(SLOW, self.sender.send(frame)).await else {
                return Some(Some(End::Slow));
            };
            return sent.err().map(|_| None);
        }
        self.sender.is_closed().then_some(None)
    }
}
