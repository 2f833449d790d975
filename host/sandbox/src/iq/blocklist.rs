//! `blocklist`: always empty; changes are accepted and forgotten.

use wacore_binary::builder::NodeBuilder;

use super::Answer;
use crate::stanza::iq::{Iq, IqKind};

pub(super) fn answer(query: &Iq) -> Answer {
    if query.kind == IqKind::Get {
        return query
            .result(vec![NodeBuilder::new("list").attr("dhash", "0").build()])
            .into();
    }
    query.result(Vec::new()).into()
}
