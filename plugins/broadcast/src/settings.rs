//! What the administrator can set.

use std::ops::RangeInclusive;

use serde::Deserialize;
use wagate_plugin_api::Error;

use crate::pace::{MAX_DELAY_MS, Pause};

const RECIPIENTS: u32 = 1000;
const MOST_RECIPIENTS: u32 = 10_000;
const OPEN: u32 = 5;
const MOST_OPEN: u32 = 100;
const KEEP: u32 = 100;
const MOST_KEPT: u32 = 500;
/// What the contract's reference promises.
const DELAY_MS: RangeInclusive<u64> = 10_000..=20_000;

/// `[settings]` of `config/plugins/broadcast.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    max_recipients: Option<u32>,
    max_open: Option<u32>,
    delay_min_ms: Option<u64>,
    delay_max_ms: Option<u64>,
    keep: Option<u32>,
}

impl Settings {
    /// Or what is wrong with them.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        within(self.max_recipients(), MOST_RECIPIENTS, "max_recipients")?;
        within(self.max_open(), MOST_OPEN, "max_open")?;
        within(self.keep(), MOST_KEPT, "keep")?;
        let delay = self.delay();
        if delay.is_empty() || *delay.end() > MAX_DELAY_MS {
            return Err(Error::bad_request(format!(
                "[settings] delay_min_ms and delay_max_ms: from 0 to {MAX_DELAY_MS}, and not the other way round"
            )));
        }
        Ok(self)
    }

    /// Of one broadcast.
    pub(crate) fn max_recipients(&self) -> u32 {
        self.max_recipients.unwrap_or(RECIPIENTS)
    }

    /// Running or paused, of one session.
    pub(crate) fn max_open(&self) -> u32 {
        self.max_open.unwrap_or(OPEN)
    }

    /// Of one session.
    pub(crate) fn keep(&self) -> u32 {
        self.keep.unwrap_or(KEEP)
    }

    /// Between two messages, when the client names none.
    pub(crate) fn pause(&self) -> Pause {
        let delay = self.delay();
        Pause {
            delay_ms: *delay.start(),
            more_ms: delay.end().saturating_sub(*delay.start()),
        }
    }

    fn delay(&self) -> RangeInclusive<u64> {
        self.delay_min_ms.unwrap_or(*DELAY_MS.start())..=self.delay_max_ms.unwrap_or(*DELAY_MS.end())
    }
}

fn within(number: u32, most: u32, name: &str) -> Result<(), Error> {
    if (1..=most).contains(&number) {
        return Ok(());
    }
    Err(Error::bad_request(format!("[settings] {name}: 1 to {most}")))
}
