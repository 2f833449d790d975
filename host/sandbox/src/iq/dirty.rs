//! `urn:xmpp:whatsapp:dirty`: the device has refreshed something. The network never calls anything dirty.

use super::Answer;
use crate::stanza::iq::Iq;

pub(super) fn answer(query: &Iq) -> Answer {
    query.result(Vec::new()).into()
}
