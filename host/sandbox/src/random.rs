//! The network's randomness. One place, so that a scenario can seed it later.

use rand::RngExt as _;
use rand::rngs::StdRng;

/// A freshly seeded generator, good enough for keys.
pub(crate) fn generator() -> StdRng {
    rand::make_rng()
}

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0u8; N];
    generator().fill(&mut out);
    out
}

/// A random number in `1..=0x3fff`, the range of Signal registration ids.
pub(crate) fn registration_id() -> u32 {
    u32::from(u16::from_be_bytes(bytes::<2>()) & 0x3fff).max(1)
}

/// An id in the shape WhatsApp clients give their messages.
pub(crate) fn message_id() -> String {
    format!("3EB0{}", hex::encode_upper(bytes::<9>()))
}

/// An id for a stanza of the server's own.
pub(crate) fn stanza_id() -> String {
    hex::encode(bytes::<6>())
}

/// Letters and digits, as in invite codes.
pub(crate) fn letters(count: usize) -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut rng = generator();
    (0..count)
        .filter_map(|_| ALPHABET.get(rng.random_range(0..ALPHABET.len())))
        .map(|byte| char::from(*byte))
        .collect()
}
