//! One fault: what it does, to what, and how often.

use std::time::Duration;

use wacore_binary::Node;

use crate::accounts::{AccountId, DeviceAddress};
use crate::stanza::attr;

/// Which way a stanza goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    FromClient,
    ToClient,
}

/// Whether a connection ends before a stanza is handled or after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    After,
}

/// How a connection ends.
#[derive(Debug, Clone)]
pub(crate) enum Ending {
    /// Without a word.
    Cut,
    /// With a last word.
    Said(Node),
}

/// What a fault does.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Drop,
    Delay(Duration),
    Duplicate,
    /// Lets some later stanzas go first, and goes itself after a while at the latest.
    Reorder {
        count: u64,
        within: Duration,
    },
    /// Makes what is encrypted unreadable.
    Corrupt,
    /// Refuses a message.
    Nack(u16),
    /// Ends the connection.
    End(Ending, Moment),
    RefuseLogin(Node),
    StalePrekeys,
    DemandPasskey,
}

/// What a fault is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    Stanza,
    Login,
    Prekeys,
    Linking,
}

/// A fault.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) id: u64,
    /// Its name in the control API.
    pub(crate) name: &'static str,
    pub(crate) action: Action,
    pub(crate) point: Point,
    pub(crate) direction: Option<Direction>,
    pub(crate) tag: Option<String>,
    /// The stanza's `type`.
    pub(crate) kind: Option<String>,
    pub(crate) xmlns: Option<String>,
    pub(crate) account: Option<AccountId>,
    pub(crate) device: Option<u16>,
    /// How many it lets pass first.
    pub(crate) skip: u64,
    /// How often it strikes; `None` is for ever.
    pub(crate) times: Option<u64>,
    pub(crate) used: u64,
}

impl Rule {
    pub(crate) fn is_spent(&self) -> bool {
        self.times.is_some_and(|times| self.used >= times)
    }

    /// Whether it is about a device; `None` is a client that is not linked yet.
    pub(crate) fn is_about(&self, device: Option<DeviceAddress>) -> bool {
        let account = device.map(|device| device.account);
        let number = device.map(|device| device.device);
        self.account.is_none_or(|wanted| account == Some(wanted))
            && self.device.is_none_or(|wanted| number == Some(wanted))
    }

    pub(crate) fn matches(&self, device: Option<DeviceAddress>, direction: Direction, node: &Node) -> bool {
        let same = |wanted: &Option<String>, key: &str| {
            wanted
                .as_ref()
                .is_none_or(|wanted| attr(node, key).as_ref() == Some(wanted))
        };
        self.point == Point::Stanza
            && self.is_about(device)
            && self.direction.is_none_or(|wanted| wanted == direction)
            && self.tag.as_ref().is_none_or(|wanted| node.tag == wanted.as_str())
            && same(&self.kind, "type")
            && same(&self.xmlns, "xmlns")
    }
}
