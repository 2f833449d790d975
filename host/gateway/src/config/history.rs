//! `[history]`: what of the past is stored when a phone is linked.

use serde::{Deserialize, Serialize};
use wagate_engine::HistoryOptions;

use super::bounded::Bounded;

/// The section. 0 means: without a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct History {
    pub(crate) sync: bool,
    pub(crate) days: Bounded<0, 36_500>,
    pub(crate) max_mib_per_session: Bounded<0, 1_048_576>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            sync: true,
            days: Bounded::new(365),
            max_mib_per_session: Bounded::new(256),
        }
    }
}

impl From<&History> for HistoryOptions {
    fn from(section: &History) -> Self {
        let unless_zero = |number: u64| u32::try_from(number).ok().filter(|number| *number > 0);
        Self {
            sync: section.sync,
            days: unless_zero(section.days.get()),
            max_mib: unless_zero(section.max_mib_per_session.get()),
        }
    }
}
