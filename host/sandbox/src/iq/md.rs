//! `md`: a device logs itself out. (Pairing speaks this namespace too, before there is a device: see `link_code.rs`.)

use super::{Answer, Then};
use crate::accounts::DeviceAddress;
use crate::stanza::iq::Iq;
use crate::stanza::jid;

pub(super) fn answer(by: DeviceAddress, query: &Iq) -> Answer {
    let result = query.result(Vec::new());
    let Some(removal) = query.child("remove-companion-device") else {
        return result.into();
    };
    let device = jid(removal, "jid").map_or(by.device, |jid| jid.device);
    Answer::then(result, Then::Remove(device))
}
