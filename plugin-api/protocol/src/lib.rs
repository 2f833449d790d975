//! What host and plugins both know: events, errors and the plugin manifest. Types only, no I/O.

pub mod error;
pub mod event;
pub mod manifest;
#[cfg(feature = "native")]
pub mod native;
pub mod refusal;
pub mod text;
