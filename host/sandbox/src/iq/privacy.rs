//! `privacy`: everything is visible to everyone; changes and trust tokens are accepted and forgotten.

use wacore_binary::builder::NodeBuilder;

use super::Answer;
use crate::stanza::iq::{Iq, IqKind};

const CATEGORIES: [&str; 7] = [
    "readreceipts",
    "last",
    "online",
    "profile",
    "status",
    "groupadd",
    "calladd",
];

pub(super) fn answer(query: &Iq) -> Answer {
    if query.kind == IqKind::Set {
        return query.result(Vec::new()).into();
    }
    let categories = CATEGORIES.iter().map(|name| {
        NodeBuilder::new("category")
            .attr("name", *name)
            .attr("value", "all")
            .build()
    });
    query
        .result(vec![NodeBuilder::new("privacy").children(categories).build()])
        .into()
}
