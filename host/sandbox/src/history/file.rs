//! One file of history, written as it is built: protobuf, compressed, onto the disk.

use std::fs::File;
use std::io::{Seek as _, Write};

use buffa::encoding::{Tag, WireType, encode_varint};
use buffa::{Message as _, MessageField};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use waproto::whatsapp::history_sync::HistorySyncType;
use waproto::whatsapp::{Conversation, HistorySync, HistorySyncMsg};

use super::threads::Thread;

/// The number of `HistorySync.conversations`, and of `Conversation.messages`.
const CHILDREN: u32 = 2;

/// A piece of a thread.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) thread: &'a Thread,
    pub(super) from: u64,
    pub(super) to: u64,
}

/// A file without its conversations.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: HistorySyncType,
    pub(super) order: u32,
    pub(super) progress: u32,
    /// Everything else.
    pub(super) rest: HistorySync,
}

/// Writes a file, compressed and not yet sealed. One piece at a time is in memory.
pub(super) fn write(frame: Frame, pieces: &[Piece<'_>]) -> std::io::Result<File> {
    let mut file = tempfile::tempfile()?;
    let mut out = ZlibEncoder::new(std::io::BufWriter::new(&file), Compression::fast());
    for piece in pieces {
        let conversation = conversation(piece);
        let mut header = Vec::new();
        child(conversation.len(), &mut header);
        out.write_all(&header)?;
        out.write_all(&conversation)?;
    }
    let rest = HistorySync {
        sync_type: frame.kind,
        chunk_order: Some(frame.order),
        progress: Some(frame.progress),
        ..frame.rest
    };
    out.write_all(&rest.encode_to_vec())?;
    out.finish()?.flush()?;
    file.rewind()?;
    Ok(file)
}

/// A conversation with its messages, newest first.
fn conversation(piece: &Piece<'_>) -> Vec<u8> {
    use waproto::whatsapp::conversation::EndOfHistoryTransferType as End;

    let complete = piece.from == 0;
    let mut bytes = Conversation {
        end_of_history_transfer: Some(complete),
        end_of_history_transfer_type: Some(if complete {
            End::COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY
        } else {
            End::COMPLETE_BUT_MORE_MESSAGES_REMAIN_ON_PRIMARY
        }),
        ..piece.thread.conversation()
    }
    .encode_to_vec();
    for index in (piece.from..piece.to).rev() {
        let Some(message) = piece.thread.message(index) else {
            continue;
        };
        let message = HistorySyncMsg {
            message: MessageField::some(message),
            msg_order_id: Some(index + 1),
        }
        .encode_to_vec();
        child(message.len(), &mut bytes);
        bytes.extend(message);
    }
    bytes
}

/// Tag and length of a child.
fn child(length: usize, out: &mut Vec<u8>) {
    Tag::new(CHILDREN, WireType::LengthDelimited).encode(out);
    encode_varint(length as u64, out);
}
