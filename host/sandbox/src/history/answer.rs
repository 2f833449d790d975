//! A device asks its phone for something: older messages, a message it could not read, a file once more.

use buffa::{Message as _, MessageField};
use waproto::whatsapp::history_sync::HistorySyncType;
use waproto::whatsapp::message::peer_data_operation_request_message::HistorySyncOnDemandRequest;
use waproto::whatsapp::message::peer_data_operation_request_response_message::PeerDataOperationResult;
use waproto::whatsapp::message::peer_data_operation_request_response_message::peer_data_operation_result::PlaceholderMessageResendResponse;
use waproto::whatsapp::message::protocol_message::Type;
use waproto::whatsapp::message::{
    PeerDataOperationRequestMessage, PeerDataOperationRequestResponseMessage, PeerDataOperationRequestType,
    ProtocolMessage,
};
use waproto::whatsapp::{HistorySync, Message};

use super::file::{Frame, Piece};
use super::send::{self, HistoryError};
use super::threads::{self, Thread, Threads};
use crate::accounts::{DeviceAddress, Namespace};
use crate::hub::Hub;
use crate::phone::{PhoneError, peer};
use crate::state::State;

/// The most messages that are sent at once.
const MOST: u64 = 1_000;
/// How many are sent when the device does not say.
const USUAL: u64 = 50;

/// Answers a request; what a phone of this network does not do is not answered.
pub(super) fn request(
    hub: &Hub,
    by: DeviceAddress,
    id: &str,
    request: &PeerDataOperationRequestMessage,
) -> Result<(), HistoryError> {
    if let Some(asked) = request.history_sync_on_demand_request.as_option() {
        return older(hub, by, id, asked);
    }
    if let Some(retry) = request.history_sync_chunk_retry_request.as_option() {
        let chunk = retry.chunk_notification_id.as_deref().unwrap_or_default();
        return Ok(hub.update(|state| again(state, by, chunk))?);
    }
    if request.full_history_sync_on_demand_request.is_set() {
        return send::everything(hub, by);
    }
    if !request.placeholder_message_resend_request.is_empty() {
        return placeholders(hub, by, id, request);
    }
    tracing::debug!(kind = ?request.peer_data_operation_request_type, "a device asks for something no phone here does");
    Ok(())
}

/// Messages of one chat, older than the one named.
fn older(
    hub: &Hub,
    by: DeviceAddress,
    id: &str,
    asked: &HistorySyncOnDemandRequest,
) -> Result<(), HistoryError> {
    let (threads, position) = hub.read(|state| {
        let threads = threads::collect(state, by.account).ok_or(PhoneError::Unknown)?;
        let position = position(state, &threads, asked.chat_jid.as_deref().unwrap_or_default());
        Ok::<_, PhoneError>((threads, position))
    })?;
    let thread: Option<&Thread> = position.and_then(|position| threads.list.get(position));
    let pieces: Vec<Piece<'_>> = thread
        .map(|thread| {
            let to = end(thread, asked);
            let count = asked
                .on_demand_msg_count
                .and_then(|count| u64::try_from(count).ok())
                .unwrap_or(USUAL)
                .min(MOST);
            Piece {
                thread,
                from: to.saturating_sub(count),
                to,
            }
        })
        .into_iter()
        .collect();
    let frame = Frame {
        kind: HistorySyncType::ON_DEMAND,
        order: 1,
        progress: 100,
        rest: HistorySync::default(),
    };
    send::send(hub, by, frame, &pieces, Some(id))
}

/// The thread with whoever has this address, in whichever namespace.
fn position(state: &State, threads: &Threads, chat: &str) -> Option<usize> {
    let exact = threads
        .list
        .iter()
        .position(|thread| thread.jid.to_string() == chat);
    exact.or_else(|| {
        let account = state.accounts.find(&chat.parse().ok()?)?;
        threads
            .list
            .iter()
            .position(|thread| state.accounts.find(&thread.jid) == Some(account))
    })
}

/// Everything before this position is older than what the device has.
fn end(thread: &Thread, asked: &HistorySyncOnDemandRequest) -> u64 {
    let known = asked.oldest_msg_id.as_deref().and_then(|id| thread.find(id));
    known.unwrap_or_else(|| {
        let at = asked.oldest_msg_timestamp_ms.unwrap_or(i64::MAX) / 1000;
        thread.since(u64::try_from(at).unwrap_or(0))
    })
}

/// Messages a device could not decrypt, and the phone could.
fn placeholders(
    hub: &Hub,
    by: DeviceAddress,
    id: &str,
    request: &PeerDataOperationRequestMessage,
) -> Result<(), HistoryError> {
    let (threads, missing) = hub.read(|state| {
        let threads = threads::collect(state, by.account).ok_or(PhoneError::Unknown)?;
        let asked = request.placeholder_message_resend_request.iter();
        let missing: Vec<String> = asked
            .filter_map(|asked| asked.message_key.id.clone())
            .filter(|id| !has_arrived(state, by, id))
            .collect();
        Ok::<_, PhoneError>((threads, missing))
    })?;
    if missing.is_empty() {
        return Ok(());
    }
    let found = |asked: &str| {
        threads
            .list
            .iter()
            .find_map(|thread| thread.message(thread.find(asked)?))
    };
    let results = missing
        .iter()
        .filter_map(|id| found(id))
        .map(|info| PeerDataOperationResult {
            placeholder_message_resend_response: MessageField::some(PlaceholderMessageResendResponse {
                web_message_info_bytes: Some(info.encode_to_vec()),
            }),
            ..Default::default()
        })
        .collect();
    let response = Message {
        protocol_message: MessageField::some(ProtocolMessage {
            r#type: Some(Type::PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE),
            peer_data_operation_request_response_message: MessageField::some(
                PeerDataOperationRequestResponseMessage {
                    peer_data_operation_request_type: Some(
                        PeerDataOperationRequestType::PLACEHOLDER_MESSAGE_RESEND,
                    ),
                    stanza_id: Some(id.to_owned()),
                    peer_data_operation_result: results,
                },
            ),
            ..Default::default()
        }),
        ..Default::default()
    };
    hub.update(|state| peer::tell(state, by, &response))?;
    Ok(())
}

/// Whether the phone that wrote a message has heard from the device that it has it.
fn has_arrived(state: &State, by: DeviceAddress, id: &str) -> bool {
    let Some(device) = state.accounts.get(by.account) else {
        return false;
    };
    let names = [Namespace::Pn, Namespace::Lid].map(|namespace| device.jid(namespace, by.device).to_string());
    let sent = state
        .accounts
        .iter()
        .filter_map(|(_, account)| account.phone.outbox.find(id))
        .flat_map(|sent| &sent.receipts);
    sent.filter(|receipt| names.contains(&receipt.from))
        .any(|receipt| ["delivered", "inactive", "read"].contains(&receipt.kind.as_str()))
}

/// A file once more, under a new address.
fn again(state: &mut State, by: DeviceAddress, id: &str) -> Result<(), PhoneError> {
    let account = state.accounts.get(by.account).ok_or(PhoneError::Unknown)?;
    let mut notification = account
        .phone
        .history_files
        .find(id)
        .cloned()
        .ok_or(PhoneError::Unknown)?;
    let path = notification.direct_path.take().ok_or(PhoneError::Unknown)?;
    let stored = state
        .media
        .as_ref()
        .and_then(|media| media.renew(&path))
        .ok_or(PhoneError::Unknown)?;
    notification.direct_path = Some(stored.direct_path);
    send::notify(state, by, notification, 0)
}
