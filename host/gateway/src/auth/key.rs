//! API keys: `wag_`, 32 random alphanumerics, `_`, six check digits. The prefix lets scanners find a leaked key, the
//! check digits tell a mistyped one from a revoked one without asking the database.

use rand::RngExt as _;
use rand::distr::Alphanumeric;
use sha2::{Digest as _, Sha256};

const PREFIX: &str = "wag_";
/// 190 bits: nobody guesses one, and a plain hash is enough to store.
const RANDOM: usize = 32;
/// 62^6 is the first power of 62 above 2^32.
const CHECK: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The longest key a request may present; the rest is noise.
const MAX_LENGTH: usize = 256;

/// A new key, from the operating system's randomness by way of the thread's generator.
pub(crate) fn generate() -> String {
    let random = random_text(RANDOM);
    let check = check_digits(&format!("{PREFIX}{random}"));
    format!("{PREFIX}{random}_{check}")
}

/// Letters and digits nobody can guess.
pub(crate) fn random_text(length: usize) -> String {
    rand::rng()
        .sample_iter(Alphanumeric)
        .take(length)
        .map(char::from)
        .collect()
}

/// What is kept of a key.
pub(crate) fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// How a key begins, to tell keys apart in a list: the fixed part and four characters.
pub(crate) fn prefix(key: &str) -> String {
    key.chars().take(PREFIX.len() + 4).collect()
}

/// The last four characters, to tell keys apart in a list.
pub(crate) fn last4(key: &str) -> String {
    let skip = key.chars().count().saturating_sub(4);
    key.chars().skip(skip).collect()
}

/// Whether the database has to be asked: everything but the absurdly long, and generated keys with a typing error.
/// A key that does not look generated was chosen by the operator and has no check digits.
pub(crate) fn is_plausible(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= MAX_LENGTH
        && parts(key).is_none_or(|(body, check)| check_digits(body) == check)
}

/// The checked part and the check digits of a key that looks generated.
fn parts(key: &str) -> Option<(&str, &str)> {
    let (body, check) = key.rsplit_once('_')?;
    let random = body.strip_prefix(PREFIX)?;
    let alphanumeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (random.len() == RANDOM && check.len() == CHECK && alphanumeric(random) && alphanumeric(check))
        .then_some((body, check))
}

/// CRC-32 in base 62, padded to six digits.
fn check_digits(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [b'0'; CHECK];
    for place in digits.iter_mut().rev() {
        let digit = usize::try_from(rest % 62).unwrap_or_default();
        *place = BASE62.get(digit).copied().unwrap_or(b'0');
        rest /= 62;
    }
    digits.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::{check_digits, generate, hash, is_plausible, last4};

    #[test]
    fn a_generated_key_has_the_documented_form() {
        let key = generate();
        assert_eq!(key.len(), 4 + 32 + 1 + 6, "{key}");
        assert!(key.starts_with("wag_"));
        assert_eq!(key.matches('_').count(), 2);
        assert!(is_plausible(&key));
        assert_ne!(key, generate());
    }

    #[test]
    fn check_digits_are_crc32_in_base62() {
        // CRC-32 of "123456789" is 0xCBF43926, the standard check value: 3421780262 in base 62.
        let digits = check_digits("123456789");
        let alphabet = std::str::from_utf8(super::BASE62).unwrap();
        let value = digits.chars().fold(0_u64, |sum, digit| {
            sum * 62 + alphabet.find(digit).unwrap() as u64
        });
        assert_eq!(value, 0xCBF4_3926);
        assert_eq!(digits.len(), 6);
    }

    #[test]
    fn any_single_typing_error_is_found_without_the_database() {
        let key = generate();
        for at in 4..key.len() {
            if at == 36 {
                continue;
            }
            let mut bytes = key.clone().into_bytes();
            bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
            assert!(!is_plausible(&String::from_utf8(bytes).unwrap()), "position {at}");
        }
    }

    #[test]
    fn a_key_chosen_by_the_operator_needs_no_check_digits() {
        assert!(is_plausible("a-key-of-my-own-choosing"));
        assert!(is_plausible("wag_my_own"));
        assert!(!is_plausible(""));
        assert!(!is_plausible(&"x".repeat(257)));
    }

    #[test]
    fn only_the_hash_and_the_end_are_kept() {
        assert_eq!(hash("abc").len(), 32);
        assert_eq!(last4("abcdefgh"), "efgh");
        assert_eq!(last4("ab"), "ab");
    }
}
