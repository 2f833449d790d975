//! A phone sends: encrypted for every device of the recipient and, as a `DeviceSent` copy, for the other devices of its
//! own account.

use buffa::MessageField;
use wacore_binary::Jid;
use waproto::whatsapp::Message;
use waproto::whatsapp::message::DeviceSentMessage;

use super::PhoneError;
use super::mailbox::Sent;
use super::sessions;
use crate::accounts::{AccountId, DeviceAddress, Namespace};
use crate::journal::Happening;
use crate::keys::Bundle;
use crate::stanza::message::{ClientMessage, Part};
use crate::state::State;
use crate::{iq, random, relay};

/// A text a phone is to send.
pub(crate) struct Draft {
    pub(crate) to: AccountId,
    pub(crate) text: String,
    pub(crate) id: Option<String>,
}

/// Sends a text and gives back what went into the outbox.
pub(crate) fn text(state: &mut State, from: AccountId, draft: Draft) -> Result<Sent, PhoneError> {
    let message = Message {
        conversation: Some(draft.text.clone()),
        ..Default::default()
    };
    let id = draft.id.unwrap_or_else(random::message_id);
    let namespace = state
        .accounts
        .get(from)
        .ok_or(PhoneError::Unknown)?
        .phone
        .addressing;
    let chat = state
        .accounts
        .get(draft.to)
        .ok_or(PhoneError::Unknown)?
        .jid(namespace, 0);

    let parts = seal_for_all(state, from, draft.to, namespace, &message)?;
    let sent = Sent {
        seq: 0,
        id: id.clone(),
        to: chat.to_string(),
        text: Some(draft.text),
        timestamp: state.clock.now_secs(),
        devices: parts.len(),
        receipts: Vec::new(),
        chat: chat.clone(),
        message,
    };
    let account = state.accounts.get_mut(from).ok_or(PhoneError::Unknown)?;
    account.phone.outbox.keep(sent);
    let kept = account
        .phone
        .outbox
        .after(0)
        .last()
        .cloned()
        .ok_or(PhoneError::Unknown)?;

    state.counters.messages_from_phones += 1;
    state.note(Happening::MessageSent, from, Some(0), Some(&id));
    relay::message(
        state,
        DeviceAddress {
            account: from,
            device: 0,
        },
        envelope(id, chat, parts),
    );
    Ok(kept)
}

/// Encrypts a message again for one device that could not read it.
pub(crate) fn again(
    state: &mut State,
    from: AccountId,
    to: DeviceAddress,
    id: &str,
    keys: Option<&Bundle>,
) -> Result<(), PhoneError> {
    let account = state.accounts.get(from).ok_or(PhoneError::Unknown)?;
    let sent = account.phone.outbox.find(id).ok_or(PhoneError::Unknown)?;
    let (chat, message) = (sent.chat.clone(), sent.message.clone());
    let namespace = Namespace::of(&chat).ok_or(PhoneError::Unknown)?;
    let message = if to.account == from {
        device_sent(&chat, message)
    } else {
        message
    };

    let address = sessions::address(state, to).ok_or(PhoneError::Unknown)?;
    let phone = &mut state.accounts.get_mut(from).ok_or(PhoneError::Unknown)?.phone;
    phone.forget(&address);
    if let Some(keys) = keys {
        phone.meet(&address, keys)?;
    }
    let part = seal_for(state, from, to, namespace, &message)?;
    state.counters.resent += 1;
    relay::message(
        state,
        DeviceAddress {
            account: from,
            device: 0,
        },
        envelope(id.to_owned(), chat, vec![part]),
    );
    Ok(())
}

/// Encrypts a message for one device, opening a session when there is none.
pub(super) fn seal_for(
    state: &mut State,
    from: AccountId,
    to: DeviceAddress,
    namespace: Namespace,
    message: &Message,
) -> Result<Part, PhoneError> {
    let address = sessions::address(state, to).ok_or(PhoneError::Unknown)?;
    let known = state
        .accounts
        .get(from)
        .is_some_and(|account| account.phone.knows(&address));
    let bundle = if known {
        None
    } else {
        Some(iq::encrypt::take_bundle(state, to).ok_or(PhoneError::Unknown)?)
    };
    let jid = state
        .accounts
        .get(to.account)
        .ok_or(PhoneError::Unknown)?
        .jid(namespace, to.device);
    let phone = &mut state.accounts.get_mut(from).ok_or(PhoneError::Unknown)?.phone;
    if let Some(bundle) = bundle {
        phone.meet(&address, &bundle)?;
    }
    Ok(Part {
        to: jid,
        ciphertexts: vec![phone.seal(&address, message)?],
    })
}

fn seal_for_all(
    state: &mut State,
    from: AccountId,
    to: AccountId,
    namespace: Namespace,
    message: &Message,
) -> Result<Vec<Part>, PhoneError> {
    let chat = state
        .accounts
        .get(to)
        .ok_or(PhoneError::Unknown)?
        .jid(namespace, 0);
    let own = device_sent(&chat, message.clone());
    let mut parts = Vec::new();
    for device in reachable(state, from)
        .into_iter()
        .filter(|device| !device.is_phone())
    {
        parts.push(seal_for(state, from, device, namespace, &own)?);
    }
    if to != from {
        for device in reachable(state, to) {
            parts.push(seal_for(state, from, device, namespace, message)?);
        }
    }
    Ok(parts)
}

/// Devices of an account that can be written to: those others may see and whose keys the server has.
fn reachable(state: &State, account: AccountId) -> Vec<DeviceAddress> {
    let Some(entry) = state.accounts.get(account) else {
        return Vec::new();
    };
    entry
        .visible_devices()
        .filter(|(device, _)| *device == 0 || entry.devices.get(device).is_some_and(|d| d.keys.is_some()))
        .map(|(device, _)| DeviceAddress { account, device })
        .collect()
}

fn device_sent(chat: &Jid, message: Message) -> Message {
    Message {
        device_sent_message: MessageField::some(DeviceSentMessage {
            destination_jid: Some(chat.to_string()),
            message: MessageField::some(message),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn envelope(id: String, to: Jid, parts: Vec<Part>) -> ClientMessage {
    ClientMessage {
        id,
        to,
        kind: "text".to_owned(),
        category: None,
        edit: None,
        parts,
        device_identity: None,
        extras: Vec::new(),
    }
}
