//! `[pacing]`: how fast messages leave.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wagate_engine::{Network, PaceOptions};

use super::bounded::Bounded;

/// When messages are held back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// On the real network.
    #[default]
    Auto,
    On,
    Off,
}

/// The section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Pacing {
    pub(crate) mode: Mode,
    pub(crate) messages_per_minute: Bounded<0, 10_000>,
    pub(crate) burst: Bounded<1, 1_000>,
    pub(crate) gap_min_ms: Bounded<0, 60_000>,
    pub(crate) gap_max_ms: Bounded<0, 60_000>,
    pub(crate) max_wait_ms: Bounded<1_000, 300_000>,
}

impl Default for Pacing {
    fn default() -> Self {
        Self {
            mode: Mode::Auto,
            messages_per_minute: Bounded::new(20),
            burst: Bounded::new(5),
            gap_min_ms: Bounded::new(1_000),
            gap_max_ms: Bounded::new(3_000),
            max_wait_ms: Bounded::new(30_000),
        }
    }
}

impl Pacing {
    /// For sessions that are paced.
    pub(crate) fn paced(&self) -> PaceOptions {
        let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let least = self.gap_min_ms.millis();
        PaceOptions {
            per_minute: count(self.messages_per_minute.get()),
            burst: count(self.burst.get()),
            gap: (least, self.gap_max_ms.millis().max(least)),
            patience: self.max_wait_ms.millis(),
        }
    }

    /// For sessions that do not say. The sandbox network is in no hurry to ban anybody: there, nothing waits unless it
    /// is asked to.
    pub(crate) fn on(&self, network: &Network) -> PaceOptions {
        let is_on = match self.mode {
            Mode::Auto => matches!(network, Network::WhatsApp),
            Mode::On => true,
            Mode::Off => false,
        };
        if is_on {
            return self.paced();
        }
        PaceOptions {
            patience: self.patience(),
            ..PaceOptions::free()
        }
    }

    fn patience(&self) -> Duration {
        self.max_wait_ms.millis()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_held_back_on_the_real_network_only() {
        let sandbox = Network::Sandbox {
            ws_url: "ws://127.0.0.1:1/".to_owned(),
            media_ca: None,
        };
        let pacing = Pacing::default();
        assert_eq!(pacing.on(&Network::WhatsApp), PaceOptions::default());
        assert_eq!(pacing.on(&sandbox), PaceOptions::free());
        let on = Pacing {
            mode: Mode::On,
            ..pacing.clone()
        };
        assert_eq!(on.on(&sandbox), PaceOptions::default());
        let off = Pacing {
            mode: Mode::Off,
            ..pacing
        };
        assert_eq!(off.on(&Network::WhatsApp), PaceOptions::free());
    }
}
