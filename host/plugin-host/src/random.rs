//! Where the chance of components comes from: WASI's random numbers, and with them the keys of their hash tables.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng as _, TryRng};

/// A source of generators, one for each instance. Cheap to clone.
#[derive(Clone, Default)]
pub struct Random {
    /// None: from the system.
    seeded: Option<Arc<Mutex<StdRng>>>,
}

impl Random {
    /// Numbers nobody can guess.
    pub fn system() -> Self {
        Self::default()
    }

    /// The same numbers each time, for tests: the first instance gets the same ones, so does the second.
    pub fn seeded(seed: u64) -> Self {
        let source = StdRng::seed_from_u64(seed);
        Self {
            seeded: Some(Arc::new(Mutex::new(source))),
        }
    }

    /// What an instance draws from, its own.
    pub(crate) fn generator(&self) -> Box<dyn Rng + Send> {
        match &self.seeded {
            None => Box::new(System),
            Some(source) => {
                let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
                Box::new(StdRng::from_rng(&mut *source))
            }
        }
    }
}

/// The thread's generator, seeded by the system again and again. One for each instance would be as good, and 320 bytes.
struct System;

impl TryRng for System {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        rand::rng().try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        rand::rng().try_next_u64()
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        rand::rng().try_fill_bytes(target)
    }
}

/// A number for WASI's `insecure-seed`.
pub(crate) fn seed(generator: &mut dyn Rng) -> u128 {
    let mut bytes = [0; 16];
    generator.fill_bytes(&mut bytes);
    u128::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the first three instances draw.
    fn drawn(random: &Random) -> [u128; 3] {
        [(); 3].map(|()| seed(&mut *random.generator()))
    }

    #[test]
    fn a_seed_says_what_comes_and_the_system_does_not() {
        let [first, second, third] = drawn(&Random::seeded(7));
        assert_eq!(drawn(&Random::seeded(7)), [first, second, third]);
        assert!(first != second && second != third && first != third);
        assert_ne!(drawn(&Random::seeded(8))[0], first);
        assert_ne!(drawn(&Random::system()), drawn(&Random::system()));
    }
}
