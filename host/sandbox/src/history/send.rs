//! What a phone sends a device that was just linked: its chats, everybody's names, what is recent, and, if the device
//! wants it, all the rest.

use std::io::Read as _;

use buffa::MessageField;
use wacore::download::MediaType;
use waproto::whatsapp::history_sync::HistorySyncType;
use waproto::whatsapp::message::protocol_message::Type;
use waproto::whatsapp::message::{HistorySyncNotification, ProtocolMessage};
use waproto::whatsapp::{HistorySync, Message, PhoneNumberToLIDMapping, Pushname};

use super::file::{self, Frame, Piece};
use super::threads::{self, Thread, Threads};
use crate::accounts::DeviceAddress;
use crate::hub::Hub;
use crate::journal::Happening;
use crate::media::MediaError;
use crate::phone::media::{self, Sealed};
use crate::phone::{PhoneError, peer};
use crate::state::State;

/// Messages in one file.
const CHUNK: u64 = 2_000;
/// A first file that is not larger than this is inside the message, if the device wants that.
const INLINE: u64 = 32 * 1024;
/// What is not older than this counts as recent.
const RECENT: u64 = 90 * 86_400;

/// Why history was not sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum HistoryError {
    #[error("the media host: {0}")]
    Media(#[from] MediaError),
    #[error("the phone: {0:?}")]
    Phone(#[from] PhoneError),
}

/// Sends a device everything it should have after it was linked.
pub(super) fn everything(hub: &Hub, to: DeviceAddress) -> Result<(), HistoryError> {
    let (threads, now, wants_all) = hub.read(|state| {
        let device = state.accounts.device(to).ok_or(PhoneError::Unknown)?;
        let threads = threads::collect(state, to.account).ok_or(PhoneError::Unknown)?;
        Ok::<_, PhoneError>((threads, state.clock.now_secs(), device.history.full))
    })?;
    bootstrap(hub, to, &threads)?;
    if !threads.names.is_empty() {
        names(hub, to, &threads)?;
    }

    // The newest message of each chat has been sent; of the others, those after `border` are recent.
    let ends: Vec<(&Thread, u64, u64)> = threads
        .list
        .iter()
        .map(|thread| {
            let newest = thread.len().saturating_sub(1);
            let border = thread.since(now.saturating_sub(RECENT)).min(newest);
            (thread, border, newest)
        })
        .collect();
    let recent = ends
        .iter()
        .map(|(thread, border, newest)| (*thread, *border, *newest));
    chunks(hub, to, HistorySyncType::RECENT, recent.collect())?;
    if wants_all {
        let old = ends.iter().map(|(thread, border, _)| (*thread, 0, *border));
        chunks(hub, to, HistorySyncType::FULL, old.collect())?;
    }
    hub.update(|state| {
        if let Some(account) = state.accounts.get_mut(to.account) {
            account.phone.history_sent.entry(to.device).or_default().done = true;
        }
        state.note(Happening::HistorySent, to.account, Some(to.device), None);
    });
    Ok(())
}

fn bootstrap(hub: &Hub, to: DeviceAddress, threads: &Threads) -> Result<(), HistoryError> {
    let pieces: Vec<Piece<'_>> = threads
        .list
        .iter()
        .map(|thread| Piece {
            thread,
            from: thread.len().saturating_sub(1),
            to: thread.len(),
        })
        .collect();
    let mappings = threads
        .list
        .iter()
        .filter_map(Thread::addresses)
        .map(|(pn, lid)| PhoneNumberToLIDMapping {
            pn_jid: Some(pn),
            lid_jid: Some(lid),
        })
        .collect();
    let frame = Frame {
        kind: HistorySyncType::INITIAL_BOOTSTRAP,
        order: 1,
        progress: 100,
        rest: HistorySync {
            phone_number_to_lid_mappings: mappings,
            ..Default::default()
        },
    };
    send(hub, to, frame, &pieces, None)
}

fn names(hub: &Hub, to: DeviceAddress, threads: &Threads) -> Result<(), HistoryError> {
    let pushnames = threads
        .names
        .iter()
        .map(|(jid, name)| Pushname {
            id: Some(jid.clone()),
            pushname: Some(name.clone()),
        })
        .collect();
    let frame = Frame {
        kind: HistorySyncType::PUSH_NAME,
        order: 1,
        progress: 100,
        rest: HistorySync {
            pushnames,
            ..Default::default()
        },
    };
    send(hub, to, frame, &[], None)
}

/// Sends stretches of threads in files of [`CHUNK`] messages.
fn chunks(
    hub: &Hub,
    to: DeviceAddress,
    kind: HistorySyncType,
    stretches: Vec<(&Thread, u64, u64)>,
) -> Result<(), HistoryError> {
    let total: u64 = stretches.iter().map(|(_, from, to)| to - from).sum();
    let mut sent = 0;
    let mut order = 0;
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut held = 0;
    let mut flush = |pieces: &mut Vec<Piece<'_>>, held: &mut u64| {
        sent += std::mem::take(held);
        order += 1;
        let progress = u32::try_from(sent * 100 / total.max(1)).unwrap_or(100);
        let frame = Frame {
            kind,
            order,
            progress,
            rest: HistorySync::default(),
        };
        send(hub, to, frame, &std::mem::take(pieces), None)
    };
    for (thread, oldest, newest) in stretches {
        // From the newest to the oldest.
        let mut end = newest;
        while end > oldest {
            let from = end.saturating_sub(CHUNK - held).max(oldest);
            pieces.push(Piece {
                thread,
                from,
                to: end,
            });
            held += end - from;
            end = from;
            if held >= CHUNK {
                flush(&mut pieces, &mut held)?;
            }
        }
    }
    if held > 0 {
        flush(&mut pieces, &mut held)?;
    }
    Ok(())
}

/// Writes a file and tells the device where it is.
pub(super) fn send(
    hub: &Hub,
    to: DeviceAddress,
    frame: Frame,
    pieces: &[Piece<'_>],
    asked: Option<&str>,
) -> Result<(), HistoryError> {
    let (kind, order, progress) = (frame.kind, frame.order, frame.progress);
    let oldest = pieces
        .iter()
        .filter_map(|piece| piece.thread.message(piece.from)?.message_timestamp)
        .min();
    let messages: u64 = pieces.iter().map(|piece| piece.to - piece.from).sum();
    let mut file = file::write(frame, pieces).map_err(MediaError::Disk)?;
    let size = file.metadata().map_err(MediaError::Disk)?.len();
    let inline = kind == HistorySyncType::INITIAL_BOOTSTRAP
        && size <= INLINE
        && hub.read(|state| {
            state
                .accounts
                .device(to)
                .is_some_and(|device| device.history.inline)
        });
    let content = if inline {
        let mut payload = Vec::new();
        file.read_to_end(&mut payload).map_err(MediaError::Disk)?;
        HistorySyncNotification {
            initial_hist_bootstrap_inline_payload: Some(payload),
            ..Default::default()
        }
    } else {
        reference(media::seal(&hub.media, MediaType::History, &mut file)?)
    };
    let notification = HistorySyncNotification {
        sync_type: Some(notified(kind)),
        chunk_order: Some(order),
        progress: Some(progress),
        oldest_msg_in_chunk_timestamp_sec: oldest.and_then(|at| i64::try_from(at).ok()),
        peer_data_request_session_id: asked.map(str::to_owned),
        ..content
    };
    hub.update(|state| notify(state, to, notification, messages))?;
    Ok(())
}

/// Tells a device where a file is, and remembers it in case the device asks for it again.
pub(super) fn notify(
    state: &mut State,
    to: DeviceAddress,
    notification: HistorySyncNotification,
    messages: u64,
) -> Result<(), PhoneError> {
    let message = Message {
        protocol_message: MessageField::some(ProtocolMessage {
            r#type: Some(Type::HISTORY_SYNC_NOTIFICATION),
            history_sync_notification: MessageField::some(notification.clone()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let id = peer::tell(state, to, &message)?;
    let account = state.accounts.get_mut(to.account).ok_or(PhoneError::Unknown)?;
    account.phone.history_files.keep(id, notification);
    let sent = account.phone.history_sent.entry(to.device).or_default();
    sent.files += 1;
    sent.messages += messages;
    Ok(())
}

fn reference(sealed: Sealed) -> HistorySyncNotification {
    HistorySyncNotification {
        file_sha256: Some(sealed.sha256.to_vec()),
        file_length: Some(sealed.bytes),
        media_key: Some(sealed.media_key.to_vec()),
        file_enc_sha256: Some(sealed.enc_sha256.to_vec()),
        direct_path: Some(sealed.stored.direct_path),
        ..Default::default()
    }
}

/// The same kind, as the notification names it: the protobufs have an enum each.
fn notified(kind: HistorySyncType) -> waproto::whatsapp::message::HistorySyncType {
    use waproto::whatsapp::message::HistorySyncType as Notified;

    match kind {
        HistorySyncType::INITIAL_BOOTSTRAP => Notified::INITIAL_BOOTSTRAP,
        HistorySyncType::INITIAL_STATUS_V3 => Notified::INITIAL_STATUS_V3,
        HistorySyncType::FULL => Notified::FULL,
        HistorySyncType::RECENT => Notified::RECENT,
        HistorySyncType::PUSH_NAME => Notified::PUSH_NAME,
        HistorySyncType::NON_BLOCKING_DATA => Notified::NON_BLOCKING_DATA,
        HistorySyncType::ON_DEMAND => Notified::ON_DEMAND,
    }
}
