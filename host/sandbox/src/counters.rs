//! Plain counts of what happened, for `GET /state`.

use serde::Serialize;

/// Counts since the network was started.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counters {
    /// WebSocket connections that finished the handshake.
    pub(crate) connections: u64,
    /// Of those: resumed by Noise IK.
    pub(crate) resumed: u64,
    /// Of those: IK refused, continued as `XXfallback`.
    pub(crate) fallbacks: u64,
    /// Devices linked.
    pub(crate) linked: u64,
    /// Logins accepted.
    pub(crate) logins: u64,
    /// Logins refused with `<failure>`.
    pub(crate) refused_logins: u64,
    /// Messages taken from linked devices.
    pub(crate) messages_from_devices: u64,
    /// Messages sent by phones.
    pub(crate) messages_from_phones: u64,
    /// Encrypted parts addressed to a device that does not exist.
    pub(crate) undeliverable: u64,
    /// Parts a phone could not decrypt.
    pub(crate) undecryptable: u64,
    /// Group messages whose sender did not know all devices.
    pub(crate) outdated_devices: u64,
    /// Receipts relayed.
    pub(crate) receipts: u64,
    /// Messages a phone encrypted again because a device asked for it.
    pub(crate) resent: u64,
    /// One-time prekeys handed out.
    pub(crate) prekeys_consumed: u64,
    /// App-state uploads refused because of a version conflict.
    pub(crate) app_state_conflicts: u64,
    /// Queries of a namespace the network does not know, answered by an empty result.
    pub(crate) unknown_queries: u64,
    /// Connections closed because they read too slowly.
    pub(crate) slow_connections: u64,
}
