//! Calls, as far as ringing goes: an offer reaches every device of the callee, and whoever takes, rejects or ends it is
//! heard by the others. What is said during a call does not go through the server.

use std::collections::HashMap;
use std::time::Duration;

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use crate::accounts::{AccountId, DeviceAddress};
use crate::later::{self, Effect};
use crate::offline::{self, Class, Queued};
use crate::phone::signals::{self, Signal};
use crate::profile;
use crate::random;
use crate::stanza::{attr, jid};
use crate::state::State;

/// How long a call rings when nobody says otherwise.
pub(crate) const RINGS: Duration = Duration::from_mins(1);
/// The most calls at a time.
const MOST: usize = 10_000;

/// One call, from the offer to its end.
#[derive(Debug, Clone)]
struct Call {
    caller: AccountId,
    callee: AccountId,
    /// The device that has taken it.
    taken: Option<DeviceAddress>,
}

impl Call {
    fn other(&self, account: AccountId) -> AccountId {
        if account == self.caller {
            self.callee
        } else {
            self.caller
        }
    }
}

/// The calls that have not ended.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    by_id: HashMap<String, Call>,
}

/// Why a call could not be made or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallError {
    TooMany,
    NoSuchCall,
}

/// A phone calls somebody; gives back the call's id.
pub(crate) fn offer(
    state: &mut State,
    from: AccountId,
    to: AccountId,
    video: bool,
    rings: Duration,
) -> Result<String, CallError> {
    let id = hex::encode_upper(random::bytes::<16>());
    begin(state, &id, from, to)?;
    let mut children = vec![
        NodeBuilder::new("audio")
            .attr("enc", "opus")
            .attr("rate", "16000")
            .build(),
    ];
    if video {
        children.push(NodeBuilder::new("video").attr("enc", "vp8").build());
    }
    let by = DeviceAddress {
        account: from,
        device: 0,
    };
    let Some(offer) = action(state, from, "offer", &id) else {
        return Err(CallError::NoSuchCall);
    };
    let pn = state
        .accounts
        .get(from)
        .map(|entry| Jid::pn(entry.number.as_str()));
    let mut offer = offer.attr("joinable", "0");
    if let Some(pn) = pn {
        offer = offer.attr("caller_pn", pn);
    }
    let offer = offer.children(children).build();
    to_everybody(state, by, to, &offer, None);
    later::schedule(state, rings, Effect::Unanswered(id.clone()));
    Ok(id)
}

fn begin(state: &mut State, id: &str, from: AccountId, to: AccountId) -> Result<(), CallError> {
    if state.calls.by_id.len() >= MOST {
        return Err(CallError::TooMany);
    }
    let call = Call {
        caller: from,
        callee: to,
        taken: None,
    };
    state.calls.by_id.insert(id.to_owned(), call);
    Ok(())
}

/// Nobody has taken a call in time.
pub(crate) fn unanswered(state: &mut State, id: &str) {
    let ringing = state.calls.by_id.get(id).filter(|call| call.taken.is_none());
    if let Some(caller) = ringing.map(|call| call.caller) {
        let _ = end(state, caller, id, "terminate", Some("timeout"));
    }
}

/// A phone takes, rejects or ends a call.
pub(crate) fn end(
    state: &mut State,
    by: AccountId,
    id: &str,
    tag: &'static str,
    reason: Option<&'static str>,
) -> Result<(), CallError> {
    let call = state.calls.by_id.get(id).cloned();
    let call = call
        .filter(|call| call.caller == by || call.callee == by)
        .ok_or(CallError::NoSuchCall)?;
    let mut node = action(state, call.caller, tag, id).ok_or(CallError::NoSuchCall)?;
    if let Some(reason) = reason {
        node = node.attr("reason", reason);
    }
    let device = DeviceAddress {
        account: by,
        device: 0,
    };
    said(state, device, &call, id, &node.build());
    Ok(())
}

/// A linked device says `<call>`.
pub(crate) fn from_device(state: &mut State, by: DeviceAddress, node: &Node) {
    let Some(child) = node.children().and_then(<[Node]>::first) else {
        return;
    };
    let (Some(id), Some(to)) = (attr(child, "call-id"), jid(node, "to")) else {
        return;
    };
    if child.tag == "offer" {
        if let Some(to) = state.accounts.find(&to)
            && begin(state, &id, by.account, to).is_ok()
        {
            to_everybody(state, by, to, child, None);
            later::schedule(state, RINGS, Effect::Unanswered(id));
        }
        return;
    }
    let call = state.calls.by_id.get(&id).cloned();
    if let Some(call) = call.filter(|call| call.caller == by.account || call.callee == by.account) {
        said(state, by, &call, &id, child);
    }
}

/// One side says something about a call: the other side hears it, and one's own other devices stop ringing.
fn said(state: &mut State, by: DeviceAddress, call: &Call, id: &str, node: &Node) {
    let elsewhere = match node.tag.as_ref() {
        "accept" => {
            if let Some(call) = state.calls.by_id.get_mut(id) {
                call.taken = Some(by);
            }
            Some("accepted_elsewhere")
        }
        // A device that is busy says nothing for the others.
        "reject" if attr(node, "reason").as_deref() != Some("busy") => {
            state.calls.by_id.remove(id);
            Some("rejected_elsewhere")
        }
        "terminate" => {
            state.calls.by_id.remove(id);
            None
        }
        _ => None,
    };
    to_everybody(state, by, call.other(by.account), node, None);
    if let Some(reason) = elsewhere
        && by.account == call.callee
        && let Some(stop) = action(state, call.caller, "terminate", id)
    {
        let stop = stop.attr("reason", reason).build();
        to_everybody(state, by, call.callee, &stop, Some(by));
    }
}

/// An action about a call; its creator is named the way the caller is addressed.
fn action(state: &State, caller: AccountId, tag: &'static str, id: &str) -> Option<NodeBuilder> {
    let creator = profile::own_jid(state.accounts.get(caller)?);
    Some(
        NodeBuilder::new(tag)
            .attr("call-id", id)
            .attr("call-creator", creator),
    )
}

/// Says something about a call to all devices of an account. Only the offer waits for a device that is away, which then
/// learns that it has missed a call.
fn to_everybody(
    state: &mut State,
    by: DeviceAddress,
    to: AccountId,
    node: &Node,
    except: Option<DeviceAddress>,
) {
    if !profile::reaches(state, by.account, to) {
        return;
    }
    let Some(from) = state.accounts.get(by.account).map(|entry| {
        let jid = profile::own_jid(entry).with_device(by.device);
        (jid, entry.phone.name.clone())
    }) else {
        return;
    };
    let Some(entry) = state.accounts.get(to) else {
        return;
    };
    let devices: Vec<u16> = entry.visible_devices().map(|(device, _)| device).collect();
    for device in devices {
        let target = DeviceAddress { account: to, device };
        if target == by || Some(target) == except {
            continue;
        }
        if target.is_phone() {
            let mut signal = Signal::new("call").by(by.account).what(node.tag.to_string());
            if let Some(id) = attr(node, "call-id") {
                signal = signal.id(&id);
            }
            signals::hear(state, to, signal);
            continue;
        }
        if node.tag != "offer" && crate::devices::live(state, target).is_none() {
            continue;
        }
        let id = random::stanza_id();
        let stanza = NodeBuilder::new("call")
            .attr("from", &from.0)
            .attr("id", id.as_str())
            .attr("t", state.clock.now_secs())
            .attr("notify", from.1.as_str())
            .attr("platform", "android")
            .attr("version", "2.25.1.1")
            .attr("e", "0")
            .children([for_device(state, node, target)])
            .build();
        let queued = Queued {
            class: Class::Call,
            id,
            from: Some(by.account),
            kind: None,
            node: stanza,
        };
        offline::deliver(state, target, queued);
    }
}

/// An offer as one device gets it: with its own key, not with everybody's.
fn for_device(state: &State, node: &Node, target: DeviceAddress) -> Node {
    let Some(destination) = node.get_optional_child("destination") else {
        return node.clone();
    };
    let own = destination.get_children_by_tag("to").find(|to| {
        jid(to, "jid").is_some_and(|jid| {
            jid.device == target.device && state.accounts.find(&jid) == Some(target.account)
        })
    });
    let mut node = node.clone();
    if let Some(wacore_binary::NodeContent::Nodes(children)) = &mut node.content {
        children.retain(|child| child.tag != "destination");
        children.extend(
            own.into_iter()
                .flat_map(|own| own.get_children_by_tag("enc").cloned()),
        );
    }
    node
}
