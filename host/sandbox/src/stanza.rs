//! Typed stanzas: what linked devices say, parsed once, and what the server says, built in one place.

pub(crate) mod ack;
pub(crate) mod group;
pub(crate) mod ib;
pub(crate) mod iq;
pub(crate) mod message;
pub(crate) mod receipt;
pub(crate) mod stream;

use wacore_binary::{Jid, Node, NodeContent, Server};

/// The server's own address.
pub(crate) fn server_jid() -> Jid {
    Jid::new("", Server::Pn)
}

/// An attribute as text.
pub(crate) fn attr(node: &Node, key: &str) -> Option<String> {
    node.attrs.get(key).map(|value| value.as_str().into_owned())
}

/// An attribute as an address; `None` when absent or not an address.
pub(crate) fn jid(node: &Node, key: &str) -> Option<Jid> {
    node.attrs.get(key)?.to_jid()
}

/// The content as bytes, whichever way it was encoded: the codec turns short texts into dictionary tokens.
pub(crate) fn content(node: &Node) -> Option<&[u8]> {
    match node.content.as_ref()? {
        NodeContent::Bytes(bytes) => Some(bytes),
        NodeContent::String(text) => Some(text.as_bytes()),
        NodeContent::Nodes(_) => None,
    }
}

/// The content of a child as bytes.
pub(crate) fn child_content<'a>(node: &'a Node, tag: &str) -> Option<&'a [u8]> {
    node.get_optional_child(tag).and_then(content)
}

/// The content of a child as exactly 32 bytes.
pub(crate) fn child_key(node: &Node, tag: &str) -> Option<[u8; 32]> {
    child_content(node, tag)?.try_into().ok()
}
