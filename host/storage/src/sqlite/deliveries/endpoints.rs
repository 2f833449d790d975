//! Endpoints in memory: each is asked for by name when something is queued, and by id when it leaves.

use crate::deliveries::EndpointRow;
use crate::sqlite::remembered::{Changing, Remembered, Weigh};

/// Credentials in it are sealed, as in the database.
pub(in crate::sqlite) type Endpoints = Remembered<EndpointKey, Option<EndpointRow>>;

/// A write that changes endpoints.
pub(in crate::sqlite) type ChangingEndpoints = Changing<EndpointKey, Option<EndpointRow>>;

/// What an endpoint is asked for by.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in crate::sqlite) enum EndpointKey {
    /// The row id.
    Id(String),
    /// Plugin, session and the plugin's name for it.
    Name(String, String, String),
}

impl Weigh for EndpointKey {
    fn bytes(&self) -> usize {
        match self {
            Self::Id(id) => id.len(),
            Self::Name(plugin, session, name) => plugin.len() + session.len() + name.len(),
        }
    }
}

impl Weigh for Option<EndpointRow> {
    fn bytes(&self) -> usize {
        let Some(row) = self else { return 0 };
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        size_of::<EndpointRow>()
            + row.id.len()
            + row.plugin.len()
            + row.session_id.len()
            + row.name.len()
            + row.url.len()
            + text(&row.headers)
            + text(&row.secret)
            + row.previous.as_ref().map_or(0, |(secret, _)| secret.len())
            + text(&row.owner)
            + text(&row.reason)
    }
}
