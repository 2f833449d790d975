//! Stanzas about the connection itself.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

/// The login was accepted.
pub(crate) fn success(lid: Jid, t: u64) -> Node {
    NodeBuilder::new("success")
        .attr("t", t)
        .attr("props", "2")
        .attr("creation", t)
        .attr("lid", lid)
        .build()
}

/// The login was refused. 401 makes a client log out for good, where a plain close would make it try again.
pub(crate) fn failure(code: u16) -> Node {
    NodeBuilder::new("failure")
        .attr("reason", code)
        .attr("location", "sbx")
        .build()
}

/// The stream ends and the client is expected back: sent after pairing.
pub(crate) fn restart() -> Node {
    NodeBuilder::new("stream:error").attr("code", "515").build()
}

/// The stream ends because of an error.
pub(crate) fn error(code: u16) -> Node {
    NodeBuilder::new("stream:error")
        .attr("code", code.to_string())
        .build()
}

/// The device was unlinked.
pub(crate) fn removed() -> Node {
    NodeBuilder::new("stream:error")
        .attr("code", "401")
        .children([NodeBuilder::new("conflict")
            .attr("type", "device_removed")
            .build()])
        .build()
}

/// The same device logged in elsewhere.
pub(crate) fn replaced() -> Node {
    NodeBuilder::new("stream:error")
        .children([NodeBuilder::new("conflict").attr("type", "replaced").build()])
        .build()
}
