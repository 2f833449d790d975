//! A phone writes to many: to a group, or as a status. The message is encrypted once, its key for every device that
//! does not have it yet.

use wacore_binary::{Jid, Server};
use waproto::whatsapp::Message;

use super::mailbox::Sent;
use super::{PhoneError, envelope, send, sessions};
use crate::accounts::{AccountId, DeviceAddress, Namespace};
use crate::groups::GroupId;
use crate::keys::Bundle;
use crate::stanza::message::ClientMessage;
use crate::state::State;
use crate::{random, relay};

/// Whether a chat is a group or the status broadcast.
pub(super) fn is_room(chat: &Jid) -> bool {
    matches!(chat.server, Server::Group | Server::Broadcast)
}

/// Writes to a group.
pub(crate) fn group(
    state: &mut State,
    from: AccountId,
    id: &GroupId,
    message: Message,
    message_id: Option<String>,
) -> Result<Sent, PhoneError> {
    let group = state.groups.get(id).map_err(PhoneError::Group)?;
    let allowed = if group.settings.announce {
        group.as_admin(from)
    } else {
        group.as_member(from)
    };
    allowed.map_err(PhoneError::Group)?;
    let room = Room {
        jid: id.jid(),
        namespace: group.addressing,
        accounts: group.accounts(),
    };
    write(state, from, &room, message, message_id)
}

/// Posts a status, for some accounts and the phone's own devices.
pub(crate) fn status(
    state: &mut State,
    from: AccountId,
    to: &[AccountId],
    message: Message,
    message_id: Option<String>,
) -> Result<Sent, PhoneError> {
    let mut accounts: Vec<AccountId> = to.iter().copied().filter(|account| *account != from).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts.push(from);
    let room = Room {
        jid: Jid::status_broadcast(),
        // Statuses are addressed by LID, whatever chats are addressed by.
        namespace: Namespace::Lid,
        accounts,
    };
    write(state, from, &room, message, message_id)
}

struct Room {
    jid: Jid,
    namespace: Namespace,
    accounts: Vec<AccountId>,
}

fn write(
    state: &mut State,
    from: AccountId,
    room: &Room,
    message: Message,
    message_id: Option<String>,
) -> Result<Sent, PhoneError> {
    let own_device = DeviceAddress {
        account: from,
        device: 0,
    };
    let own = sessions::address(state, own_device).ok_or(PhoneError::Unknown)?;
    let chat = room.jid.to_string();
    let devices: Vec<DeviceAddress> = room
        .accounts
        .iter()
        .flat_map(|account| send::reachable(state, *account))
        .filter(|device| *device != own_device)
        .collect();

    let phone = &mut state.accounts.get_mut(from).ok_or(PhoneError::Unknown)?.phone;
    let new = phone.without_key(&chat, &own, &devices);
    let key = phone.own_key(&chat, &own)?;
    let mut parts = Vec::with_capacity(new.len());
    for device in &new {
        parts.push(send::seal_for(state, from, *device, room.namespace, &key)?);
    }
    // The server hands a status to whom it names: everybody is named, also who has the key.
    if room.jid.server == Server::Broadcast {
        let named = devices.iter().filter(|device| !new.contains(device));
        parts.extend(named.filter_map(|device| {
            Some(crate::stanza::message::Part {
                to: state
                    .accounts
                    .get(device.account)?
                    .jid(room.namespace, device.device),
                ciphertexts: Vec::new(),
            })
        }));
    }
    let phone = &mut state.accounts.get_mut(from).ok_or(PhoneError::Unknown)?.phone;
    phone.key_given(&chat, &new);
    let shared = phone.seal_shared(&chat, &own, &message)?;

    let id = message_id.unwrap_or_else(random::message_id);
    let envelope = ClientMessage {
        shared: vec![shared],
        ..envelope::around(id, room.jid.clone(), parts, &message)
    };
    send::dispatch(state, from, envelope, devices.len(), message)
}

/// Encrypts a message to many again for the one device that could not read it; with the next message it gets the key.
pub(super) fn again(
    state: &mut State,
    from: AccountId,
    to: DeviceAddress,
    id: &str,
    keys: Option<&Bundle>,
) -> Result<(), PhoneError> {
    let account = state.accounts.get_mut(from).ok_or(PhoneError::Unknown)?;
    let sent = account.phone.outbox.find(id).ok_or(PhoneError::Unknown)?;
    let (chat, message) = (sent.chat.clone(), sent.message.clone());
    account.phone.key_lost(&chat.to_string(), to);
    let namespace = match GroupId::of(&chat) {
        Some(id) => state.groups.get(&id).map_err(PhoneError::Group)?.addressing,
        None => Namespace::Lid,
    };
    let part = send::seal_anew(state, from, to, namespace, &message, keys)?;
    state.counters.resent += 1;
    let envelope = ClientMessage {
        participant: Some(part.to.clone()),
        ..envelope::around(id.to_owned(), chat, vec![part], &message)
    };
    relay::message(
        state,
        DeviceAddress {
            account: from,
            device: 0,
        },
        envelope,
    );
    Ok(())
}
