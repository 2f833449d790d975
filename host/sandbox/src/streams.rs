//! Open connections, as the rest of the server sees them: a place to put stanzas and who is at the other end.

use std::collections::HashMap;

use tokio::sync::mpsc;
use wacore_binary::Node;

use crate::accounts::DeviceAddress;
use crate::pairing::Companion;

/// Stanzas that may wait for one connection. When it is full the connection is closed; what it was to get stays in the
/// device's queue and is delivered at its next login.
pub(crate) const CAPACITY: usize = 65_536;

/// Identifies a connection for as long as the network runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ConnectionId(u64);

/// What a connection's writer does next.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Stanza(Node),
    /// Send what came before, then close.
    Close,
    /// Drop everything and the socket.
    Cut,
}

/// Who is at the other end.
#[derive(Debug)]
pub(crate) enum Peer {
    /// A client that wants to be linked.
    Companion(Box<Companion>),
    /// A linked device.
    Device(DeviceAddress),
}

struct Stream {
    sender: mpsc::Sender<Outgoing>,
    peer: Peer,
}

/// The open connections.
#[derive(Default)]
pub(crate) struct Streams {
    open: HashMap<ConnectionId, Stream>,
    last: u64,
}

impl Streams {
    pub(crate) fn open(&mut self, sender: mpsc::Sender<Outgoing>, peer: Peer) -> ConnectionId {
        self.last += 1;
        let id = ConnectionId(self.last);
        self.open.insert(id, Stream { sender, peer });
        id
    }

    /// Forgets a connection without closing it: it has closed itself.
    pub(crate) fn forget(&mut self, id: ConnectionId) -> Option<Peer> {
        self.open.remove(&id).map(|stream| stream.peer)
    }

    /// Puts a stanza on its way; `false` when the connection is gone or had to be given up.
    pub(crate) fn send(&mut self, id: ConnectionId, node: Node) -> bool {
        let Some(stream) = self.open.get(&id) else {
            return false;
        };
        let sent = stream.sender.try_send(Outgoing::Stanza(node)).is_ok();
        if !sent {
            // Dropping the sender ends the writer, and with it the connection.
            self.open.remove(&id);
        }
        sent
    }

    /// Says a last stanza and closes. From here on nothing the client says is heard.
    pub(crate) fn close(&mut self, id: ConnectionId, last_words: Node) {
        if let Some(stream) = self.open.remove(&id) {
            // A full channel closes as well: the sender is dropped right here.
            let _ = stream.sender.try_send(Outgoing::Stanza(last_words));
            let _ = stream.sender.try_send(Outgoing::Close);
        }
    }

    /// Ends a connection without a word.
    pub(crate) fn cut(&mut self, id: ConnectionId) {
        if let Some(stream) = self.open.remove(&id) {
            let _ = stream.sender.try_send(Outgoing::Cut);
        }
    }

    /// Forgets all connections: the server has gone down.
    pub(crate) fn clear(&mut self) {
        self.open.clear();
    }

    /// Connections of linked devices.
    pub(crate) fn devices(&self) -> impl Iterator<Item = (ConnectionId, DeviceAddress)> {
        self.open.iter().filter_map(|(id, stream)| match &stream.peer {
            Peer::Device(device) => Some((*id, *device)),
            Peer::Companion(_) => None,
        })
    }

    pub(crate) fn peer(&self, id: ConnectionId) -> Option<&Peer> {
        self.open.get(&id).map(|stream| &stream.peer)
    }

    pub(crate) fn companion(&self, id: ConnectionId) -> Option<&Companion> {
        match self.peer(id)? {
            Peer::Companion(companion) => Some(companion),
            Peer::Device(_) => None,
        }
    }

    pub(crate) fn companion_mut(&mut self, id: ConnectionId) -> Option<&mut Companion> {
        match &mut self.open.get_mut(&id)?.peer {
            Peer::Companion(companion) => Some(companion),
            Peer::Device(_) => None,
        }
    }

    /// Connections of clients that want to be linked.
    pub(crate) fn companions(&self) -> impl Iterator<Item = (ConnectionId, &Companion)> {
        self.open
            .keys()
            .filter_map(|id| Some((*id, self.companion(*id)?)))
    }

    pub(crate) fn count(&self) -> usize {
        self.open.len()
    }
}
