//! A scenario that was checked: names are numbers, texts are durations, tables are JSON.

use std::time::Duration;

use serde_json::Value;

/// What is to be done.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(super) name: Option<String>,
    pub(super) clock_start: Option<u64>,
    pub(super) real_time: bool,
    pub(super) groups: Vec<Founded>,
    /// Requests that set the network up, each with its line.
    pub(super) setup: Vec<(usize, Call)>,
    pub(super) steps: Vec<Step>,
}

/// A group of the file.
#[derive(Debug, Clone)]
pub(crate) struct Founded {
    /// The number of who makes it.
    pub(super) by: String,
    pub(super) subject: String,
}

/// A request to the control API.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) body: Value,
    /// The only status that is right; without it, any of 2xx.
    pub(super) status: Option<u16>,
}

/// One step of the timeline.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// From 1.
    pub(super) line: usize,
    pub(super) after: Duration,
    /// Real time.
    pub(super) within: Duration,
    /// What the message is called from here on.
    pub(super) called: Option<String>,
    pub(super) repeat: u32,
    /// For the report.
    pub(super) what: String,
    pub(super) action: Action,
}

/// What a step does.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Nothing but time passes.
    Pass,
    Call(Call),
    /// A phone of this number gets a message like this.
    Receives {
        phone: String,
        message: Value,
    },
    /// It does not.
    ReceivesNothing {
        phone: String,
        message: Value,
    },
    /// A device is linked to this phone, and (`online`) connected and done with its backlog.
    Device {
        phone: String,
        online: bool,
        there: bool,
    },
    /// Somebody got a receipt for what they sent.
    Receipt {
        phone: String,
        of: String,
        kind: String,
    },
    Expect {
        path: String,
        at: String,
        is: Value,
    },
}
