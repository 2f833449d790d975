//! A phone's history: what it sends a device that was just linked, and what it looks up when a device asks.
//!
//! Files are made one after the other, off the lock, straight onto the disk: a hundred thousand messages take no more
//! memory than a few.

mod answer;
pub(crate) mod archive;
mod file;
mod send;
pub(crate) mod threads;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use waproto::whatsapp::message::PeerDataOperationRequestMessage;

use crate::accounts::DeviceAddress;
use crate::hub::Hub;
use crate::state::State;

/// Work that may wait; a device whose work does not fit gets no history, which is logged.
pub(crate) const QUEUE: usize = 4_096;

/// How long a phone takes to look for a message that a device could not read.
const LATE: Duration = Duration::from_secs(2);

/// How many of those may wait at a time.
const MOST_LATE: usize = 1_000;

/// Something to do for a device.
#[derive(Debug)]
pub(crate) enum Job {
    /// It was linked: send it everything.
    Linked(DeviceAddress),
    /// It asks for something.
    Asked {
        by: DeviceAddress,
        /// The id of its message.
        id: String,
        request: Box<PeerDataOperationRequestMessage>,
    },
}

/// Hands a job to the worker.
pub(crate) fn enqueue(state: &State, job: Job) {
    let Some(jobs) = &state.history else {
        return;
    };
    if jobs.try_send(job).is_err() {
        tracing::warn!("history is dropped: too many devices wait for theirs");
    }
}

/// Orders the history of every device that was linked before the network was stopped and has not got all of it.
pub(crate) fn go_on(state: &State) {
    for (account, entry) in state.accounts.iter() {
        for (device, linked) in &entry.devices {
            let sent = entry.phone.history_sent.get(device);
            if linked.has_app_state_key && !sent.is_some_and(|sent| sent.done) {
                let device = *device;
                enqueue(state, Job::Linked(DeviceAddress { account, device }));
            }
        }
    }
}

/// Does the jobs, one after the other, until the network stops.
pub(crate) async fn work(hub: Arc<Hub>, mut jobs: mpsc::Receiver<Job>, stop: CancellationToken) {
    let late = Arc::new(Semaphore::new(MOST_LATE));
    loop {
        let job = tokio::select! {
            () = stop.cancelled() => return,
            job = jobs.recv() => job,
        };
        let Some(job) = job else {
            return;
        };
        if job.is_late() {
            let Ok(place) = Arc::clone(&late).try_acquire_owned() else {
                tracing::warn!("a request is dropped: the phones are busy");
                continue;
            };
            // Not in the way of the others.
            let (hub, stop) = (Arc::clone(&hub), stop.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(LATE) => do_it(hub, job).await,
                }
                drop(place);
            });
            continue;
        }
        do_it(Arc::clone(&hub), job).await;
    }
}

impl Job {
    /// A message that could not be read: whoever wrote it is asked as well, and is faster.
    fn is_late(&self) -> bool {
        matches!(self, Self::Asked { request, .. } if !request.placeholder_message_resend_request.is_empty())
    }
}

async fn do_it(hub: Arc<Hub>, job: Job) {
    // Building is computing and writing files, so it gets a thread where that disturbs nobody.
    let done = tokio::task::spawn_blocking(move || match job {
        Job::Linked(device) => send::everything(&hub, device),
        Job::Asked { by, id, request } => answer::request(&hub, by, &id, &request),
    })
    .await;
    match done {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "a phone could not send its history"),
        Err(error) => tracing::error!(%error, "the history worker failed"),
    }
}
