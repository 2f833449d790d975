//! Passwords: argon2id, as a PHC string.

use anyhow::anyhow;
use argon2::password_hash::{PasswordHasher as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

/// 64 MiB, two passes, one lane: 80 ms on the machine this was measured on.
const MEMORY_KIB: u32 = 65_536;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT: usize = 16;

/// Hashes; blocks the thread for as long as that takes.
pub(crate) fn hash(password: &str) -> anyhow::Result<String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| anyhow!("argon2: {error}"))?;
    let salt =
        SaltString::encode_b64(&rand::random::<[u8; SALT]>()).map_err(|error| anyhow!("salt: {error}"))?;
    let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.as_bytes(), &salt)
        .map_err(|error| anyhow!("argon2: {error}"))?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_hash_says_how_it_was_made() {
        let hash = super::hash("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$"), "{hash}");
    }
}
