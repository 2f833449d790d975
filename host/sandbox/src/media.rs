//! The media host: files that clients upload and download over TLS, and what the control API can do to them.
//!
//! Bytes are on disk; what is known of them is in memory. The server never decrypts: phones seal and open what is theirs
//! (`phone/media.rs`).

pub(crate) mod authority;
mod download;
mod faults;
pub(crate) mod host;
pub(crate) mod shelf;
pub(crate) mod store;
mod upload;

use std::net::{Ipv4Addr, SocketAddr};

use axum::http::StatusCode;
use serde::Serialize;
use thiserror::Error;

pub(crate) use faults::Faults;
pub(crate) use store::MediaStore;

/// Where the media host listens and how much it keeps.
#[derive(Debug, Clone)]
pub struct MediaOptions {
    /// Loopback only; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The most bytes on disk; an upload that does not fit is refused with 507.
    pub max_bytes: u64,
}

impl Default for MediaOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            max_bytes: 4 * 1024 * 1024 * 1024,
        }
    }
}

/// A file that is on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stored {
    pub(crate) url: String,
    pub(crate) direct_path: String,
    pub(crate) bytes: u64,
}

/// Why the host could not take or give a file.
#[derive(Debug, Error)]
pub(crate) enum MediaError {
    #[error("the token is not a SHA-256 hash in base64")]
    Token,
    #[error("the uploaded bytes do not have the hash that the token names")]
    Hash,
    #[error("file_offset {asked} is not where the upload stopped ({there})")]
    Offset { asked: u64, there: u64 },
    #[error("the media host is full: at most {0} bytes")]
    Full(u64),
    #[error("there is no such file")]
    Missing,
    #[error("the connection is broken off on purpose")]
    Cut,
    #[error("the media disk failed: {0}")]
    Disk(#[from] std::io::Error),
    #[error("a file could not be sealed or opened: {0}")]
    Crypto(String),
}

impl MediaError {
    /// The status a client or the control API sees.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Token | Self::Hash => StatusCode::BAD_REQUEST,
            Self::Offset { .. } => StatusCode::CONFLICT,
            Self::Full(_) => StatusCode::INSUFFICIENT_STORAGE,
            Self::Missing => StatusCode::NOT_FOUND,
            Self::Cut | Self::Disk(_) | Self::Crypto(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
