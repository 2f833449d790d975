//! `[http]`: where the API listens, who stands in front of it, and what one client may take.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::bounded::Bounded;
use super::network::Networks;
use super::origins::Origins;

/// The section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Http {
    pub(crate) listen: SocketAddr,
    /// Also the time an idle connection is kept.
    pub(crate) header_timeout_ms: Bounded<100, 600_000>,
    /// The longest silence inside a body, not the time of the whole body.
    pub(crate) body_timeout_ms: Bounded<100, 600_000>,
    pub(crate) request_timeout_ms: Bounded<100, 3_600_000>,
    pub(crate) max_body_bytes: Bounded<1024, 104_857_600>,
    /// In place of `request_timeout_ms` for forms with files.
    pub(crate) upload_timeout_ms: Bounded<100, 86_400_000>,
    pub(crate) max_upload_bytes: Bounded<1024, 2_147_483_648>,
    pub(crate) max_connections: Bounded<1, 100_000>,
    pub(crate) max_connections_per_address: Bounded<1, 100_000>,
    /// Only their word counts about who the client is.
    pub(crate) trusted_proxies: Networks,
    pub(crate) cors_origins: Origins,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
            header_timeout_ms: Bounded::new(10_000),
            body_timeout_ms: Bounded::new(15_000),
            request_timeout_ms: Bounded::new(60_000),
            max_body_bytes: Bounded::new(1_048_576),
            upload_timeout_ms: Bounded::new(600_000),
            max_upload_bytes: Bounded::new(104_857_600),
            max_connections: Bounded::new(2_000),
            max_connections_per_address: Bounded::new(200),
            trusted_proxies: Networks::loopback(),
            cors_origins: Origins::default(),
        }
    }
}
