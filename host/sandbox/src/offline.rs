//! What a linked device has not acknowledged yet. A stanza stays queued until the device's receipt or ack for it
//! arrives; a connection that dies before that gets it again at the next login, marked `offline`.

use std::collections::VecDeque;

use wacore_binary::Node;

use crate::accounts::{AccountId, DeviceAddress, Phase};
use crate::random;
use crate::stanza::ib::{self, Waiting};
use crate::state::State;
use crate::streams::ConnectionId;

/// The most stanzas one `offline_batch` is answered with.
const PAGE: usize = 200;

/// What kind of stanza is queued; the device acknowledges by kind and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Message,
    Receipt,
    Notification,
    Call,
}

impl Class {
    pub(crate) fn parse(class: &str) -> Option<Self> {
        match class {
            "message" => Some(Self::Message),
            "receipt" => Some(Self::Receipt),
            "notification" => Some(Self::Notification),
            "call" => Some(Self::Call),
            _ => None,
        }
    }
}

/// A stanza and what it is known by.
#[derive(Debug, Clone)]
pub(crate) struct Queued {
    pub(crate) class: Class,
    pub(crate) id: String,
    /// Whose stanza it is: ids are only unique with their sender.
    pub(crate) from: Option<AccountId>,
    /// A receipt's type: one message has several receipts, all with its id.
    pub(crate) kind: Option<String>,
    pub(crate) node: Node,
}

#[derive(Debug)]
struct Entry {
    queued: Queued,
    /// The connection it was last sent on.
    sent_on: Option<ConnectionId>,
}

/// One device's queue, in the order of delivery.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    entries: VecDeque<Entry>,
}

impl Queue {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn waiting(&self) -> Waiting {
        let mut waiting = Waiting::default();
        for entry in &self.entries {
            match entry.queued.class {
                Class::Message => waiting.messages += 1,
                Class::Receipt => waiting.receipts += 1,
                Class::Notification => waiting.notifications += 1,
                Class::Call => waiting.calls += 1,
            }
        }
        waiting
    }

    /// Drops the first delivered stanza that fits; one acknowledgement stands for one delivery.
    fn acknowledge(&mut self, class: Class, id: &str, from: Option<AccountId>, kind: Option<&str>) {
        let position = self.entries.iter().position(|entry| {
            entry.sent_on.is_some()
                && entry.queued.class == class
                && entry.queued.id == id
                && (from.is_none() || entry.queued.from.is_none() || entry.queued.from == from)
                && (class != Class::Receipt || entry.queued.kind.as_deref() == kind)
        });
        if let Some(position) = position {
            self.entries.remove(position);
        }
    }
}

/// Queues a stanza for a linked device, and sends it at once when the device is live.
pub(crate) fn deliver(state: &mut State, to: DeviceAddress, queued: Queued) {
    let Some(device) = state.accounts.device_mut(to) else {
        state.counters.undeliverable += 1;
        return;
    };
    let live = match &device.attachment {
        Some(attachment) if attachment.phase == Phase::Live => Some(attachment.connection),
        _ => None,
    };
    let node = live.map(|_| queued.node.clone());
    device.queue.entries.push_back(Entry {
        queued,
        sent_on: live,
    });
    if let (Some(connection), Some(node)) = (live, node) {
        state.send(connection, node);
    }
}

/// Queues a notification; its id is made up here.
pub(crate) fn notify(state: &mut State, to: DeviceAddress, from: Option<AccountId>, mut node: Node) {
    let id = random::stanza_id();
    node.attrs.insert("id", id.as_str());
    deliver(
        state,
        to,
        Queued {
            class: Class::Notification,
            id,
            from,
            kind: None,
            node,
        },
    );
}

/// The device is ready: announce the backlog, or say that there is none.
pub(crate) fn activate(state: &mut State, address: DeviceAddress) {
    let Some(device) = state.accounts.device_mut(address) else {
        return;
    };
    let Some(attachment) = &mut device.attachment else {
        return;
    };
    if attachment.phase != Phase::Held {
        return;
    }
    let connection = attachment.connection;
    let waiting = device.queue.waiting();
    let node = if waiting.total() == 0 {
        attachment.phase = Phase::Live;
        ib::drained(0)
    } else {
        attachment.phase = Phase::Draining {
            left: waiting.total(),
            total: waiting.total(),
        };
        ib::preview(waiting)
    };
    state.send(connection, node);
}

/// The device asks for the next page. After the last one it is live, and gets what came in meanwhile.
pub(crate) fn page(state: &mut State, address: DeviceAddress, asked: usize) {
    let Some(device) = state.accounts.device_mut(address) else {
        return;
    };
    let Some(attachment) = &mut device.attachment else {
        return;
    };
    let Phase::Draining { left, total } = attachment.phase else {
        return;
    };
    let connection = attachment.connection;
    let size = asked.clamp(1, PAGE).min(left);
    let mut nodes: Vec<Node> = Vec::with_capacity(size);
    let unsent = |entry: &&mut Entry| entry.sent_on != Some(connection);
    for entry in device.queue.entries.iter_mut().filter(unsent).take(size) {
        entry.sent_on = Some(connection);
        let mut node = entry.queued.node.clone();
        node.attrs.insert("offline", "0");
        nodes.push(node);
    }
    let left = left - size;
    if left > 0 {
        attachment.phase = Phase::Draining { left, total };
    } else {
        attachment.phase = Phase::Live;
        nodes.push(ib::drained(total));
        for entry in device.queue.entries.iter_mut().filter(unsent) {
            entry.sent_on = Some(connection);
            nodes.push(entry.queued.node.clone());
        }
    }
    for node in nodes {
        state.send(connection, node);
    }
}

/// The device has taken a stanza.
pub(crate) fn acknowledge(
    state: &mut State,
    by: DeviceAddress,
    class: Class,
    id: &str,
    from: Option<AccountId>,
    kind: Option<&str>,
) {
    if let Some(device) = state.accounts.device_mut(by) {
        device.queue.acknowledge(class, id, from, kind);
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use wacore_binary::builder::NodeBuilder;

    use super::*;
    use crate::accounts::{Device, Namespace};
    use crate::stanza::attr;
    use crate::streams::Outgoing;
    use crate::{devices, phone};

    const NUMBER: &str = "15550001001";

    fn linked() -> (State, DeviceAddress) {
        let mut state = State::default();
        let account = phone::create(&mut state, NUMBER, "Ann", Namespace::Pn).unwrap();
        let device = Device {
            key_index: 1,
            noise_key: [7; 32],
            identity: [8; 32],
            signed_identity: Some(Vec::new()),
            keys: None,
            has_app_state_key: false,
            history: crate::accounts::HistoryWish::default(),
            queue: Queue::default(),
            attachment: None,
        };
        state.accounts.get_mut(account).unwrap().devices.insert(1, device);
        (state, DeviceAddress { account, device: 1 })
    }

    fn login(state: &mut State) -> (ConnectionId, mpsc::Receiver<Outgoing>) {
        let (sender, receiver) = mpsc::channel(1000);
        let Ok(connection) = devices::login(state, NUMBER, 1, &[7; 32], sender) else {
            panic!("the login was refused");
        };
        (connection, receiver)
    }

    fn message(id: &str) -> Queued {
        Queued {
            class: Class::Message,
            id: id.to_owned(),
            from: None,
            kind: None,
            node: NodeBuilder::new("message").attr("id", id).build(),
        }
    }

    /// Ids of the messages in a channel, and whether each was marked offline.
    fn messages(receiver: &mut mpsc::Receiver<Outgoing>) -> Vec<(String, bool)> {
        let mut got = Vec::new();
        while let Ok(Outgoing::Stanza(node)) = receiver.try_recv() {
            if node.tag == "message" {
                got.push((attr(&node, "id").unwrap(), attr(&node, "offline").is_some()));
            }
        }
        got
    }

    #[test]
    fn what_was_not_acknowledged_is_delivered_again() {
        let (mut state, device) = linked();
        let (connection, mut receiver) = login(&mut state);
        activate(&mut state, device);
        for id in ["a", "b", "c"] {
            deliver(&mut state, device, message(id));
        }
        assert_eq!(messages(&mut receiver).len(), 3);
        acknowledge(&mut state, device, Class::Message, "b", None, None);
        state.disconnected(connection);

        let (_, mut receiver) = login(&mut state);
        deliver(&mut state, device, message("d"));
        activate(&mut state, device);
        assert!(messages(&mut receiver).is_empty(), "the device has not asked yet");
        page(&mut state, device, 2);
        assert_eq!(
            messages(&mut receiver),
            [("a".to_owned(), true), ("c".to_owned(), true)]
        );
        deliver(&mut state, device, message("e"));
        page(&mut state, device, 200);
        assert_eq!(
            messages(&mut receiver),
            [("d".to_owned(), true), ("e".to_owned(), false)]
        );
        for id in ["a", "c", "d", "e"] {
            acknowledge(&mut state, device, Class::Message, id, None, None);
        }
        assert_eq!(state.accounts.device(device).unwrap().queue.len(), 0);
    }

    #[test]
    fn an_acknowledgement_from_before_the_delivery_counts_for_nothing() {
        let (mut state, device) = linked();
        deliver(&mut state, device, message("a"));
        acknowledge(&mut state, device, Class::Message, "a", None, None);
        assert_eq!(state.accounts.device(device).unwrap().queue.len(), 1);
    }
}
