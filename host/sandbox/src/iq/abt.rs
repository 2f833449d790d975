//! `abt`: feature switches. There are none: every client runs on its defaults.

use wacore_binary::builder::NodeBuilder;

use super::Answer;
use crate::stanza::iq::Iq;

pub(super) fn answer(query: &Iq) -> Answer {
    let props = NodeBuilder::new("props")
        .attr("protocol", "1")
        .attr("ab_key", "sandbox")
        .attr("hash", "sandbox")
        .attr("refresh", "86400")
        .attr("refresh_id", "1")
        .build();
    query.result(vec![props]).into()
}
