//! The server's Noise key on disk. Clients cache it and resume with Noise IK, so it has to outlive the process.

use std::path::Path;

use wacore_libsignal::protocol::{KeyPair, PrivateKey};

use crate::{SandboxError, random};

const FILE: &str = "server-noise.key";

/// Reads the key from `dir`, making one on first use. Without a directory the key lives as long as the process.
pub(crate) fn load(dir: Option<&Path>) -> Result<KeyPair, SandboxError> {
    let Some(dir) = dir else {
        return Ok(KeyPair::generate(&mut random::generator()));
    };
    let path = dir.join(FILE);
    let failed = |source| SandboxError::ServerKey {
        path: path.clone(),
        source,
    };
    match std::fs::read(&path) {
        Ok(bytes) => {
            let damaged = || SandboxError::DamagedServerKey { path: path.clone() };
            let private = PrivateKey::deserialize(&bytes).map_err(|_| damaged())?;
            KeyPair::try_from(private).map_err(|_| damaged())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let pair = KeyPair::generate(&mut random::generator());
            std::fs::create_dir_all(dir).map_err(failed)?;
            // Written aside and renamed: a half-written key would strand every cached client.
            let aside = path.with_extension("new");
            std::fs::write(&aside, pair.private_key.serialize()).map_err(failed)?;
            std::fs::rename(&aside, &path).map_err(failed)?;
            Ok(pair)
        }
        Err(source) => Err(failed(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_survives_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let first = load(Some(dir.path())).unwrap();
        let second = load(Some(dir.path())).unwrap();
        assert_eq!(first.public_key, second.public_key);
    }

    #[test]
    fn a_damaged_key_is_refused_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), b"short").unwrap();
        assert!(matches!(
            load(Some(dir.path())),
            Err(SandboxError::DamagedServerKey { .. })
        ));
    }
}
