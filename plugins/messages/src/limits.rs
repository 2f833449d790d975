//! What a message can hold. The host has the same limits: here they are checked before anything else is.

use std::ops::RangeInclusive;

/// Longest text or caption, in characters.
pub(crate) const MAX_TEXT: usize = 65_536;
/// Most people one message can mention.
pub(crate) const MAX_MENTIONS: usize = 1024;
/// Longest id of a message.
pub(crate) const MAX_MESSAGE_ID: usize = 128;
/// Longest emoji of a reaction, in bytes: families with skin tones are long.
pub(crate) const MAX_EMOJI: usize = 64;
/// Fewest and most options of a poll.
pub(crate) const POLL_OPTIONS: RangeInclusive<usize> = 2..=12;
/// Longest question of a poll, in characters.
pub(crate) const MAX_QUESTION: usize = 255;
/// Longest option of a poll, in characters.
pub(crate) const MAX_OPTION: usize = 100;
/// Degrees to both sides of the equator.
pub(crate) const MAX_LATITUDE: f64 = 90.0;
/// Degrees to both sides of Greenwich.
pub(crate) const MAX_LONGITUDE: f64 = 180.0;
/// Longest name of a place, of its address, and of a person, in characters.
pub(crate) const MAX_NAME: usize = 256;
/// Most contact cards of a message.
pub(crate) const MAX_CARDS: usize = 256;
/// Longest vCard, in bytes.
pub(crate) const MAX_VCARD: usize = 64 * 1024;
/// Most chats one request forwards to: it waits for all of them.
pub(crate) const MAX_FORWARDS: usize = 20;
/// After so long the rest of them is not tried: the answer says so, before the host breaks the request off.
pub(crate) const FORWARD_BUDGET_MS: i64 = 20_000;
/// Longest text that is looked for, in characters.
pub(crate) const MAX_SEARCH: usize = 1024;
/// Milliseconds between two repeated messages.
pub(crate) const SPAM_DELAY_MS: RangeInclusive<u64> = 500..=3_600_000;
