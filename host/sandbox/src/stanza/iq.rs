//! `<iq>`: queries of linked devices and their answers.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeValue};

use super::{attr, jid, server_jid};

/// What kind of `<iq>` arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IqKind {
    Get,
    Set,
    /// An answer to a query of the server's own.
    Answer,
}

/// A parsed `<iq>`.
#[derive(Debug)]
pub(crate) struct Iq {
    pub(crate) id: String,
    pub(crate) kind: IqKind,
    pub(crate) xmlns: String,
    to: Option<Jid>,
    node: Node,
}

impl Iq {
    /// Reads an `<iq>`; `None` without an id, which nothing could answer.
    pub(crate) fn parse(node: Node) -> Option<Self> {
        let kind = match attr(&node, "type")?.as_str() {
            "get" => IqKind::Get,
            "set" => IqKind::Set,
            _ => IqKind::Answer,
        };
        Some(Self {
            id: attr(&node, "id")?,
            kind,
            xmlns: attr(&node, "xmlns").unwrap_or_default(),
            to: jid(&node, "to"),
            node,
        })
    }

    /// The first child of that name.
    pub(crate) fn child(&self, tag: &str) -> Option<&Node> {
        self.node.get_optional_child(tag)
    }

    /// Whom it is addressed to: the server, or a group.
    pub(crate) fn to(&self) -> Option<&Jid> {
        self.to.as_ref()
    }

    /// The whole stanza.
    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// Answers with a result.
    pub(crate) fn result(&self, children: Vec<Node>) -> Node {
        let reply = self.reply("result");
        if children.is_empty() {
            reply.build()
        } else {
            reply.children(children).build()
        }
    }

    /// Answers with an error.
    pub(crate) fn error(&self, code: u16, text: &'static str) -> Node {
        self.reply("error").children([error(code, text)]).build()
    }

    fn reply(&self, kind: &'static str) -> NodeBuilder {
        // The client matches on `from` too, so it gets back what it addressed.
        let from = self.to.clone().unwrap_or_else(server_jid);
        NodeBuilder::new("iq")
            .attr("from", from)
            .attr("type", kind)
            .attr("id", self.id.as_str())
    }
}

/// An `<error>` child.
pub(crate) fn error(code: u16, text: &'static str) -> Node {
    NodeBuilder::new("error")
        .attr("code", code)
        .attr("text", text)
        .build()
}

/// A query of the server's own, as pairing uses them.
pub(crate) fn set(id: &str, xmlns: &'static str, t: impl Into<NodeValue>, child: Node) -> Node {
    NodeBuilder::new("iq")
        .attr("from", server_jid())
        .attr("type", "set")
        .attr("id", id)
        .attr("xmlns", xmlns)
        .attr("t", t)
        .children([child])
        .build()
}
