//! `[plugins]`: what plugins may be at all. What each may do is in its own file.

use serde::{Deserialize, Serialize};

/// The section.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Plugins {
    pub(crate) allow_native: bool,
}
