//! What a client says, sent to whoever answers it.

use wacore_binary::{Node, Server};

use crate::accounts::DeviceAddress;
use crate::faults::rule::Direction;
use crate::faults::{self, Passing};
use crate::offline::{self, Class};
use crate::stanza::ack::{self, ClientAck};
use crate::stanza::attr;
use crate::stanza::iq::{Iq, IqKind};
use crate::stanza::message::ClientMessage;
use crate::stanza::receipt::ClientReceipt;
use crate::state::State;
use crate::streams::{ConnectionId, Peer};
use crate::{calls, iq, link_code, newsletters, pairing, presence, receipts, relay};

/// Takes one stanza, with whatever fault it meets on its way.
pub(crate) fn stanza(state: &mut State, connection: ConnectionId, node: Node) {
    faults::pass(
        state,
        Passing {
            connection,
            direction: Direction::FromClient,
            node,
        },
    );
}

/// Handles one stanza. What arrives on a connection that was closed is not heard.
pub(crate) fn handle(state: &mut State, connection: ConnectionId, node: Node) {
    match state.streams.peer(connection) {
        Some(Peer::Companion(_)) => companion(state, connection, node),
        Some(Peer::Device(address)) => {
            let address = *address;
            device(state, connection, address, node);
        }
        None => {}
    }
}

fn companion(state: &mut State, connection: ConnectionId, node: Node) {
    if node.tag != "iq" {
        return;
    }
    let Some(query) = Iq::parse(node) else {
        return;
    };
    if query.kind == IqKind::Answer {
        pairing::answered(state, connection, &query);
    } else if query.xmlns == "md" {
        link_code::stage(state, connection, &query);
    } else {
        state.send(connection, query.result(Vec::new()));
    }
}

fn device(state: &mut State, connection: ConnectionId, by: DeviceAddress, node: Node) {
    match node.tag.as_ref() {
        "iq" => {
            if let Some(query) = Iq::parse(node).filter(|query| query.kind != IqKind::Answer) {
                iq::answer(state, by, &query);
            }
        }
        "message" => message(state, connection, by, &node),
        "receipt" => {
            if let Some(ack) = ack::plain("receipt", &node) {
                state.send(connection, ack);
            }
            if let Some(receipt) = ClientReceipt::parse(&node) {
                receipts::from_device(state, by, &receipt);
            }
        }
        "ack" => {
            if let Some(ack) = ClientAck::parse(&node)
                && let Some(class) = Class::parse(&ack.class)
            {
                let author = ack.participant.as_ref().or(ack.to.as_ref());
                let from = author.and_then(|jid| state.accounts.find(jid));
                offline::acknowledge(state, by, class, &ack.id, from, ack.kind.as_deref());
            }
        }
        "ib" => {
            if let Some(batch) = node.get_optional_child("offline_batch") {
                let count = attr(batch, "count")
                    .and_then(|count| count.parse().ok())
                    .unwrap_or(1);
                offline::page(state, by, count);
            }
        }
        "presence" => presence::from_device(state, by, &node),
        "chatstate" => presence::chatstate_from_device(state, by, &node),
        "call" => {
            if let Some(ack) = ack::plain("call", &node) {
                state.send(connection, ack);
            }
            calls::from_device(state, by, &node);
        }
        other => tracing::trace!(tag = other, "a stanza nobody handles yet"),
    }
}

fn message(state: &mut State, connection: ConnectionId, by: DeviceAddress, node: &Node) {
    let Some(message) = ClientMessage::parse(node) else {
        tracing::warn!("a message without id or recipient");
        return;
    };
    let t = state.clock.now_secs();
    if message.to.server == Server::Newsletter {
        let ack = match newsletters::from_device(state, by, node) {
            Ok(number) => ack::published(&message.id, &message.to, t, number),
            Err(error) => ack::refused_message(&message.id, &message.to, t, error.code()),
        };
        state.counters.messages_from_devices += 1;
        state.send(connection, ack);
        return;
    }
    match relay::admit(state, by, &message) {
        Err(code) => state.send(
            connection,
            ack::refused_message(&message.id, &message.to, t, code),
        ),
        Ok(phash) => {
            state.counters.messages_from_devices += 1;
            state.send(
                connection,
                ack::message(&message.id, &message.to, t, phash.as_deref()),
            );
            relay::message(state, by, message);
        }
    }
}
