//! Queries of linked devices: one file a namespace, one line in the table below.

mod abt;
pub(crate) mod blocklist;
mod dirty;
mod disappearing_mode;
pub(crate) mod encrypt;
mod md;
mod newsletter;
mod passive;
mod privacy;
pub(crate) mod status;
mod usync;
mod w_biz;
mod w_g2;
mod w_m;
mod w_mex;
mod w_p;
pub(crate) mod w_profile_picture;
pub(crate) mod w_sync_app_state;

use wacore_binary::Node;

use crate::accounts::DeviceAddress;
use crate::phone::key_share;
use crate::stanza::iq::Iq;
use crate::state::State;
use crate::{devices, offline};

/// What a query is answered with, and what happens once the answer is on its way.
pub(crate) struct Answer {
    node: Node,
    then: Option<Then>,
}

/// Consequences that must not overtake the answer.
pub(crate) enum Then {
    /// The device is ready for what is queued.
    Activate,
    /// The device has keys now: its phone can write to it.
    ShareKey,
    /// The account loses a device.
    Remove(u16),
    /// Collections have new versions, which the account's other devices want to know.
    Announce(Vec<(String, u64)>),
}

impl From<Node> for Answer {
    fn from(node: Node) -> Self {
        Self { node, then: None }
    }
}

impl Answer {
    fn then(node: Node, then: Then) -> Self {
        Self {
            node,
            then: Some(then),
        }
    }
}

/// Answers a query.
pub(crate) fn answer(state: &mut State, by: DeviceAddress, query: &Iq) {
    let Answer { node, then } = match query.xmlns.as_str() {
        "passive" => passive::answer(query),
        "encrypt" => encrypt::answer(state, by, query),
        "abt" => abt::answer(query),
        "blocklist" => blocklist::answer(state, by, query),
        "disappearing_mode" => disappearing_mode::answer(state, by, query),
        "newsletter" => newsletter::answer(state, by, query),
        "privacy" => privacy::answer(state, by, query),
        "status" => status::answer(state, by, query),
        "usync" => usync::answer(state, by, query),
        "w:biz" => w_biz::answer(state, query),
        "w:g2" => w_g2::answer(state, by, query),
        "w:mex" => w_mex::answer(state, by, query),
        "w:sync:app:state" => w_sync_app_state::answer(state, by, query),
        "w:p" => w_p::answer(query),
        "w:m" => w_m::answer(state, query),
        "w:profile:picture" => w_profile_picture::answer(state, by, query),
        "urn:xmpp:whatsapp:dirty" => dirty::answer(query),
        "md" => md::answer(by, query),
        unknown => {
            tracing::debug!(xmlns = unknown, node = ?query.node().tag, "a query nobody answers yet");
            state.counters.unknown_queries += 1;
            query.result(Vec::new()).into()
        }
    };
    if let Some(connection) = devices::connection(state, by) {
        state.send(connection, node);
    }
    match then {
        None => {}
        Some(Then::Activate) => offline::activate(state, by),
        Some(Then::ShareKey) => {
            if let Err(error) = key_share::share(state, by) {
                tracing::warn!(error = ?error, "a phone could not share its app-state key");
            }
        }
        Some(Then::Remove(device)) => {
            devices::remove(
                state,
                DeviceAddress {
                    account: by.account,
                    device,
                },
            );
        }
        Some(Then::Announce(collections)) => w_sync_app_state::announce(state, by, &collections),
    }
}
