//! A compressed chunk read piece by piece, on a thread of its own.

use buffa::encoding::{Tag, WireType, decode_varint, skip_field};
use buffa::{DecodeError, Message as _};
use tokio::sync::mpsc;
use wacore::history_sync::{HistorySyncError, HistorySyncStream};
use wagate_storage::history::HistoryChunk;
use waproto::whatsapp as wa;

/// Messages in one piece.
const PIECE: usize = 200;
/// The largest chunk, unpacked: beyond it somebody is trying something.
const MAX_UNPACKED: u64 = 1024 * 1024 * 1024;
/// Of `Conversation.messages`, and of `HistorySyncMsg.message`.
const MESSAGES: u32 = 2;
const MESSAGE: u32 = 1;

/// Why a chunk cannot be read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("the chunk is damaged: {0}")]
    Chunk(#[from] HistorySyncError),
    #[error("a conversation is damaged: {0}")]
    Conversation(#[from] DecodeError),
    #[error("the chunk is too large: {0} bytes unpacked")]
    TooLarge(u64),
}

/// Some messages of one conversation, or what is left when all are read.
#[derive(Default)]
pub(super) struct Piece {
    /// Conversations that are done with it.
    pub(super) conversations: i64,
    /// Messages of the next conversation that are done with it.
    pub(super) messages: i64,
    /// The conversation without its messages.
    pub(super) about: Option<Box<wa::Conversation>>,
    /// The conversation ends with this piece.
    pub(super) is_last: bool,
    pub(super) infos: Vec<wa::WebMessageInfo>,
    /// Names, addresses, status posts: the last piece.
    pub(super) rest: Option<Box<wa::HistorySync>>,
}

/// Sends the pieces after `from` (conversations and messages that are done). Messages from before `since` (ms) are passed
/// over. Ends early when nobody listens.
pub(super) fn chunk(
    chunk: &HistoryChunk,
    from: (i64, i64),
    since: Option<i64>,
    pieces: &mpsc::Sender<Piece>,
) -> Result<(), ReadError> {
    let unpacked = chunk.unpacked.unsigned_abs();
    if unpacked > MAX_UNPACKED {
        return Err(ReadError::TooLarge(unpacked));
    }
    let mut stream = HistorySyncStream::new(&chunk.blob, unpacked);
    let mut place = 0;
    while let Some(bytes) = stream.next_conversation_bytes()? {
        if place >= from.0 {
            let done = if place == from.0 { from.1 } else { 0 };
            // One that cannot be read is passed over, the others are worth having.
            match conversation(bytes, place, done, since, pieces) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => tracing::warn!(%error, "a conversation of the history was left out"),
            }
        }
        place += 1;
    }
    let rest = stream.remainder()?;
    // Nobody listening any more is no error of the chunk.
    let _ = pieces.blocking_send(Piece {
        conversations: place,
        rest: Some(Box::new(rest)),
        ..Piece::default()
    });
    Ok(())
}

/// `false` when nobody listens.
fn conversation(
    bytes: &[u8],
    place: i64,
    done: i64,
    since: Option<i64>,
    pieces: &mpsc::Sender<Piece>,
) -> Result<bool, ReadError> {
    let about = Box::new(wa::Conversation::decode_from_slice(&without_messages(bytes)?)?);
    let mut read = 0;
    let mut infos = Vec::with_capacity(PIECE);
    let mut rest = bytes;
    while let Some((number, payload)) = next_field(&mut rest)? {
        let (MESSAGES, Some(payload)) = (number, payload) else {
            continue;
        };
        read += 1;
        if read <= done {
            continue;
        }
        // A message that cannot be read is passed over.
        infos.extend(message(payload).filter(|info| is_wanted(info, since)));
        if infos.len() == PIECE {
            let piece = Piece {
                conversations: place,
                messages: read,
                about: Some(about.clone()),
                infos: std::mem::take(&mut infos),
                ..Piece::default()
            };
            if pieces.blocking_send(piece).is_err() {
                return Ok(false);
            }
        }
    }
    let piece = Piece {
        conversations: place + 1,
        about: Some(about),
        is_last: true,
        infos,
        ..Piece::default()
    };
    Ok(pieces.blocking_send(piece).is_ok())
}

fn is_wanted(info: &wa::WebMessageInfo, since: Option<i64>) -> bool {
    let at = info
        .message_timestamp
        .and_then(|seconds| i64::try_from(seconds).ok());
    since.is_none_or(|since| at.is_some_and(|at| at.saturating_mul(1000) >= since))
}

fn message(bytes: &[u8]) -> Option<wa::WebMessageInfo> {
    let mut rest = bytes;
    while let Ok(Some((number, payload))) = next_field(&mut rest) {
        if let (MESSAGE, Some(payload)) = (number, payload) {
            return wa::WebMessageInfo::decode_from_slice(payload).ok();
        }
    }
    None
}

/// The next field's number, and its bytes where it has a length.
fn next_field<'b>(rest: &mut &'b [u8]) -> Result<Option<(u32, Option<&'b [u8]>)>, DecodeError> {
    if rest.is_empty() {
        return Ok(None);
    }
    let tag = Tag::decode(rest)?;
    if tag.wire_type() != WireType::LengthDelimited {
        skip_field(tag, rest)?;
        return Ok(Some((tag.field_number(), None)));
    }
    let length = usize::try_from(decode_varint(rest)?).unwrap_or(usize::MAX);
    let (payload, after) = rest.split_at_checked(length).ok_or(DecodeError::UnexpectedEof)?;
    *rest = after;
    Ok(Some((tag.field_number(), Some(payload))))
}

/// The conversation's own fields, which stand on both sides of its messages.
fn without_messages(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut kept = Vec::new();
    let mut rest = bytes;
    loop {
        let before = rest;
        let Some((number, _)) = next_field(&mut rest)? else {
            return Ok(kept);
        };
        if number != MESSAGES {
            let length = before.len() - rest.len();
            kept.extend_from_slice(before.get(..length).unwrap_or_default());
        }
    }
}
