//! `w:m`: where to put media. There is no media host yet, and a clear error is better than a host that does not answer.

use super::Answer;
use crate::stanza::iq::Iq;

pub(super) fn answer(query: &Iq) -> Answer {
    query.error(503, "service-unavailable").into()
}
