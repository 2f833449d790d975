//! The rights a manifest can ask for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The rights there are, named like the WIT interfaces they open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// An own key-value store.
    Store,
    /// Own documents, one a session.
    Settings,
    /// Reading what the host knows about a session.
    Sessions,
    /// Sending messages.
    WhatsappMessages,
    /// Reading stored chats and messages.
    History,
    /// Marking chats: read, archived, muted, pinned; presence.
    WhatsappChats,
    /// Groups.
    WhatsappGroups,
    /// People: names, pictures, blocking.
    WhatsappContacts,
    /// The account's own profile.
    WhatsappProfile,
    /// Status posts.
    WhatsappStatus,
    /// Labels.
    WhatsappLabels,
    /// Files, by handle.
    Media,
    /// Requests to servers that the administrator allows.
    HttpClient,
    /// POSTs that are retried until they arrive.
    Delivery,
    /// Durable timers.
    Timers,
    /// Own events in a session's log.
    Emit,
    /// Notifications to a session's users.
    Notify,
}

impl Right {
    /// Every right there is.
    pub const ALL: [Self; 17] = [
        Self::Store,
        Self::Settings,
        Self::Sessions,
        Self::WhatsappMessages,
        Self::History,
        Self::WhatsappChats,
        Self::WhatsappGroups,
        Self::WhatsappContacts,
        Self::WhatsappProfile,
        Self::WhatsappStatus,
        Self::WhatsappLabels,
        Self::Media,
        Self::HttpClient,
        Self::Delivery,
        Self::Timers,
        Self::Emit,
        Self::Notify,
    ];

    /// As it stands in manifests, operator files and error messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Settings => "settings",
            Self::Sessions => "sessions",
            Self::WhatsappMessages => "whatsapp-messages",
            Self::History => "history",
            Self::WhatsappChats => "whatsapp-chats",
            Self::WhatsappGroups => "whatsapp-groups",
            Self::WhatsappContacts => "whatsapp-contacts",
            Self::WhatsappProfile => "whatsapp-profile",
            Self::WhatsappStatus => "whatsapp-status",
            Self::WhatsappLabels => "whatsapp-labels",
            Self::Media => "media",
            Self::HttpClient => "http-client",
            Self::Delivery => "delivery",
            Self::Timers => "timers",
            Self::Emit => "emit",
            Self::Notify => "notify",
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
