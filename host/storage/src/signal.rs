//! The state of a session's linked device: Signal keys, app state, the device itself. Values are opaque here; what
//! they mean is the engine's.
//!
//! Every method is one transaction, and what it wrote is on disk when it returns: a ratchet that runs ahead of its row
//! reuses keys after a crash. Times are seconds since 1970, unlike elsewhere in this crate: the library's unit.

mod app_state;
mod device;
mod keys;
mod pending;
mod protocol;
mod secrets;
mod tokens;

pub use app_state::{AppState, AppStateKey, MutationMac};
pub use device::DeviceState;
pub use keys::{PrekeyRecord, SignalKeys, SignalRecord};
pub use pending::{PendingInbound, PendingKey, PendingMessage, SentMessages, Written};
pub use protocol::{BaseKey, DeviceListRow, LidMapping, Protocol, SenderKeyDevice};
pub use secrets::{MessageSecretRow, MessageSecrets};
pub use tokens::{TcToken, TcTokens};

/// The tables behind the engine's store adapter. The first argument of every method is the session's row id.
pub trait SignalState:
    SignalKeys + AppState + Protocol + TcTokens + SentMessages + PendingInbound + MessageSecrets + DeviceState
{
}

impl<T> SignalState for T where
    T: SignalKeys
        + AppState
        + Protocol
        + TcTokens
        + SentMessages
        + PendingInbound
        + MessageSecrets
        + DeviceState
{
}
