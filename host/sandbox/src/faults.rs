//! Faults on demand: stanzas that are lost, late, doubled or out of order, connections that end, logins and messages that
//! are refused, keys nobody has any more.

pub(crate) mod rule;

use std::time::Duration;

use wacore_binary::{Jid, Node, NodeContent};

use crate::accounts::{AccountId, DeviceAddress};
use crate::later::{self, Effect};
use crate::stanza::{ack, attr, jid};
use crate::state::State;
use crate::streams::{ConnectionId, Peer};
use crate::{dispatch, keys};
use rule::{Action, Direction, Ending, Moment, Point, Rule};

/// The most faults at a time.
pub(crate) const MOST: usize = 1000;
/// Which byte of a ciphertext is spoilt: what authenticates it ends here in all its forms, and what frames it does not
/// begin before, so that it can be parsed and not be read.
const FROM_THE_END: usize = 16;
/// The most stanzas that are held back for others to overtake.
const MOST_HELD: usize = 10_000;

/// A stanza on its way.
#[derive(Debug)]
pub(crate) struct Passing {
    pub(crate) connection: ConnectionId,
    pub(crate) direction: Direction,
    pub(crate) node: Node,
}

/// A stanza that others are to overtake.
#[derive(Debug)]
struct Held {
    id: u64,
    passing: Passing,
    left: u64,
}

/// The faults that are asked for.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    held: Vec<Held>,
    last: u64,
}

impl Faults {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.rules.len()
    }

    /// Asks for a fault; gives back its number.
    pub(crate) fn add(&mut self, mut rule: Rule) -> u64 {
        self.last += 1;
        rule.id = self.last;
        self.rules.push(rule);
        self.last
    }

    /// Takes a fault back; `false` when there is none.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.id != id);
        self.rules.len() < before
    }

    /// Takes all faults back. What they hold goes on.
    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    fn idle(&self) -> bool {
        self.rules.is_empty() && self.held.is_empty()
    }

    /// The first fault that is about this, once more used.
    fn strike(&mut self, about: impl Fn(&Rule) -> bool) -> Option<Action> {
        let rule = self
            .rules
            .iter_mut()
            .find(|rule| !rule.is_spent() && about(rule))?;
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        rule.used += 1;
        Some(rule.action.clone())
    }
}

/// Lets a stanza pass, with whatever fault it meets.
pub(crate) fn pass(state: &mut State, passing: Passing) {
    if state.faults.idle() {
        undisturbed(state, passing);
        return;
    }
    let device = match state.streams.peer(passing.connection) {
        Some(Peer::Device(address)) => Some(*address),
        Some(Peer::Companion(_)) => None,
        None => return,
    };
    let behind = Behind {
        connection: passing.connection,
        direction: passing.direction,
        tag: passing.node.tag.to_string(),
    };
    let action = state
        .faults
        .strike(|rule| rule.matches(device, behind.direction, &passing.node));
    let held = match action {
        None => {
            undisturbed(state, passing);
            None
        }
        Some(action) => meet(state, action, passing),
    };
    release(state, &behind, held);
}

/// A stanza meets a fault. Gives back the number it is held under, when it is held.
fn meet(state: &mut State, action: Action, mut passing: Passing) -> Option<u64> {
    match action {
        Action::Drop => {}
        Action::Delay(time) => later::schedule(state, time, Effect::Pass(Box::new(passing))),
        Action::Duplicate => {
            let copy = Passing {
                connection: passing.connection,
                direction: passing.direction,
                node: passing.node.clone(),
            };
            undisturbed(state, passing);
            undisturbed(state, copy);
        }
        Action::Reorder { count, within } => return Some(hold(state, passing, count, within)),
        Action::Corrupt => {
            let own = match state.streams.peer(passing.connection) {
                Some(Peer::Device(address)) if passing.direction == Direction::FromClient => {
                    Some(address.account)
                }
                _ => None,
            };
            let accounts = &state.accounts;
            corrupt(&mut passing.node, &|to| own.is_some() && accounts.find(to) == own);
            undisturbed(state, passing);
        }
        Action::Nack(code) => refuse(state, &passing, code),
        Action::End(ending, moment) => {
            let connection = passing.connection;
            if moment == Moment::After {
                undisturbed(state, passing);
            }
            end(state, connection, &ending);
        }
        // These are about other things than stanzas.
        Action::RefuseLogin(_) | Action::StalePrekeys | Action::DemandPasskey => {
            undisturbed(state, passing);
        }
    }
    None
}

/// Lets a stanza pass without a fault.
pub(crate) fn undisturbed(state: &mut State, passing: Passing) {
    match passing.direction {
        Direction::FromClient => dispatch::handle(state, passing.connection, passing.node),
        Direction::ToClient => state.send_now(passing.connection, passing.node),
    }
}

fn hold(state: &mut State, passing: Passing, count: u64, within: Duration) -> u64 {
    state.faults.last += 1;
    let id = state.faults.last;
    if state.faults.held.len() >= MOST_HELD {
        undisturbed(state, passing);
        return id;
    }
    state.faults.held.push(Held {
        id,
        passing,
        left: count,
    });
    later::schedule(state, within, Effect::Release(id));
    id
}

/// What a stanza overtakes: others of its tag on its way. The acks between them do not count.
struct Behind {
    connection: ConnectionId,
    direction: Direction,
    tag: String,
}

/// One more stanza has overtaken those that are held.
fn release(state: &mut State, behind: &Behind, except: Option<u64>) {
    let mut free = Vec::new();
    for held in &mut state.faults.held {
        let passing = &held.passing;
        let same = passing.connection == behind.connection
            && passing.direction == behind.direction
            && passing.node.tag == behind.tag.as_str();
        if same && Some(held.id) != except {
            held.left = held.left.saturating_sub(1);
            if held.left == 0 {
                free.push(held.id);
            }
        }
    }
    for id in free {
        let_go(state, id);
    }
}

/// A stanza that was held goes on.
pub(crate) fn let_go(state: &mut State, id: u64) {
    let position = state.faults.held.iter().position(|held| held.id == id);
    if let Some(position) = position {
        let held = state.faults.held.remove(position);
        undisturbed(state, held.passing);
    }
}

/// Makes what is encrypted unreadable, but for the copies of the writer's own devices: their sessions are others. (The
/// library takes an own phone's question for the chat's, and would not hear the chat's beside it.)
fn corrupt(node: &mut Node, is_own: &impl Fn(&Jid) -> bool) {
    if node.tag == "to" && jid(node, "jid").is_some_and(|to| is_own(&to)) {
        return;
    }
    if node.tag == "enc" {
        if let Some(NodeContent::Bytes(bytes)) = &mut node.content
            && let Some(position) = bytes.len().checked_sub(FROM_THE_END)
            && let Some(byte) = bytes.get_mut(position)
        {
            *byte ^= 0xff;
        }
        return;
    }
    if let Some(NodeContent::Nodes(children)) = &mut node.content {
        for child in children {
            corrupt(child, is_own);
        }
    }
}

/// Answers a message as if the server did not want it.
fn refuse(state: &mut State, passing: &Passing, code: u16) {
    let (Some(id), Some(to)) = (attr(&passing.node, "id"), jid(&passing.node, "to")) else {
        return;
    };
    let t = state.clock.now_secs();
    let nack = ack::refused_message(&id, &to, t, code);
    state.send_now(passing.connection, nack);
}

/// Ends a connection, with or without a last word.
pub(crate) fn end(state: &mut State, connection: ConnectionId, ending: &Ending) {
    match ending {
        Ending::Cut => state.streams.cut(connection),
        Ending::Said(node) => state.streams.close(connection, node.clone()),
    }
}

/// The refusal a login meets.
pub(crate) fn login(state: &mut State, device: DeviceAddress) -> Option<Node> {
    let action = state
        .faults
        .strike(|rule| rule.point == Point::Login && rule.is_about(Some(device)));
    match action {
        Some(Action::RefuseLogin(failure)) => Some(failure),
        _ => None,
    }
}

/// Whether a client has to show a passkey before it becomes a device of an account.
pub(crate) fn passkey(state: &mut State, account: AccountId) -> bool {
    let demanded = state
        .faults
        .strike(|rule| rule.point == Point::Linking && rule.account.is_none_or(|wanted| wanted == account));
    demanded.is_some()
}

/// Makes a bundle one that its owner cannot use any more, when a fault says so.
pub(crate) fn spoil(state: &mut State, device: DeviceAddress, bundle: &mut keys::Bundle) {
    let struck = state
        .faults
        .strike(|rule| rule.point == Point::Prekeys && rule.is_about(Some(device)));
    if struck.is_some()
        && let Some(prekey) = &mut bundle.one_time
    {
        // An id its owner has never given to a key.
        prekey.id = !prekey.id & 0x00ff_ffff;
    }
}
