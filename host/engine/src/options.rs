//! What the engine has to know to start.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::EngineError;
use crate::media::MediaOptions;
use crate::pace::PaceOptions;

/// Which network to dial.
#[derive(Debug, Clone)]
pub enum Network {
    /// WhatsApp itself.
    WhatsApp,
    /// A sandbox network on this machine.
    Sandbox {
        /// Its WebSocket, `ws://127.0.0.1:PORT/ws/chat`.
        ws_url: String,
        /// The certificate authority of its media host, PEM; trusted for this network only. Without it no file can be
        /// up- or downloaded.
        media_ca: Option<String>,
    },
}

/// Options of [`crate::Engine::open`].
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Which network to dial.
    pub network: Network,
    /// What of the past is stored.
    pub history: HistoryOptions,
    /// How often a change of one person's presence is written into the event log at most.
    pub presence_every: Duration,
    /// How files of messages are kept.
    pub media: MediaOptions,
    /// How fast messages leave, where a session's settings do not say.
    pub pacing: PaceOptions,
    /// The same for a session whose settings only say that it wants to be paced.
    pub paced: PaceOptions,
    /// Whether messages may be given in the protocol's own form, which nothing checks.
    pub allow_raw_messages: bool,
    /// At which addresses a session's proxy may be.
    pub proxies: AddressPolicy,
}

/// Which addresses may be dialled. Users choose a proxy, and must not reach into the gateway's own network with it.
#[derive(Clone)]
pub struct AddressPolicy(Arc<dyn Fn(IpAddr) -> bool + Send + Sync>);

impl AddressPolicy {
    /// What this says.
    pub fn new(allows: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(allows))
    }

    /// A build that skips the certificate check dials loopback only, whatever the policy says.
    pub(crate) fn allows(&self, address: IpAddr) -> bool {
        (self.0)(address) && (!cfg!(feature = "sandbox") || address.is_loopback())
    }
}

/// Nothing.
impl Default for AddressPolicy {
    fn default() -> Self {
        Self::new(|_| false)
    }
}

impl fmt::Debug for AddressPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressPolicy")
    }
}

impl EngineOptions {
    /// With the usual settings: no pauses, no messages in the protocol's own form. Files of messages go into this
    /// directory.
    pub fn new(network: Network, media_dir: impl Into<PathBuf>) -> Self {
        Self {
            network,
            history: HistoryOptions::default(),
            presence_every: DEFAULT_PRESENCE_EVERY,
            media: MediaOptions::in_dir(media_dir),
            pacing: PaceOptions::free(),
            paced: PaceOptions::default(),
            allow_raw_messages: false,
            proxies: AddressPolicy::default(),
        }
    }

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
            Network::Sandbox { ws_url, .. } if is_loopback(ws_url) => Ok(()),
            Network::Sandbox { .. } => Err(EngineError::Invalid {
                field: "network",
                message: "a sandbox network must be a ws:// URL with a loopback address".to_owned(),
            }),
        }
    }
}

/// See [`EngineOptions::presence_every`].
pub const DEFAULT_PRESENCE_EVERY: Duration = Duration::from_secs(5);

/// What of the past is stored, where a session's settings do not say.
#[derive(Debug, Clone)]
pub struct HistoryOptions {
    /// Anything at all.
    pub sync: bool,
    /// Nothing older than this many days.
    pub days: Option<u32>,
    /// No more than this much a session, compressed.
    pub max_mib: Option<u32>,
}

impl Default for HistoryOptions {
    fn default() -> Self {
        Self {
            sync: true,
            days: Some(365),
            max_mib: Some(256),
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
