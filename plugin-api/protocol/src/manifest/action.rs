//! What a route does, for whoever decides who may call it: the unit of API keys' scopes and of roles.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Method;

/// The four kinds of action. Each one a caller is given is named; none contains another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Reading what a session holds.
    Read,
    /// Acting as the account: sending, marking, editing.
    Send,
    /// Deciding about a session: start, stop, settings, webhooks.
    Manage,
    /// Deciding about the gateway: users, plugins, system settings, the audit log.
    Admin,
}

impl Action {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Read, Self::Send, Self::Manage, Self::Admin];

    /// Its word in manifests and scopes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Send => "send",
            Self::Manage => "manage",
            Self::Admin => "admin",
        }
    }

    /// From its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }

    /// What a route does that says nothing.
    pub(super) fn of_method(method: Method) -> Self {
        match method {
            Method::Get => Self::Read,
            Method::Post | Method::Put | Method::Patch | Method::Delete => Self::Send,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
