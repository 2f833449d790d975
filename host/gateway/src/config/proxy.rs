//! `[proxy]`: through which proxies sessions may reach WhatsApp.

use serde::{Deserialize, Serialize};

use super::network::Networks;

/// The section.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Proxy {
    /// Besides the public internet: users choose a proxy, and must not reach this machine's own network through it.
    pub(crate) private_networks: Networks,
}
