//! `[http]`: where the API listens and what one client may take.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::bounded::Bounded;

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
    pub(crate) max_connections: Bounded<1, 100_000>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
            header_timeout_ms: Bounded::new(10_000),
            body_timeout_ms: Bounded::new(15_000),
            request_timeout_ms: Bounded::new(60_000),
            max_body_bytes: Bounded::new(1_048_576),
            max_connections: Bounded::new(2_000),
        }
    }
}
