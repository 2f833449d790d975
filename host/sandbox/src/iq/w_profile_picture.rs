//! `w:profile:picture`: nobody has a picture; a new one is accepted and forgotten.

use super::Answer;
use crate::stanza::iq::{Iq, IqKind};

pub(super) fn answer(query: &Iq) -> Answer {
    if query.kind == IqKind::Set {
        return query.result(Vec::new()).into();
    }
    query.error(404, "item-not-found").into()
}
