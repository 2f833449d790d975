//! `/api/system`: the machine, one session's figures, the newest backup, and what a stranger may know.

pub(crate) mod backup;
pub(crate) mod info;
pub(crate) mod monitor;
pub(crate) mod session;
