#![doc = include_str!("../README.md")]

mod accounts;
mod app_state;
mod certificate;
mod clock;
mod connection;
mod control;
mod counters;
mod device_list;
mod devices;
mod dispatch;
mod error;
mod framing;
mod handshake;
mod hub;
mod iq;
mod journal;
mod keys;
mod link_code;
mod network;
mod offline;
mod pairing;
mod phone;
mod random;
mod receipts;
mod relay;
mod server_key;
mod stanza;
mod state;
mod streams;

pub use error::SandboxError;
pub use network::{Network, NetworkOptions};
