//! Numbers in the store that several instances may raise at the same time.

use std::fmt;
use std::str::FromStr;

use wagate_plugin_api::{Error, Host};

/// Who loses this often in a row is on a very busy counter.
const MAX_TRIES: usize = 20;
const MAX_NAME: usize = 40;

/// A counter's name: it becomes part of a key, so it is checked where it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CounterName(String);

impl CounterName {
    /// How often somebody said "example ping".
    pub(crate) fn pings() -> Self {
        Self("pings".to_owned())
    }
}

impl FromStr for CounterName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        if text.is_empty() || text.len() > MAX_NAME || !plain {
            return Err(format!("must be 1 to {MAX_NAME} of a-z and -"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for CounterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the counter stands at; one that was never raised stands at 0.
pub(crate) fn get(host: &dyn Host, session: &str, name: &CounterName) -> Result<u64, Error> {
    let stored = host.store_get(&key(session, name))?;
    stored.map_or(Ok(0), |bytes| read(&bytes))
}

/// Raises the counter and returns the new value. Read, add, and write only if nobody else has written meanwhile.
pub(crate) fn add(host: &dyn Host, session: &str, name: &CounterName, by: u64) -> Result<u64, Error> {
    let key = key(session, name);
    for _ in 0..MAX_TRIES {
        let stored = host.store_get(&key)?;
        let next = stored.as_deref().map_or(Ok(0), read)?.saturating_add(by);
        if host.store_compare_and_put(&key, stored.as_deref(), next.to_string().as_bytes())? {
            return Ok(next);
        }
    }
    Err(Error::conflict(format!("the counter {name} is too busy")))
}

/// A key that starts with the session's id is deleted with the session.
fn key(session: &str, name: &CounterName) -> String {
    format!("{session}/counters/{name}")
}

fn read(bytes: &[u8]) -> Result<u64, Error> {
    std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Error::internal("a stored counter is not a number"))
}

#[cfg(test)]
mod tests {
    use wagate_plugin_api::testing::{FakeHost, SESSION_ID};

    use super::*;

    #[test]
    fn a_counter_starts_at_zero_and_adds_up() {
        let host = FakeHost::default();
        let name = CounterName::pings();
        assert_eq!(get(&host, SESSION_ID, &name).unwrap(), 0);
        assert_eq!(add(&host, SESSION_ID, &name, 2).unwrap(), 2);
        assert_eq!(add(&host, SESSION_ID, &name, 3).unwrap(), 5);
        assert_eq!(get(&host, "another", &name).unwrap(), 0);
    }

    #[test]
    fn a_name_that_would_leave_its_place_is_refused() {
        for bad in ["", "a/b", "A", &"a".repeat(41)] {
            assert!(bad.parse::<CounterName>().is_err(), "{bad}");
        }
    }
}
