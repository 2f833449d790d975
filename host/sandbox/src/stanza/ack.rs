//! `<ack>`, both ways.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use super::{attr, jid};

/// An acknowledgement from a linked device: it has taken what the server delivered.
#[derive(Debug)]
pub(crate) struct ClientAck {
    pub(crate) class: String,
    pub(crate) id: String,
    pub(crate) to: Option<Jid>,
    /// Whose stanza it was, in a group.
    pub(crate) participant: Option<Jid>,
    pub(crate) kind: Option<String>,
}

impl ClientAck {
    pub(crate) fn parse(node: &Node) -> Option<Self> {
        Some(Self {
            class: attr(node, "class")?,
            id: attr(node, "id")?,
            to: jid(node, "to"),
            participant: jid(node, "participant"),
            kind: attr(node, "type"),
        })
    }
}

/// The server took a message. `phash` is there when the sender's view of the devices is an old one.
pub(crate) fn message(id: &str, to: &Jid, t: u64, phash: Option<&str>) -> Node {
    let mut ack = NodeBuilder::new("ack")
        .attr("class", "message")
        .attr("id", id)
        .attr("from", to)
        .attr("t", t);
    if let Some(phash) = phash {
        ack = ack.attr("phash", phash);
    }
    ack.build()
}

/// The server has published a message under that number.
pub(crate) fn published(id: &str, to: &Jid, t: u64, number: u64) -> Node {
    let mut ack = message(id, to, t, None);
    ack.attrs.insert("server_id", number);
    ack
}

/// The server refuses a message.
pub(crate) fn refused_message(id: &str, to: &Jid, t: u64, code: u16) -> Node {
    NodeBuilder::new("ack")
        .attr("class", "message")
        .attr("id", id)
        .attr("from", to)
        .attr("t", t)
        .attr("error", code)
        .build()
}

/// The server took a stanza of another class; `kind` and `participant` are echoed.
pub(crate) fn plain(class: &'static str, node: &Node) -> Option<Node> {
    let mut ack = NodeBuilder::new("ack")
        .attr("class", class)
        .attr("id", attr(node, "id")?);
    for (from, to) in [("to", "from"), ("type", "type"), ("participant", "participant")] {
        if let Some(value) = node.attrs.get(from) {
            ack = ack.attr(to, value.clone());
        }
    }
    Some(ack.build())
}
