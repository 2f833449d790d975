//! `[limits]`: how many requests one caller may make, and how many sessions a user.

use serde::{Deserialize, Serialize};

use super::bounded::Bounded;
use crate::pace::Rate;

/// The section. A rate of 0 means no limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) key_per_second: Bounded<0, 1_000_000>,
    pub(crate) key_burst: Bounded<1, 1_000_000>,
    pub(crate) address_per_second: Bounded<0, 1_000_000>,
    pub(crate) address_burst: Bounded<1, 1_000_000>,
    pub(crate) sessions_per_user: Bounded<0, 1_000_000>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            key_per_second: Bounded::new(50),
            key_burst: Bounded::new(100),
            address_per_second: Bounded::new(200),
            address_burst: Bounded::new(400),
            sessions_per_user: Bounded::new(50),
        }
    }
}

impl Limits {
    /// Sessions of one user; none: no limit.
    pub(crate) fn sessions(&self) -> Option<usize> {
        Some(usize::try_from(self.sessions_per_user.get()).unwrap_or(usize::MAX)).filter(|most| *most > 0)
    }

    /// Of one key or login.
    pub(crate) fn key(&self) -> Option<Rate> {
        Rate::per_second(self.key_per_second.get(), self.key_burst.get())
    }

    /// Of one address, whoever asks from it.
    pub(crate) fn address(&self) -> Option<Rate> {
        Rate::per_second(self.address_per_second.get(), self.address_burst.get())
    }
}
