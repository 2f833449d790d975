//! `[audit]`: how long it is known who did what.

use serde::{Deserialize, Serialize};

use super::bounded::Bounded;

/// The section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Audit {
    pub(crate) keep_days: Bounded<1, 36_500>,
}

impl Default for Audit {
    fn default() -> Self {
        Self {
            keep_days: Bounded::new(365),
        }
    }
}
