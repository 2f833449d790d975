//! A phone sends: encrypted for every device of the recipient and, as a `DeviceSent` copy, for the other devices of its
//! own account.

use buffa::MessageField;
use wacore_binary::Jid;
use waproto::whatsapp::Message;
use waproto::whatsapp::message::DeviceSentMessage;

use super::content::describe;
use super::mailbox::Sent;
use super::marks::{self, Marks};
use super::{PhoneError, envelope, post, sessions, world};
use crate::accounts::{AccountId, DeviceAddress, Namespace};
use crate::journal::Happening;
use crate::keys::Bundle;
use crate::stanza::message::{ClientMessage, Part};
use crate::state::State;
use crate::{iq, random, relay};

/// A message a phone is to send.
pub(crate) struct Draft {
    pub(crate) to: AccountId,
    pub(crate) message: Message,
    pub(crate) id: Option<String>,
}

/// Sends a message and gives back what went into the outbox.
pub(crate) fn message(state: &mut State, from: AccountId, draft: Draft) -> Result<Sent, PhoneError> {
    let message = draft.message;
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
    let envelope = envelope::around(id, chat, parts, &message);
    let devices = envelope.parts.len();
    dispatch(state, from, envelope, devices, message)
}

/// Keeps a sealed message in the outbox and puts it on its way; gives back what is kept.
pub(super) fn dispatch(
    state: &mut State,
    from: AccountId,
    envelope: ClientMessage,
    devices: usize,
    message: Message,
) -> Result<Sent, PhoneError> {
    let id = envelope.id.clone();
    let mut content = describe(&message).unwrap_or_default();
    world::reveal(state, from, from, &message, &mut content);
    let sent = Sent {
        seq: 0,
        id: id.clone(),
        to: envelope.to.to_string(),
        content: content.clone(),
        marks: Marks::default(),
        timestamp: state.clock.now_secs(),
        devices,
        receipts: Vec::new(),
        chat: envelope.to.clone(),
        message,
    };
    let account = state.accounts.get_mut(from).ok_or(PhoneError::Unknown)?;
    marks::apply(&mut account.phone, &account.number, &content);
    account.phone.outbox.keep(sent);
    state.counters.messages_from_phones += 1;
    state.note(Happening::MessageSent, from, Some(0), Some(&id));
    let phone = DeviceAddress {
        account: from,
        device: 0,
    };
    // What is answered with is the message as it was sent, without the receipts that come at once.
    let kept = state
        .accounts
        .get(from)
        .and_then(|account| account.phone.outbox.find(&id).cloned())
        .ok_or(PhoneError::Unknown)?;
    relay::message(state, phone, envelope);
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
    if post::is_room(&chat) {
        return post::again(state, from, to, id, keys);
    }
    let namespace = Namespace::of(&chat).ok_or(PhoneError::Unknown)?;
    let part = if to.account == from {
        let copy = device_sent(&chat, message.clone());
        seal_anew(state, from, to, namespace, &copy, keys)?
    } else {
        seal_anew(state, from, to, namespace, &message, keys)?
    };
    state.counters.resent += 1;
    relay::message(
        state,
        DeviceAddress {
            account: from,
            device: 0,
        },
        envelope::around(id.to_owned(), chat, vec![part], &message),
    );
    Ok(())
}

/// Encrypts a message for one device in a new session, opened from the keys it sent when it sent some.
pub(super) fn seal_anew(
    state: &mut State,
    from: AccountId,
    to: DeviceAddress,
    namespace: Namespace,
    message: &Message,
    keys: Option<&Bundle>,
) -> Result<Part, PhoneError> {
    let address = sessions::address(state, to).ok_or(PhoneError::Unknown)?;
    let phone = &mut state.accounts.get_mut(from).ok_or(PhoneError::Unknown)?.phone;
    phone.forget(&address);
    if let Some(keys) = keys {
        phone.meet(&address, keys)?;
    }
    seal_for(state, from, to, namespace, message)
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
pub(super) fn reachable(state: &State, account: AccountId) -> Vec<DeviceAddress> {
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
