//! `<ib>`: what the server announces about the offline queue.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::server_jid;

/// How many queued stanzas of each class wait for a device.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Waiting {
    pub(crate) messages: usize,
    pub(crate) receipts: usize,
    pub(crate) notifications: usize,
    pub(crate) calls: usize,
}

impl Waiting {
    pub(crate) fn total(self) -> usize {
        self.messages + self.receipts + self.notifications + self.calls
    }
}

/// Announces a backlog; the device answers with `offline_batch`.
pub(crate) fn preview(waiting: Waiting) -> Node {
    ib(NodeBuilder::new("offline_preview")
        .attr("count", waiting.total())
        .attr("message", waiting.messages)
        .attr("receipt", waiting.receipts)
        .attr("notification", waiting.notifications)
        .attr("appdata", 0u32)
        .attr("call", waiting.calls)
        .build())
}

/// Ends the offline phase. Without it the client waits for its own time-out before it calls itself connected.
pub(crate) fn drained(count: usize) -> Node {
    ib(NodeBuilder::new("offline").attr("count", count).build())
}

fn ib(child: Node) -> Node {
    NodeBuilder::new("ib")
        .attr("from", server_jid())
        .children([child])
        .build()
}
