//! The life of a linked device after pairing: it logs in, is replaced, is removed.

use tokio::sync::mpsc;
use wacore_binary::Node;

use crate::accounts::{AccountId, Attachment, DeviceAddress, Namespace, Phase};
use crate::device_list::{self, Change};
use crate::faults;
use crate::journal::Happening;
use crate::presence;
use crate::stanza::stream;
use crate::state::State;
use crate::streams::{ConnectionId, Outgoing, Peer};

/// A login was refused; the client gets this stanza and is closed.
pub(crate) struct Refused(pub(crate) Box<Node>);

/// Logs a device in. Whoever was logged in as this device is told that it was replaced.
pub(crate) fn login(
    state: &mut State,
    number: &str,
    device: u16,
    noise_key: &[u8; 32],
    sender: mpsc::Sender<Outgoing>,
) -> Result<ConnectionId, Refused> {
    let address = state
        .accounts
        .by_number(number)
        .map(|account| DeviceAddress { account, device });
    let known = address.filter(|address| {
        state
            .accounts
            .device(*address)
            .is_some_and(|device| device.is_linked() && device.noise_key == *noise_key)
    });
    let Some(address) = known else {
        state.counters.refused_logins += 1;
        return Err(Refused(Box::new(stream::failure(401))));
    };
    if let Some(failure) = faults::login(state, address) {
        state.counters.refused_logins += 1;
        return Err(Refused(Box::new(failure)));
    }
    let before = state
        .accounts
        .device_mut(address)
        .and_then(|device| device.attachment.take());
    if let Some(before) = before {
        state.streams.close(before.connection, stream::replaced());
    }
    let connection = state.streams.open(sender, Peer::Device(address));
    if let Some(device) = state.accounts.device_mut(address) {
        device.attachment = Some(Attachment {
            connection,
            phase: Phase::Held,
        });
    }
    state.counters.logins += 1;
    state.note(Happening::DeviceConnected, address.account, Some(device), None);
    let t = state.clock.now_secs();
    if let Some(lid) = state
        .accounts
        .get(address.account)
        .map(|account| account.jid(Namespace::Lid, device))
    {
        state.send(connection, stream::success(lid, t));
    }
    Ok(connection)
}

/// The connection a device is logged in on.
pub(crate) fn connection(state: &State, device: DeviceAddress) -> Option<ConnectionId> {
    Some(state.accounts.device(device)?.attachment.as_ref()?.connection)
}

/// Unlinks a device: told at once when it is connected, at its next login when it is not. `false` when there is none.
pub(crate) fn remove(state: &mut State, address: DeviceAddress) -> bool {
    let Some(device) = state
        .accounts
        .get_mut(address.account)
        .and_then(|account| account.devices.remove(&address.device))
    else {
        return false;
    };
    if let Some(attachment) = device.attachment {
        state.streams.close(attachment.connection, stream::removed());
    }
    presence::gone(state, address);
    state.note(
        Happening::DeviceRemoved,
        address.account,
        Some(address.device),
        None,
    );
    device_list::announce(state, address, device.key_index, Change::Removed);
    true
}

/// The connection a device takes things on as they come: it is logged in and done with its backlog.
pub(crate) fn live(state: &State, device: DeviceAddress) -> Option<ConnectionId> {
    let attachment = state.accounts.device(device)?.attachment.as_ref()?;
    (attachment.phase == Phase::Live).then_some(attachment.connection)
}

/// The connections of an account's devices that take things as they come.
pub(crate) fn live_devices(state: &State, account: AccountId) -> Vec<ConnectionId> {
    let Some(entry) = state.accounts.get(account) else {
        return Vec::new();
    };
    let devices = entry.devices.keys();
    devices
        .filter_map(|device| {
            let device = *device;
            live(state, DeviceAddress { account, device })
        })
        .collect()
}
