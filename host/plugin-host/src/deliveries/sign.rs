//! Signatures of a POST: the contract's over the body, and those of Standard Webhooks over id, moment and body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use rand::RngExt as _;
use sha2::Sha256;
use wagate_protocol::error::HostError;

/// What a secret of Standard Webhooks starts with; the rest is its key in base64.
const PREFIX: &str = "whsec_";
const MAX_SECRET: usize = 256;
/// Of a secret made here: 24 to 64 by the specification.
const KEY_BYTES: usize = 32;

/// The headers that prove who sent a body. `secrets`: the one that holds first, then the one it replaced.
pub(super) fn headers(secrets: &[&str], id: &str, seconds: i64, body: &str) -> Vec<(&'static str, String)> {
    let Some(first) = secrets.first() else {
        return Vec::new();
    };
    let signed = format!("{id}.{seconds}.{body}");
    let signatures: Vec<String> = secrets
        .iter()
        .map(|secret| format!("v1,{}", STANDARD.encode(hmac(&key(secret), signed.as_bytes()))))
        .collect();
    vec![
        // The secret as it is written, over the body as it is sent: clients of the contract know nothing else.
        (
            "x-webhook-signature",
            format!("sha256={}", hex::encode(hmac(first.as_bytes(), body.as_bytes()))),
        ),
        ("webhook-signature", signatures.join(" ")),
    ]
}

/// The key of Standard Webhooks: what stands in base64 behind `whsec_`, else the secret's own bytes.
fn key(secret: &str) -> Vec<u8> {
    secret
        .strip_prefix(PREFIX)
        .and_then(|key| STANDARD.decode(key).ok())
        .unwrap_or_else(|| secret.as_bytes().to_vec())
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes keys of any length: the error cannot come.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// A new secret, in the form of Standard Webhooks.
pub(crate) fn make_secret() -> String {
    let mut key = [0; KEY_BYTES];
    rand::rng().fill(&mut key);
    format!("{PREFIX}{}", STANDARD.encode(key))
}

/// Whether this can be a secret.
pub(crate) fn check_secret(secret: &str) -> Result<(), HostError> {
    if secret.is_empty() || secret.len() > MAX_SECRET || secret.chars().any(char::is_control) {
        return Err(HostError::Invalid(format!(
            "secret: 1 to {MAX_SECRET} bytes without control characters"
        )));
    }
    if secret
        .strip_prefix(PREFIX)
        .is_some_and(|key| !STANDARD.decode(key).is_ok_and(|key| !key.is_empty()))
    {
        return Err(HostError::Invalid(format!(
            "secret: what follows \"{PREFIX}\" must be base64"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(secrets: &[&str], body: &str) -> (String, String) {
        let headers = headers(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        (headers[0].1.clone(), headers[1].1.clone())
    }

    /// The example of the Standard Webhooks specification.
    #[test]
    fn the_specifications_example_is_met() {
        let (_, standard) = of(
            &["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(standard, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    /// RFC 4231, test case 2.
    #[test]
    fn the_contracts_signature_is_plain_hmac() {
        let (contract, _) = of(&["Jefe"], "what do ya want for nothing?");
        assert_eq!(
            contract,
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn two_secrets_sign_side_by_side_and_the_new_one_for_the_contract() {
        let (contract, standard) = of(&["new", "old"], "x");
        assert_eq!(contract, of(&["new"], "x").0);
        assert_eq!(
            standard.split(' ').collect::<Vec<_>>(),
            [of(&["new"], "x").1, of(&["old"], "x").1]
        );
        assert!(headers(&[], "id", 0, "x").is_empty());
    }

    #[test]
    fn made_secrets_are_good_and_differ() {
        let (one, two) = (make_secret(), make_secret());
        check_secret(&one).unwrap();
        assert_ne!(one, two);
    }

    #[test]
    fn odd_secrets_are_refused() {
        for good in ["s", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "grün"] {
            check_secret(good).unwrap();
        }
        for bad in ["", "a\nb", "whsec_", "whsec_%%", &"x".repeat(257)] {
            assert!(check_secret(bad).is_err(), "{bad}");
        }
    }
}
