//! History the phone sends after linking, or when asked: kept as it comes, then written down piece by piece.
//!
//! A chunk is stored compressed before anything is read from it; from then on the job goes on where it was when the process
//! ended. Before (while the library downloads it) a crash loses it: WhatsApp has its receipt already. Memory holds one
//! compressed chunk, one conversation of it and some batches of messages. History is never told as messages that arrived.

mod keep;
mod read;
mod row;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wagate_protocol::event::kind;
use wagate_storage::StorageError;
use wagate_storage::history::{HistoryBatch, HistoryChunk};

pub(crate) use keep::{Keeper, keep};

use crate::abort;
use crate::context::SessionContext;
use crate::normalise::Own;
use read::Piece;

/// How often a chunk is begun before it is given up: it may be what ends the process.
const MAX_ATTEMPTS: i64 = 5;
/// Pieces that are read ahead of the writer.
const READ_AHEAD: usize = 2;

/// When it is looked again whose the past is: chunks come before the login after linking is written down.
const OWN_AGAIN: Duration = Duration::from_millis(200);

/// Writes chunks down as long as there are some, each time it is told of a new one.
pub(crate) async fn work(
    context: Arc<SessionContext>,
    mut told: mpsc::Receiver<()>,
    no_more: CancellationToken,
) {
    loop {
        let all = work_off(&context);
        let is_done = tokio::select! {
            () = no_more.cancelled() => return,
            outcome = all => outcome.unwrap_or_else(|error| {
                tracing::error!(session.id = %context.id, error = %error, "history was not written down");
                true
            }),
        };
        tokio::select! {
            () = no_more.cancelled() => return,
            more = told.recv() => if more.is_none() { return },
            () = tokio::time::sleep(OWN_AGAIN), if !is_done => {}
        }
    }
}

/// `false` when there are chunks and it is not known yet whose they are.
async fn work_off(context: &Arc<SessionContext>) -> Result<bool, StorageError> {
    let storage = &context.shared.storage;
    loop {
        if storage.waiting_history_chunks(&context.id).await? == 0 {
            return Ok(true);
        }
        // It cannot be read without knowing whose it is, and waits.
        let Some(own) = own_of(context).await? else {
            return Ok(false);
        };
        // One after the other, whatever the session: each takes a core.
        let Ok(_turn) = context.shared.history_turn.acquire().await else {
            return Ok(true);
        };
        let Some(chunk) = storage.begin_history_chunk(&context.id).await? else {
            return Ok(true);
        };
        let (id, about) = (chunk.id.clone(), About::of(&chunk));
        let outcome = if chunk.attempts > MAX_ATTEMPTS {
            Err("given up after too many tries".to_owned())
        } else {
            write_down(context, &own, chunk).await?
        };
        let (stored, error) = match outcome {
            Ok(stored) => (stored, None),
            Err(error) => (0, Some(error)),
        };
        if let Some(error) = &error {
            tracing::error!(session.id = %context.id, error, "a chunk of history could not be read");
        }
        let event = about.event(context, stored, error.as_deref());
        let now = context.shared.clock.now_ms();
        storage
            .end_history_chunk(&context.id, &id, error.as_deref(), now, event)
            .await?;
        context.shared.announce();
    }
}

/// What its event says of a chunk.
struct About {
    id: String,
    sync_type: i64,
    chunk_order: Option<i64>,
    progress: Option<i64>,
    stored: i64,
}

impl About {
    fn of(chunk: &HistoryChunk) -> Self {
        Self {
            id: chunk.id.clone(),
            sync_type: chunk.sync_type,
            chunk_order: chunk.chunk_order,
            progress: chunk.progress,
            stored: chunk.stored,
        }
    }

    fn event(
        &self,
        context: &SessionContext,
        stored: u64,
        error: Option<&str>,
    ) -> wagate_storage::events::NewEvent {
        let messages = self
            .stored
            .saturating_add(i64::try_from(stored).unwrap_or(i64::MAX));
        context.event(
            format!("evt_{}", wagate_storage::new_row_id()),
            kind::HISTORY_PROGRESS,
            None,
            &json!({
                "chunk": self.id,
                "syncType": sync_type(self.sync_type),
                "chunkOrder": self.chunk_order,
                "progress": self.progress,
                "messages": messages,
                "error": error,
            }),
        )
    }
}

/// WhatsApp's word for what a chunk holds.
fn sync_type(number: i64) -> &'static str {
    match number {
        0 => "INITIAL_BOOTSTRAP",
        1 => "INITIAL_STATUS_V3",
        2 => "FULL",
        3 => "RECENT",
        4 => "PUSH_NAME",
        5 => "NON_BLOCKING_DATA",
        6 => "ON_DEMAND",
        _ => "UNKNOWN",
    }
}

/// Reads a chunk and writes it down. The inner error says that it cannot be read.
async fn write_down(
    context: &Arc<SessionContext>,
    own: &Own,
    chunk: HistoryChunk,
) -> Result<Result<u64, String>, StorageError> {
    let since = context
        .config()
        .history_days
        .or(context.shared.history.days)
        .map(|days| context.shared.clock.now_ms() - i64::from(days) * 24 * 3600 * 1000);
    let (pieces, mut read) = mpsc::channel(READ_AHEAD);
    let (id, from) = (chunk.id.clone(), (chunk.conversations, chunk.messages));
    let reading = tokio::task::spawn_blocking(move || read::chunk(&chunk, from, since, &pieces));
    let mut stored = 0;
    while let Some(piece) = read.recv().await {
        stored += commit(context, own, &id, piece).await?;
    }
    Ok(match reading.await {
        Ok(Ok(())) => Ok(stored),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    })
}

async fn own_of(context: &SessionContext) -> Result<Option<Own>, StorageError> {
    let row = context.shared.storage.session(&context.id).await?;
    Ok(row.and_then(|row| {
        Some(Own {
            pn: row.pn?,
            lid: row.lid,
        })
    }))
}

async fn commit(context: &SessionContext, own: &Own, chunk: &str, piece: Piece) -> Result<u64, StorageError> {
    let mut batch = HistoryBatch {
        session_id: context.id.to_string(),
        chunk: chunk.to_owned(),
        conversations: piece.conversations,
        messages: piece.messages,
        at: context.shared.clock.now_ms(),
        ..HistoryBatch::default()
    };
    row::fill(context, own, piece, &mut batch).await;
    let stored = context.shared.storage.commit_history(batch).await?;
    abort::reached(abort::Point::H);
    Ok(stored)
}
