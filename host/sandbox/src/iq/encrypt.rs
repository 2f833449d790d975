//! `encrypt`: keys are uploaded, counted, verified, and handed out, each one-time key once.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};

use super::{Answer, Then};
use crate::accounts::DeviceAddress;
use crate::faults;
use crate::keys::{Bundle, DeviceKeys, OneTimeKey, SignedKey, id_bytes, number};
use crate::offline;
use crate::stanza::iq::{self, Iq, IqKind};
use crate::stanza::{child_content, child_key, jid, server_jid};
use crate::state::State;

/// The key type that travels with every bundle: Curve25519.
const KEY_TYPE: u8 = 5;
/// When this many one-time keys are left, the device is asked for more.
const FEW_KEYS: usize = 10;

pub(super) fn answer(state: &mut State, by: DeviceAddress, query: &Iq) -> Answer {
    if query.kind == IqKind::Set {
        if let Some(rotate) = query.child("rotate") {
            return self::rotate(state, by, query, rotate);
        }
        return upload(state, by, query);
    }
    if query.child("count").is_some() {
        let left = state.accounts.device(by).and_then(|device| device.keys.as_ref());
        let left = left.map_or(0, |keys| keys.one_time.len());
        return query
            .result(vec![NodeBuilder::new("count").attr("value", left).build()])
            .into();
    }
    if query.child("digest").is_some() {
        return digest(state, by, query);
    }
    if let Some(asked) = query.child("key") {
        return fetch(state, query, asked);
    }
    query.result(Vec::new()).into()
}

fn upload(state: &mut State, by: DeviceAddress, query: &Iq) -> Answer {
    let Some(new) = parse_upload(query.node()) else {
        return query.error(400, "bad-request").into();
    };
    let Some(device) = state.accounts.device_mut(by) else {
        return query.error(401, "not-authorized").into();
    };
    match &mut device.keys {
        // A later upload adds one-time keys to those that are left.
        Some(keys) => {
            keys.registration_id = new.registration_id;
            keys.identity = new.identity;
            keys.signed = new.signed;
            let known: std::collections::HashSet<u32> = keys.one_time.iter().map(|key| key.id).collect();
            keys.one_time
                .extend(new.one_time.into_iter().filter(|key| !known.contains(&key.id)));
        }
        None => device.keys = Some(new),
    }
    Answer::then(query.result(Vec::new()), Then::ShareKey)
}

fn parse_upload(node: &Node) -> Option<DeviceKeys> {
    let one_time = node
        .get_optional_child("list")
        .into_iter()
        .flat_map(|list| list.get_children_by_tag("key"))
        .filter_map(|key| {
            Some(OneTimeKey {
                id: number(child_content(key, "id")?),
                value: child_key(key, "value")?,
            })
        })
        .collect();
    Some(DeviceKeys {
        registration_id: number(child_content(node, "registration")?),
        identity: child_key(node, "identity")?,
        signed: parse_signed(node.get_optional_child("skey")?)?,
        one_time,
    })
}

fn parse_signed(node: &Node) -> Option<SignedKey> {
    Some(SignedKey {
        id: number(child_content(node, "id")?),
        value: child_key(node, "value")?,
        signature: child_content(node, "signature")?.to_vec(),
    })
}

fn rotate(state: &mut State, by: DeviceAddress, query: &Iq, rotate: &Node) -> Answer {
    let signed = rotate.get_optional_child("skey").and_then(parse_signed);
    let keys = state
        .accounts
        .device_mut(by)
        .and_then(|device| device.keys.as_mut());
    let (Some(signed), Some(keys)) = (signed, keys) else {
        return query.error(400, "bad-request").into();
    };
    keys.signed = signed;
    query.result(Vec::new()).into()
}

/// What the server has, so that a client can see whether the two still agree.
fn digest(state: &State, by: DeviceAddress, query: &Iq) -> Answer {
    let Some(keys) = state.accounts.device(by).and_then(|device| device.keys.as_ref()) else {
        return query.error(404, "item-not-found").into();
    };
    let one_time: Vec<&[u8]> = keys.one_time.iter().map(|key| &key.value[..]).collect();
    let hash = wacore::prekeys::compute_key_bundle_digest(
        &keys.identity,
        &keys.signed.value,
        &keys.signed.signature,
        &one_time,
    );
    let ids = keys.one_time.iter().map(|key| bytes("id", &id_bytes(key.id)));
    let digest = NodeBuilder::new("digest")
        .children([
            bytes("registration", &keys.registration_id.to_be_bytes()),
            bytes("type", &[KEY_TYPE]),
            bytes("identity", &keys.identity),
            signed_node(&keys.signed),
            NodeBuilder::new("list").children(ids).build(),
            bytes("hash", &hash),
        ])
        .build();
    query.result(vec![digest]).into()
}

fn fetch(state: &mut State, query: &Iq, asked: &Node) -> Answer {
    let t = state.clock.now_secs();
    let users: Vec<Node> = asked
        .get_children_by_tag("user")
        .filter_map(|user| jid(user, "jid"))
        .map(|jid| {
            let bundle = resolve(state, &jid).and_then(|address| take_bundle(state, address));
            let node = NodeBuilder::new("user").attr("jid", jid);
            match bundle {
                Some(bundle) => {
                    let mut children = vec![bytes("registration", &bundle.registration_id.to_be_bytes())];
                    children.extend(key_nodes(&bundle));
                    node.attr("t", t).children(children).build()
                }
                None => node.children([iq::error(404, "item-not-found")]).build(),
            }
        })
        .collect();
    query
        .result(vec![NodeBuilder::new("list").children(users).build()])
        .into()
}

fn resolve(state: &State, jid: &Jid) -> Option<DeviceAddress> {
    let account = state.accounts.find(jid)?;
    Some(DeviceAddress {
        account,
        device: jid.device,
    })
}

/// Hands out a device's keys; a one-time key is used up by it.
pub(crate) fn take_bundle(state: &mut State, address: DeviceAddress) -> Option<Bundle> {
    let account = state.accounts.get_mut(address.account)?;
    let mut bundle = if address.is_phone() {
        account.phone.take_bundle()
    } else {
        let device = account.devices.get_mut(&address.device)?;
        let mut bundle = device.keys.as_mut()?.take_bundle();
        bundle.device_identity.clone_from(&device.signed_identity);
        let left = device.keys.as_ref().map_or(0, |keys| keys.one_time.len());
        if left == FEW_KEYS && bundle.one_time.is_some() {
            ask_for_keys(state, address, left);
        }
        bundle
    };
    faults::spoil(state, address, &mut bundle);
    if bundle.one_time.is_some() {
        state.counters.prekeys_consumed += 1;
    }
    Some(bundle)
}

fn ask_for_keys(state: &mut State, address: DeviceAddress, left: usize) {
    let node = NodeBuilder::new("notification")
        .attr("from", server_jid())
        .attr("type", "encrypt")
        .attr("t", state.clock.now_secs())
        .children([NodeBuilder::new("count").attr("value", left).build()])
        .build();
    offline::notify(state, address, None, node);
}

/// A bundle on the wire, without the registration id that stands before it.
pub(crate) fn key_nodes(bundle: &Bundle) -> Vec<Node> {
    let mut nodes = vec![bytes("type", &[KEY_TYPE]), bytes("identity", &bundle.identity)];
    if let Some(key) = &bundle.one_time {
        nodes.push(
            NodeBuilder::new("key")
                .children([bytes("id", &id_bytes(key.id)), bytes("value", &key.value)])
                .build(),
        );
    }
    nodes.push(signed_node(&bundle.signed));
    if let Some(identity) = &bundle.device_identity {
        nodes.push(bytes("device-identity", identity));
    }
    nodes
}

fn signed_node(key: &SignedKey) -> Node {
    NodeBuilder::new("skey")
        .children([
            bytes("id", &id_bytes(key.id)),
            bytes("value", &key.value),
            bytes("signature", &key.signature),
        ])
        .build()
}

fn bytes(tag: &'static str, content: &[u8]) -> Node {
    NodeBuilder::new(tag).bytes(content.to_vec()).build()
}
