//! `[auth]`: who gets in, and for how long.

use serde::{Deserialize, Serialize};

use super::bounded::Bounded;

/// The section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Auth {
    pub(crate) registration: Registration,
    pub(crate) min_password_length: Bounded<6, 64>,
    pub(crate) login_idle_minutes: Bounded<1, 43_200>,
    pub(crate) login_max_hours: Bounded<1, 8_760>,
    /// 0: no limit.
    pub(crate) logins_per_minute: Bounded<0, 10_000>,
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Registration {
    /// Whoever comes while there is no user.
    First,
    /// Anybody.
    Open,
    /// Nobody.
    Closed,
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            registration: Registration::First,
            min_password_length: Bounded::new(8),
            login_idle_minutes: Bounded::new(30),
            login_max_hours: Bounded::new(12),
            logins_per_minute: Bounded::new(5),
        }
    }
}

impl Auth {
    /// How long a login lives without a request.
    pub(crate) fn idle_ms(&self) -> i64 {
        self.login_idle_minutes.whole().saturating_mul(60_000)
    }

    /// How long a login lives at most.
    pub(crate) fn max_age_ms(&self) -> i64 {
        self.login_max_hours.whole().saturating_mul(3_600_000)
    }
}
