//! Everything the server knows. Always handled synchronously, under one lock that is never held over an await: see
//! `hub.rs`.

use wacore_binary::Node;

use crate::accounts::{AccountId, Accounts, DeviceAddress};
use crate::clock::Clock;
use crate::counters::Counters;
use crate::journal::{Happening, Journal};
use crate::streams::{ConnectionId, Peer, Streams};

/// The server's state.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) accounts: Accounts,
    pub(crate) streams: Streams,
    pub(crate) counters: Counters,
    pub(crate) journal: Journal,
}

impl State {
    /// Sends a stanza. A connection that reads too slowly is given up.
    pub(crate) fn send(&mut self, connection: ConnectionId, node: Node) {
        if self.streams.peer(connection).is_some() && !self.streams.send(connection, node) {
            self.counters.slow_connections += 1;
        }
    }

    /// A connection has ended; its device may log in again.
    pub(crate) fn disconnected(&mut self, connection: ConnectionId) {
        let peer = self.streams.forget(connection);
        match peer {
            Some(Peer::Device(address)) => self.detach(address, connection),
            Some(Peer::Companion(companion)) => crate::pairing::abandon(self, &companion),
            None => self.detach_unknown(connection),
        }
    }

    /// Writes a fact about an account into the journal.
    pub(crate) fn note(
        &mut self,
        kind: Happening,
        account: AccountId,
        device: Option<u16>,
        id: Option<&str>,
    ) {
        if let Some(account) = self.accounts.get(account) {
            self.journal
                .write(self.clock.now_ms(), kind, &account.number, device, id);
        }
    }

    fn detach(&mut self, address: DeviceAddress, connection: ConnectionId) {
        let Some(device) = self.accounts.device_mut(address) else {
            return;
        };
        if device
            .attachment
            .as_ref()
            .is_some_and(|attachment| attachment.connection == connection)
        {
            device.attachment = None;
            self.note(
                Happening::DeviceDisconnected,
                address.account,
                Some(address.device),
                None,
            );
        }
    }

    /// The connection was given up earlier; its device still points at it.
    fn detach_unknown(&mut self, connection: ConnectionId) {
        let found = self.accounts.iter().find_map(|(account, entry)| {
            entry.devices.iter().find_map(|(device, entry)| {
                let attached = entry.attachment.as_ref()?;
                (attached.connection == connection).then_some(DeviceAddress {
                    account,
                    device: *device,
                })
            })
        });
        if let Some(address) = found {
            self.detach(address, connection);
        }
    }
}
