//! How long to wait between two messages, and what they are called.

use serde::{Deserialize, Serialize};
use wagate_plugin_api::Host;

/// The longest pause.
pub(crate) const MAX_DELAY_MS: u64 = 3_600_000;
/// WhatsApp's own clients of this kind begin their ids with it.
const ID: &str = "3EB0";

/// A pause between two messages, a little different each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pause {
    /// At least.
    pub(crate) delay_ms: u64,
    /// So much more at most.
    pub(crate) more_ms: u64,
}

impl Pause {
    /// As a client names it: up to half as much comes on top.
    pub(crate) fn of_delay(delay_ms: u64) -> Self {
        Self {
            delay_ms,
            more_ms: delay_ms / 2,
        }
    }

    /// When the next message leaves.
    pub(crate) fn next_ms(self, host: &dyn Host) -> i64 {
        let chance = hash(&[&host.unique_id()]);
        let more = chance % self.more_ms.saturating_add(1);
        let wait = i64::try_from(self.delay_ms.saturating_add(more)).unwrap_or(i64::MAX);
        host.now_ms().saturating_add(wait)
    }
}

/// The id of the n-th message: the same whenever it is tried in this round, so that it does not leave twice.
pub(crate) fn message_id(broadcast: &str, n: u32, round: u32) -> String {
    let n = format!("{n}.{round}");
    let parts = [hash(&[broadcast, &n]), hash(&[&n, broadcast])];
    let [first, second] = parts.map(|part| format!("{part:016X}"));
    format!("{ID}{first}{}", second.get(..2).unwrap_or_default())
}

/// FNV-1a: spreads, and is no secret.
fn hash(parts: &[&str]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([b'/']));
    bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use wagate_plugin_api::testing::FakeHost;

    use super::*;

    #[test]
    fn pauses_differ_within_their_bounds() {
        let host = FakeHost::default();
        let pause = Pause::of_delay(1000);
        let waits: Vec<i64> = (0..50).map(|_| pause.next_ms(&host) - host.now_ms()).collect();
        assert!(waits.iter().all(|wait| (1000..=1500).contains(wait)));
        assert!(waits.iter().any(|wait| *wait != waits[0]));
        assert_eq!(Pause::of_delay(0).next_ms(&host), host.now_ms());
    }

    #[test]
    fn each_message_has_an_id_of_its_own() {
        let mut ids: Vec<String> = (0..1000).map(|n| message_id("bc", n, 0)).collect();
        assert!(ids.iter().all(|id| id.len() == 22 && id.starts_with("3EB0")));
        ids.extend((0..1000).map(|n| message_id("other", n, 0)));
        ids.extend((0..1000).map(|n| message_id("bc", n, 1)));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(
            (ids.len(), message_id("bc", 7, 0)),
            (3000, message_id("bc", 7, 0))
        );
    }
}
