//! One endpoint, while something is due for it: starts its lanes, a few at the same time.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use wagate_storage::StorageError;
use wagate_storage::deliveries::{EndpointState, LaneRow};

use super::desk::{Head, News};
use super::lane::{self, Start};
use super::shared::Shared;
use super::{DeliveryService, NAP, STORAGE_RETRY, pause};

/// Most POSTs to one endpoint at the same time, whatever is asked for.
pub(crate) const MAX_CONCURRENCY: i64 = 64;
/// Lanes under way for each of these POSTs: while some write down how theirs ended, others send.
const LANES_A_POST: usize = 4;
/// How long a courier stays when there is nothing to do.
const IDLE: Duration = Duration::from_secs(5);
/// Lanes that may wait for their turn in memory. Beyond that they are found in the database.
const MAX_HEADS: usize = 1024;

/// What there is to do, and what is being done.
struct Work<'a> {
    service: &'a DeliveryService,
    endpoint: &'a str,
    shared: Arc<Shared>,
    /// POSTs at the same time, as `shared` has it.
    posts: usize,
    /// The lanes under way, by task: one that panicked says no more than which it was.
    busy: HashMap<Id, String>,
    /// First in lanes that have not begun.
    heads: VecDeque<Head>,
    /// The database may know of more.
    looks: bool,
    /// When it was last asked.
    looked: Option<Instant>,
}

/// What may begin now.
#[derive(Default)]
struct Starts {
    lanes: Vec<Start>,
    /// The endpoint was in trouble: one try, to see whether it is back.
    probe: bool,
}

/// Works until nothing is due for the endpoint.
pub(super) async fn run(
    service: &Arc<DeliveryService>,
    endpoint: &str,
    bell: &Notify,
    shutdown: &CancellationToken,
) {
    let desk = &service.services.deliveries;
    let mut lanes: JoinSet<bool> = JoinSet::new();
    let mut work = Work {
        service,
        endpoint,
        shared: Arc::new(Shared::new(0)),
        posts: 0,
        busy: HashMap::new(),
        heads: VecDeque::new(),
        looks: false,
        looked: None,
    };
    loop {
        while let Some(ended) = lanes.try_join_next_with_id() {
            work.end(ended);
        }
        work.hear(desk.news(endpoint));
        if !shutdown.is_cancelled() {
            let starts = match work.starts().await {
                Ok(starts) => starts,
                Err(error) => {
                    tracing::warn!(error = %error, "the deliveries cannot be read, they wait");
                    pause(shutdown, STORAGE_RETRY).await;
                    continue;
                }
            };
            for start in starts.lanes {
                let name = start.lane.lane.clone();
                let (service, shared) = (Arc::clone(service), Arc::clone(&work.shared));
                let (endpoint, shutdown) = (endpoint.to_owned(), shutdown.clone());
                let task = lanes.spawn(async move {
                    lane::run(&service, &endpoint, start, starts.probe, &shared, &shutdown).await
                });
                work.busy.insert(task.id(), name);
            }
        } else if work.busy.is_empty() {
            return;
        }
        if work.busy.is_empty() {
            // Tries after a pause are no longer in a row.
            work.shared = Arc::new(Shared::new(work.posts));
            tokio::select! {
                () = bell.notified() => {}
                () = shutdown.cancelled() => {}
                () = sleep(IDLE) => {
                    if desk.may_end(endpoint) {
                        return;
                    }
                }
            }
            continue;
        }
        tokio::select! {
            Some(ended) = lanes.join_next_with_id() => work.end(ended),
            () = bell.notified() => {}
            () = sleep(NAP) => work.looks = true,
        }
    }
}

impl Work<'_> {
    /// A lane's task said whether more may be due than memory knows. After a panic the table is asked.
    fn end(&mut self, ended: Result<(Id, bool), JoinError>) {
        let (task, more) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "a delivery failed inside the host");
                (error.id(), true)
            }
        };
        self.busy.remove(&task);
        self.looks |= more;
    }

    /// The lane's task has not ended yet, or begins now.
    fn is_taken(&self, lane: &str, begin: &[Start]) -> bool {
        self.busy.values().any(|busy| busy == lane) || begin.iter().any(|start| start.lane.lane == lane)
    }

    fn hear(&mut self, news: News) {
        self.looks |= news.looks;
        for head in news.heads {
            if self.heads.len() < MAX_HEADS {
                self.heads.push_back(head);
            } else {
                self.looks = true;
            }
        }
    }

    /// The lanes that may start beside those under way.
    async fn starts(&mut self) -> Result<Starts, StorageError> {
        let services = &self.service.services;
        if self.heads.is_empty() && !self.looks {
            return Ok(Starts::default());
        }
        let row = services.storage.endpoint_by_id(self.endpoint).await?;
        let now = services.clock.now_ms();
        let takes = |until: Option<i64>| until.is_none_or(|until| until <= now);
        let Some(row) = row.filter(|row| row.state == EndpointState::Active && takes(row.hold_until)) else {
            // They wait in the database.
            self.heads.clear();
            self.looks = false;
            return Ok(Starts::default());
        };
        let probe = row.hold_step > 0;
        if probe {
            self.heads.clear();
            self.looks = true;
        }
        let default = i64::try_from(services.deliveries.options().concurrency).unwrap_or(1);
        let posts = row.concurrency.unwrap_or(default).clamp(1, MAX_CONCURRENCY);
        let posts = usize::try_from(posts).unwrap_or(1);
        self.allow(posts);
        self.shared
            .belongs_to(row.owner.as_deref().unwrap_or(&row.session_id));
        let limit = if probe { 1 } else { posts * LANES_A_POST };
        let mut lanes = Vec::new();
        // Lanes that only the database knows come first once a second: memory alone may never run out.
        if !self.looks || self.looked.is_some_and(|at| at.elapsed() < NAP) {
            self.take_from_memory(&mut lanes, limit);
        }
        if self.looks && self.busy.len() + lanes.len() < limit {
            self.take_from_database(&mut lanes, limit, now).await?;
            self.take_from_memory(&mut lanes, limit);
        }
        Ok(Starts { lanes, probe })
    }

    /// So many POSTs at the same time from now on. Where that is fewer, those under way come to their end first.
    fn allow(&mut self, posts: usize) {
        if posts > self.posts {
            self.shared.allow_more(posts - self.posts);
        } else {
            self.shared.allow_fewer(self.posts - posts);
        }
        self.posts = posts;
    }

    /// Those that were queued just now, whose lanes are free.
    fn take_from_memory(&mut self, lanes: &mut Vec<Start>, limit: usize) {
        let mut rest = VecDeque::new();
        while self.busy.len() + lanes.len() < limit
            && let Some(head) = self.heads.pop_front()
        {
            if self.is_taken(&head.lane, lanes) {
                rest.push_back(head);
                continue;
            }
            lanes.push(Start {
                lane: LaneRow {
                    lane: head.lane,
                    skipped: 0,
                },
                first: Some(head.id),
            });
        }
        rest.append(&mut self.heads);
        self.heads = rest;
    }

    /// Those that are due, which waited longest first.
    async fn take_from_database(
        &mut self,
        lanes: &mut Vec<Start>,
        limit: usize,
        now: i64,
    ) -> Result<(), StorageError> {
        // With as many as are under way: those are still due in the table.
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let storage = &self.service.services.storage;
        let due = storage.due_lanes(self.endpoint, now, most).await?;
        self.looked = Some(Instant::now());
        // Fewer: all there are.
        self.looks = due.len() >= limit;
        for lane in due {
            if self.busy.len() + lanes.len() >= limit {
                break;
            }
            if !self.is_taken(&lane.lane, lanes) {
                self.heads.retain(|head| head.lane != lane.lane);
                lanes.push(Start { lane, first: None });
            }
        }
        Ok(())
    }
}
