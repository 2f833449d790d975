//! What the engine has to know to start.

use std::net::IpAddr;

use crate::EngineError;

/// Which network to dial.
#[derive(Debug, Clone)]
pub enum Network {
    /// WhatsApp itself.
    WhatsApp,
    /// A sandbox network on this machine.
    Sandbox {
        /// Its WebSocket, `ws://127.0.0.1:PORT/ws/chat`.
        ws_url: String,
    },
}

/// Options of [`crate::Engine::open`].
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Which network to dial.
    pub network: Network,
}

impl EngineOptions {
    /// A build that skips the certificate check must never meet the real network, and one that does not could not pair
    /// with the sandbox.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        match &self.network {
            Network::WhatsApp if cfg!(feature = "sandbox") => Err(EngineError::Invalid {
                field: "network",
                message: "this build has the sandbox feature: it skips the certificate check and dials loopback only"
                    .to_owned(),
            }),
            Network::WhatsApp => Ok(()),
            Network::Sandbox { ws_url } if is_loopback(ws_url) => Ok(()),
            Network::Sandbox { .. } => Err(EngineError::Invalid {
                field: "network",
                message: "a sandbox network must be a ws:// URL with a loopback address".to_owned(),
            }),
        }
    }
}

/// Only a literal loopback address: a name could resolve to anything.
fn is_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("ws://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_literal_loopback_addresses_pass() {
        for good in [
            "ws://127.0.0.1:7001/ws/chat",
            "ws://[::1]:7001/",
            "ws://127.8.0.1",
        ] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in [
            "ws://localhost:7001/",
            "wss://127.0.0.1/",
            "ws://127.0.0.1@10.0.0.1/",
            "ws://10.0.0.1:80",
            "ws://0.0.0.0:80",
            "http://127.0.0.1",
            "ws://",
        ] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
