//! The file as it is written. What it means is checked in `check.rs`.

use serde::Deserialize;
use toml::{Spanned, Table, Value};

/// A scenario file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) clock: Clock,
    pub(super) people: Spanned<Vec<Person>>,
    #[serde(default)]
    pub(super) groups: Vec<Spanned<Table>>,
    #[serde(default)]
    pub(super) faults: Vec<Spanned<Table>>,
    #[serde(default, rename = "step")]
    pub(super) steps: Vec<Spanned<Step>>,
}

/// The network's time.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Clock {
    /// The network starts at this time instead of now.
    pub(super) start: Option<Spanned<toml::value::Datetime>>,
    /// Waits take the time they say; otherwise the clock jumps.
    #[serde(default)]
    pub(super) real: bool,
}

/// Somebody on the network.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Person {
    pub(super) name: Spanned<String>,
    pub(super) number: Spanned<String>,
    pub(super) addressing: Option<Spanned<String>>,
    /// Names or digits of whom they have in their address book, and as what.
    #[serde(default)]
    pub(super) contacts: Vec<Contact>,
    /// As for `PUT /phones/{number}/history`.
    pub(super) history: Option<Spanned<Table>>,
}

/// An entry of an address book.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contact {
    pub(super) who: Spanned<String>,
    pub(super) name: String,
}

/// Something that happens, or is waited for. Exactly one of the last group of fields.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Step {
    /// Time that passes before.
    pub(super) after: Option<Spanned<String>>,
    /// Who does it, or whom it is about.
    pub(super) by: Option<Spanned<String>>,
    /// What the message is called from here on.
    #[serde(rename = "as")]
    pub(super) called: Option<Spanned<String>>,
    /// How often; `{n}` in texts counts from 1.
    pub(super) repeat: Option<Spanned<u32>>,
    /// How long is waited, in real time.
    pub(super) within: Option<Spanned<String>>,

    pub(super) send: Option<Spanned<Table>>,
    pub(super) read: Option<Spanned<Table>>,
    pub(super) typing: Option<Spanned<Table>>,
    pub(super) app_state: Option<Spanned<Table>>,
    pub(super) request: Option<Spanned<Request>>,
    pub(super) linked: Option<Spanned<bool>>,
    pub(super) online: Option<Spanned<bool>>,
    pub(super) receives: Option<Spanned<Table>>,
    pub(super) receives_nothing: Option<Spanned<Table>>,
    pub(super) receipt: Option<Spanned<Receipt>>,
    pub(super) expect: Option<Spanned<Expect>>,
}

/// Any request to the control API.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) method: Option<Spanned<String>>,
    pub(super) path: Spanned<String>,
    pub(super) body: Option<Value>,
    /// The status it has to be answered with; any of 2xx without it.
    pub(super) status: Option<u16>,
}

/// A receipt for a message that was sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Receipt {
    /// The message's name.
    pub(super) of: Spanned<String>,
    /// `delivered`, `read`, `played` ...
    #[serde(rename = "type")]
    pub(super) kind: String,
}

/// A question to the control API, asked until the answer is right.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    pub(super) path: Spanned<String>,
    /// A JSON pointer into the answer.
    #[serde(default)]
    pub(super) at: String,
    /// What has to be there; objects need only have what is named.
    pub(super) is: Value,
}
