//! `w:m`: where to put media and where to get it. One host, named twice: clients go on to the second when the first
//! breaks off, and resume there.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::Answer;
use crate::stanza::iq::Iq;
use crate::state::State;

/// Seconds until a client asks again where the hosts are.
const TTL: u32 = 300;
/// Seconds an upload token is good for; the network's own never ends, so this is only what clients are told.
const AUTH_TTL: u32 = 21_600;

pub(super) fn answer(state: &State, query: &Iq) -> Answer {
    let Some(media) = &state.media else {
        return query.error(503, "service-unavailable").into();
    };
    let host = |kind: &'static str| {
        NodeBuilder::new("host")
            .attr("hostname", media.host())
            .attr("type", kind)
            .children([all("upload"), all("download")])
            .build()
    };
    let connection = NodeBuilder::new("media_conn")
        .attr("auth", media.auth())
        .attr("ttl", TTL)
        .attr("auth_ttl", AUTH_TTL)
        .attr("max_buckets", 12u32)
        .attr("max_manual_retry", 3u32)
        .attr("max_auto_download_retry", 3u32)
        .children([host("primary"), host("fallback")])
        .build();
    query.result(vec![connection]).into()
}

/// A direction in which every kind of file travels.
fn all(direction: &'static str) -> Node {
    let kinds = ["image", "video", "audio", "document", "sticker", "ptt", "gif"];
    NodeBuilder::new(direction)
        .children(kinds.map(|kind| NodeBuilder::new(kind).build()))
        .build()
}
