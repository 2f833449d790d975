//! Messages from one device to many: each gets its own part, addressed the way the sender addressed it.

use std::collections::HashMap;

use wacore_binary::Server;

use crate::accounts::{AccountId, DeviceAddress, Namespace};
use crate::groups::{self, GroupId};
use crate::offline::{self, Class, Queued};
use crate::phone::receive;
use crate::profile;
use crate::stanza::message::{ClientMessage, Delivery, Part};
use crate::state::State;

/// A message to something that does not exist on this network.
const NO_SUCH_CHAT: u16 = 404;

/// Decides whether a message is taken. Gives back the devices' hash when the sender has an old one, or the code it is
/// refused with.
pub(crate) fn admit(
    state: &mut State,
    sender: DeviceAddress,
    message: &ClientMessage,
) -> Result<Option<String>, u16> {
    match message.to.server {
        Server::Group => {
            let id = GroupId::of(&message.to).ok_or(NO_SUCH_CHAT)?;
            let group = state.groups.get(&id).map_err(groups::GroupError::code)?;
            let allowed = if group.settings.announce {
                group.as_admin(sender.account)
            } else {
                group.as_member(sender.account)
            };
            allowed.map_err(groups::GroupError::code)?;
            let Some(theirs) = &message.phash else {
                return Ok(None);
            };
            let ours = groups::devices_hash(state, group).filter(|ours| ours != theirs);
            if ours.is_some() {
                state.counters.outdated_devices += 1;
            }
            Ok(ours)
        }
        Server::Broadcast if message.to.user == STATUS => Ok(None),
        _ if Namespace::of(&message.to).is_some() => Ok(None),
        _ => Err(NO_SUCH_CHAT),
    }
}

/// The user part of the status broadcast's address.
const STATUS: &str = "status";

/// Relays a message that was admitted.
pub(crate) fn message(state: &mut State, sender: DeviceAddress, message: ClientMessage) {
    match message.to.server {
        Server::Group => to_group(state, sender, message),
        Server::Broadcast => to_status(state, sender, message),
        _ => to_people(state, sender, message),
    }
}

fn to_people(state: &mut State, sender: DeviceAddress, mut message: ClientMessage) {
    for part in std::mem::take(&mut message.parts) {
        let Some(target) = resolve(state, &part).filter(|target| *target != sender) else {
            state.counters.undeliverable += 1;
            continue;
        };
        let Some(namespace) = Namespace::of(&part.to) else {
            state.counters.undeliverable += 1;
            continue;
        };
        if !profile::reaches(state, sender.account, target.account) {
            continue;
        }
        state.accounts.introduce(sender.account, target.account);
        deliver(state, sender, target, namespace, &message, part.ciphertexts);
    }
}

fn to_group(state: &mut State, sender: DeviceAddress, mut message: ClientMessage) {
    let Some(group) = GroupId::of(&message.to).and_then(|id| state.groups.get(&id).ok()) else {
        return;
    };
    let (namespace, members) = (group.addressing, group.accounts());
    let mut parts = sorted(state, std::mem::take(&mut message.parts));
    // What is resent goes to the one device that could not read it.
    let targets: Vec<DeviceAddress> = match &message.participant {
        None => devices_of(state, &members),
        Some(_) => parts
            .keys()
            .copied()
            .filter(|target| members.contains(&target.account))
            .collect(),
    };
    for target in targets {
        let part = parts.remove(&target);
        let mut ciphertexts = part.map_or_else(Vec::new, |(_, ciphertexts)| ciphertexts);
        ciphertexts.extend(message.shared.iter().cloned());
        if target != sender && !ciphertexts.is_empty() {
            deliver(state, sender, target, namespace, &message, ciphertexts);
        }
    }
    state.counters.undeliverable += parts.len() as u64;
}

/// A status goes to everybody it names, and to the poster's other devices.
fn to_status(state: &mut State, sender: DeviceAddress, mut message: ClientMessage) {
    let mut parts = sorted(state, std::mem::take(&mut message.parts));
    let mut audience: Vec<(AccountId, Namespace)> = Vec::new();
    for (target, (namespace, _)) in &parts {
        if !audience.iter().any(|(account, _)| *account == target.account) {
            audience.push((target.account, *namespace));
        }
    }
    for (account, namespace) in audience {
        if !profile::reaches(state, sender.account, account) {
            continue;
        }
        for target in devices_of(state, &[account]) {
            let part = parts.remove(&target);
            let mut ciphertexts = part.map_or_else(Vec::new, |(_, ciphertexts)| ciphertexts);
            ciphertexts.extend(message.shared.iter().cloned());
            if target != sender && !ciphertexts.is_empty() {
                deliver(state, sender, target, namespace, &message, ciphertexts);
            }
        }
    }
}

/// Parts by the device they are for.
fn sorted(
    state: &mut State,
    parts: Vec<Part>,
) -> HashMap<DeviceAddress, (Namespace, Vec<wacore_binary::Node>)> {
    let mut sorted = HashMap::new();
    for part in parts {
        match (resolve(state, &part), Namespace::of(&part.to)) {
            (Some(target), Some(namespace)) => {
                let entry: &mut (Namespace, Vec<_>) =
                    sorted.entry(target).or_insert_with(|| (namespace, Vec::new()));
                entry.1.extend(part.ciphertexts);
            }
            _ => state.counters.undeliverable += 1,
        }
    }
    sorted
}

/// Every device of some accounts, their phones included.
fn devices_of(state: &State, accounts: &[AccountId]) -> Vec<DeviceAddress> {
    let mut devices = Vec::new();
    for account in accounts {
        let Some(entry) = state.accounts.get(*account) else {
            continue;
        };
        devices.extend(entry.visible_devices().map(|(device, _)| DeviceAddress {
            account: *account,
            device,
        }));
    }
    devices
}

fn resolve(state: &State, part: &Part) -> Option<DeviceAddress> {
    let account = state.accounts.find(&part.to)?;
    let address = DeviceAddress {
        account,
        device: part.to.device,
    };
    (address.is_phone() || state.accounts.device(address).is_some()).then_some(address)
}

fn deliver(
    state: &mut State,
    sender: DeviceAddress,
    target: DeviceAddress,
    namespace: Namespace,
    message: &ClientMessage,
    ciphertexts: Vec<wacore_binary::Node>,
) {
    let Some(delivery) = delivery(state, sender, target, namespace, message, ciphertexts) else {
        state.counters.undeliverable += 1;
        return;
    };
    if target.is_phone() {
        receive::accept(state, target.account, &delivery);
        return;
    }
    let queued = Queued {
        class: Class::Message,
        id: delivery.id.clone(),
        from: Some(sender.account),
        kind: None,
        node: delivery.to_node(),
    };
    offline::deliver(state, target, queued);
}

fn delivery(
    state: &State,
    sender: DeviceAddress,
    target: DeviceAddress,
    namespace: Namespace,
    message: &ClientMessage,
    ciphertexts: Vec<wacore_binary::Node>,
) -> Option<Delivery> {
    let account = state.accounts.get(sender.account)?;
    let room = matches!(message.to.server, Server::Group | Server::Broadcast).then(|| message.to.clone());
    // The other devices of the sender's account need to know which chat it belongs to.
    let recipient = (sender.account == target.account && room.is_none()).then(|| {
        let chat = message.recipient.as_ref().unwrap_or(&message.to);
        chat.to_non_ad()
    });
    Some(Delivery {
        room,
        sender,
        from: account.jid(namespace, sender.device),
        alternative: account.jid(namespace.other(), 0),
        id: message.id.clone(),
        t: state.clock.now_secs(),
        kind: message.kind.clone(),
        push_name: account.phone.name.clone(),
        recipient,
        category: message.category.clone(),
        edit: message.edit.clone(),
        ciphertexts,
        device_identity: message.device_identity.clone(),
        extras: message.extras.clone(),
    })
}
