//! `[retention]`: how long what happened is kept.

use serde::{Deserialize, Serialize};

use super::bounded::Bounded;
use crate::maintenance::Limits;

const MIB: i64 = 1024 * 1024;

/// The section. 0 means: for ever, or without a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Retention {
    pub(crate) events_days: Bounded<0, 36_500>,
    pub(crate) events_mib_per_session: Bounded<0, 1_048_576>,
    pub(crate) messages_days: Bounded<0, 36_500>,
    pub(crate) sends_days: Bounded<1, 36_500>,
    pub(crate) presence_every_ms: Bounded<0, 3_600_000>,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            events_days: Bounded::new(30),
            events_mib_per_session: Bounded::new(1_024),
            messages_days: Bounded::new(0),
            sends_days: Bounded::new(30),
            presence_every_ms: Bounded::new(5_000),
        }
    }
}

impl From<&Retention> for Limits {
    fn from(section: &Retention) -> Self {
        let unless_zero = |number: u64| i64::try_from(number).ok().filter(|number| *number > 0);
        Self {
            events_days: unless_zero(section.events_days.get()),
            events_bytes: unless_zero(section.events_mib_per_session.get())
                .map(|mib| mib.saturating_mul(MIB)),
            messages_days: unless_zero(section.messages_days.get()),
            sends_days: unless_zero(section.sends_days.get()).unwrap_or(1),
        }
    }
}
