//! What can go wrong when a network is started. Faults of one connection stay in that connection.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// Why a network could not be started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The network speaks for anyone who reaches it, so it is only ever bound to loopback.
    #[error("{what} address {address} is not loopback: the sandbox listens on loopback only")]
    NotLoopback {
        /// Which of the addresses was refused: `listen`, `control` or `media`.
        what: &'static str,
        /// The refused address.
        address: SocketAddr,
    },
    /// An address could not be bound.
    #[error("cannot listen on {address} ({what})")]
    Bind {
        /// Which of the listeners failed: `listen`, `control` or `media`.
        what: &'static str,
        /// The address that was asked for.
        address: SocketAddr,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// The server's Noise key could not be read or written.
    #[error("cannot use the server key at {}", path.display())]
    ServerKey {
        /// The key file.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// The key file exists and is not a 32-byte key. Deleting it makes a new one, and clients start over with it.
    #[error("the server key at {} is damaged", path.display())]
    DamagedServerKey {
        /// The key file.
        path: PathBuf,
    },
    /// The media host has no place for its files.
    #[error("cannot make a directory for media")]
    MediaDisk {
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// A scenario could not be set up; the text names the line.
    #[error("the scenario cannot be set up: {0}")]
    Scenario(String),
    /// A key could not be derived or a certificate could not be signed.
    #[error("cannot prepare the server's certificate: {0}")]
    Certificate(String),
}
