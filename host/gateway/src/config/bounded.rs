//! A number that is checked when the file is parsed, so that the error can name the line.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// A number between `MIN` and `MAX`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Bounded<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Bounded<MIN, MAX> {
    /// For defaults. A value outside of the bounds becomes the nearest one inside.
    pub(crate) const fn new(value: u64) -> Self {
        if value < MIN {
            Self(MIN)
        } else if value > MAX {
            Self(MAX)
        } else {
            Self(value)
        }
    }

    /// As a number of things. On a machine that cannot count that far, as many as it can.
    pub(crate) fn count(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// As it is.
    pub(crate) fn get(self) -> u64 {
        self.0
    }

    /// As a signed number.
    pub(crate) fn whole(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// As milliseconds.
    pub(crate) fn millis(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Bounded<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = u64::deserialize(deserializer)?;
        if (MIN..=MAX).contains(&value) {
            Ok(Self(value))
        } else {
            Err(D::Error::custom(format!(
                "{value} is out of bounds: a number between {MIN} and {MAX}"
            )))
        }
    }
}
