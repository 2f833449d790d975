//! The state of a session as others see it.

use crate::PasskeyRequest;

/// The contract's session states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// Not connected, and not trying: the cause says why.
    Disconnected,
    /// Trying to connect, for ever.
    Connecting,
    /// Waiting for a phone to scan or to enter the pair code.
    ScanQr,
    /// Logged in.
    Connected,
    /// Someone stopped it.
    Stopped,
    /// The account unlinked this device; its keys are gone.
    LoggedOut,
}

impl SessionStatus {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disconnected => "DISCONNECTED",
            Self::Connecting => "CONNECTING",
            Self::ScanQr => "SCAN_QR",
            Self::Connected => "CONNECTED",
            Self::Stopped => "STOPPED",
            Self::LoggedOut => "LOGGED_OUT",
        }
    }

    /// Reads the contract's word; what is unknown counts as disconnected.
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "CONNECTING" => Self::Connecting,
            "SCAN_QR" => Self::ScanQr,
            "CONNECTED" => Self::Connected,
            "STOPPED" => Self::Stopped,
            "LOGGED_OUT" => Self::LoggedOut,
            _ => Self::Disconnected,
        }
    }
}

/// A session at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSnapshot {
    /// The state.
    pub status: SessionStatus,
    /// Why, where there is something to say.
    pub cause: Option<String>,
    /// The QR text to show, while pairing.
    pub qr: Option<String>,
    /// The pair code to enter on the phone, while pairing.
    pub pairing_code: Option<String>,
    /// The linked account's phone JID.
    pub pn: Option<String>,
    /// The linked account's LID.
    pub lid: Option<String>,
    /// The linked account's push name.
    pub push_name: Option<String>,
    /// What is asked of whoever links an account with a passkey.
    pub passkey: Option<PasskeyRequest>,
    /// Since when it is connected, ms.
    pub connected_since_ms: Option<i64>,
}
