//! `passive`: the device says that it is ready.

use super::{Answer, Then};
use crate::stanza::iq::Iq;

pub(super) fn answer(query: &Iq) -> Answer {
    let result = query.result(Vec::new());
    if query.child("active").is_some() {
        Answer::then(result, Then::Activate)
    } else {
        result.into()
    }
}
