//! `/api/system`: the machine, one session's figures, and what a stranger may know.

pub(crate) mod info;
pub(crate) mod monitor;
pub(crate) mod session;
