//! Everything the server knows. Always handled synchronously, under one lock that is never held over an await: see
//! `hub.rs`.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use wacore_binary::Node;

use crate::accounts::{AccountId, Accounts, DeviceAddress};
use crate::calls::Calls;
use crate::clock::Clock;
use crate::counters::Counters;
use crate::faults::rule::Direction;
use crate::faults::{self, Faults, Passing};
use crate::groups::Groups;
use crate::history::Job;
use crate::journal::{Happening, Journal};
use crate::later::Later;
use crate::media::MediaStore;
use crate::newsletters::Newsletters;
use crate::pictures::Pictures;
use crate::presence::{self, Presence};
use crate::streams::{ConnectionId, Peer, Streams};

/// The server's state.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) accounts: Accounts,
    pub(crate) streams: Streams,
    pub(crate) counters: Counters,
    pub(crate) journal: Journal,
    /// Where files are; a network without a media host has none.
    pub(crate) media: Option<Arc<MediaStore>>,
    /// Where history is ordered; a network without a worker has none.
    pub(crate) history: Option<mpsc::Sender<Job>>,
    pub(crate) groups: Groups,
    pub(crate) newsletters: Newsletters,
    pub(crate) pictures: Pictures,
    pub(crate) presence: Presence,
    pub(crate) calls: Calls,
    pub(crate) later: Later,
    pub(crate) faults: Faults,
    /// Whether the server is down for a while, with all it knows.
    pub(crate) down: watch::Sender<bool>,
}

impl State {
    /// Sends a stanza, with whatever fault it meets on its way.
    pub(crate) fn send(&mut self, connection: ConnectionId, node: Node) {
        faults::pass(
            self,
            Passing {
                connection,
                direction: Direction::ToClient,
                node,
            },
        );
    }

    /// Sends a stanza. A connection that reads too slowly is given up.
    pub(crate) fn send_now(&mut self, connection: ConnectionId, node: Node) {
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

    /// The server has gone down: nobody is connected any more.
    pub(crate) fn everybody_left(&mut self) {
        self.streams.clear();
        let mut attached = Vec::new();
        for (account, entry) in self.accounts.iter() {
            for (device, entry) in &entry.devices {
                if let Some(attachment) = &entry.attachment {
                    let device = *device;
                    attached.push((DeviceAddress { account, device }, attachment.connection));
                }
            }
        }
        for (address, connection) in attached {
            self.detach(address, connection);
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
            presence::gone(self, address);
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
