//! Slows the guessing of passwords down: per address at a steady pace, per account by pauses that double. Nobody is
//! locked out for good: pauses end, and where an account's owner has logged in before, those that strangers cause do not
//! count. What is remembered is bounded.

use std::sync::{Arc, Mutex, PoisonError};

use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};

use crate::pace::{Pace, Rate, Verdict};

/// Accounts and addresses that are remembered; those not seen for longest are forgotten first.
const REMEMBERED: usize = 20_000;
/// Wrong passwords an account takes before its pauses begin.
const FREE_FAILURES: u32 = 10;
const FIRST_PAUSE_MS: i64 = 1_000;
const LONGEST_PAUSE_MS: i64 = 15 * 60_000;
/// After so long without a wrong password an account starts anew.
const FORGIVEN_AFTER_MS: i64 = 24 * 3_600_000;

/// What is known of one account.
#[derive(Default)]
struct Account {
    failures: u32,
    last_failure: i64,
    open_at: i64,
}

/// The gate before every password.
pub(crate) struct Throttle {
    addresses: Pace<String>,
    accounts: Cache<[u8; 32], Arc<Mutex<Account>>>,
    /// Addresses with the accounts that logged in from there.
    known: Cache<[u8; 32], ()>,
}

impl Throttle {
    /// Remembers nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            addresses: Pace::new(REMEMBERED),
            accounts: Cache::new(REMEMBERED),
            known: Cache::new(REMEMBERED),
        }
    }

    /// Whether another password may be tried now; else after how many milliseconds. Counts as a try of the address.
    pub(crate) fn admit(&self, address: &str, email: &str, per_minute: u64, now: i64) -> Result<(), i64> {
        if let Some(rate) = Rate::per_minute(per_minute, per_minute)
            && let Verdict::Wait { ms } = self.addresses.take(&address.to_owned(), rate, now)
        {
            return Err(ms);
        }
        match self.accounts.get(&self.counted_at(address, email)) {
            Some(account) => {
                let mut account = account.lock().unwrap_or_else(PoisonError::into_inner);
                let wait = account.open_at - now;
                // More than the longest pause: the clock was set back.
                if (1..=LONGEST_PAUSE_MS).contains(&wait) {
                    return Err(wait);
                }
                if account.failures >= FREE_FAILURES {
                    // One at a time: others wait until this one is judged.
                    account.open_at = now.saturating_add(FIRST_PAUSE_MS);
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A wrong password. Accounts that do not exist count as well: a difference would tell which do.
    pub(crate) fn failed(&self, address: &str, email: &str, now: i64) {
        let fresh = || Ok::<_, std::convert::Infallible>(Arc::default());
        let counted_at = self.counted_at(address, email);
        let Ok(account) = self.accounts.get_or_insert_with(&counted_at, fresh);
        let mut account = account.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(account.last_failure) > FORGIVEN_AFTER_MS {
            account.failures = 0;
        }
        account.failures = account.failures.saturating_add(1);
        account.last_failure = now;
        if account.failures >= FREE_FAILURES {
            let doublings = (account.failures - FREE_FAILURES).min(20);
            let pause = FIRST_PAUSE_MS
                .saturating_mul(1 << doublings)
                .min(LONGEST_PAUSE_MS);
            account.open_at = now.saturating_add(pause);
        }
    }

    /// The right one: the account starts anew, and this address is one of its own.
    pub(crate) fn succeeded(&self, address: &str, email: &str) {
        self.accounts.remove(&name(email));
        let place = place(address, email);
        self.accounts.remove(&place);
        self.known.insert(place, ());
    }

    /// An address of the account's own counts by itself, all others count together.
    fn counted_at(&self, address: &str, email: &str) -> [u8; 32] {
        let place = place(address, email);
        if self.known.get(&place).is_some() {
            place
        } else {
            name(email)
        }
    }
}

/// An account at an address.
fn place(address: &str, email: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(name(email));
    hash.update(address.as_bytes());
    hash.finalize().into()
}

/// Whatever was typed, however long it is.
fn name(email: &str) -> [u8; 32] {
    Sha256::digest(email.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::{FORGIVEN_AFTER_MS, LONGEST_PAUSE_MS, Throttle};

    #[test]
    fn an_address_has_its_pace() {
        let throttle = Throttle::new();
        for n in 0..5 {
            assert_eq!(throttle.admit("a", &format!("{n}@example.test"), 5, 0), Ok(()));
        }
        assert_eq!(throttle.admit("a", "x@example.test", 5, 0), Err(12_000));
        assert_eq!(throttle.admit("b", "x@example.test", 5, 0), Ok(()));
        assert_eq!(
            throttle.admit("a", "x@example.test", 0, 0),
            Ok(()),
            "switched off"
        );
    }

    #[test]
    fn an_accounts_pauses_double_up_to_a_limit_from_any_address() {
        let throttle = Throttle::new();
        let mut now = 0;
        for n in 0..10 {
            assert_eq!(throttle.admit(&format!("address-{n}"), "ann", 5, now), Ok(()));
            throttle.failed(&format!("address-{n}"), "ann", now);
        }
        assert_eq!(throttle.admit("fresh", "ann", 5, now), Err(1_000));
        now += 1_000;
        assert_eq!(throttle.admit("one", "ann", 5, now), Ok(()));
        assert_eq!(
            throttle.admit("another", "ann", 5, now),
            Err(1_000),
            "one guess a pause"
        );
        assert_eq!(throttle.admit("fresh", "ben", 5, now), Ok(()));
        let mut longest = 0;
        for _ in 0..15 {
            now += LONGEST_PAUSE_MS;
            throttle.failed("fresh", "ann", now);
            longest = throttle.admit("fresh", "ann", 0, now).unwrap_err();
        }
        assert_eq!(longest, LONGEST_PAUSE_MS);
        throttle.succeeded("home", "ann");
        assert_eq!(throttle.admit("fresh", "ann", 0, now), Ok(()));
        throttle.failed("fresh", "ann", now);
        assert_eq!(throttle.admit("fresh", "ann", 0, now), Ok(()), "counted anew");
    }

    #[test]
    fn strangers_do_not_keep_an_owner_out_of_where_they_logged_in() {
        let throttle = Throttle::new();
        throttle.succeeded("home", "ann");
        for _ in 0..30 {
            throttle.failed("fresh", "ann", 0);
        }
        assert_eq!(throttle.admit("home", "ann", 0, 1), Ok(()));
        assert!(throttle.admit("elsewhere", "ann", 0, 1).is_err());
        for _ in 0..10 {
            throttle.failed("home", "ann", 1);
        }
        assert!(
            throttle.admit("home", "ann", 0, 1).is_err(),
            "guesses there count there"
        );
    }

    #[test]
    fn a_day_of_peace_forgives() {
        let throttle = Throttle::new();
        for _ in 0..12 {
            throttle.failed("fresh", "ann", 0);
        }
        let later = FORGIVEN_AFTER_MS + 1;
        throttle.failed("fresh", "ann", later);
        assert_eq!(throttle.admit("a", "ann", 0, later), Ok(()));
    }
}
