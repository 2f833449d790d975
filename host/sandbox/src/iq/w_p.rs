//! `w:p`: pings. A client that gets no answer gives its socket up after 20 seconds.

use super::Answer;
use crate::stanza::iq::Iq;

pub(super) fn answer(query: &Iq) -> Answer {
    query.result(Vec::new()).into()
}
