//! Secrets at rest: AES-256-GCM under one key an installation. What is sealed for one row cannot be opened for another,
//! because the row's name is authenticated with it. Not here: passwords and API keys, of which only hashes are kept.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use thiserror::Error;
use zeroize::Zeroizing;

/// Bytes of a key.
pub const KEY_LEN: usize = 32;
/// The form of a sealed text; another algorithm gets another word.
const VERSION: &str = "v1";
/// A key file is 64 hex digits and a line end; more is not read.
const MAX_KEY_FILE: u64 = 1024;
/// Bytes of a key's name in sealed texts: enough to tell keys apart.
const ID_LEN: usize = 4;

/// A text that nobody prints by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes it.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for whoever has to use it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Why a secret could not be sealed or opened, or the key not be had.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The text does not look sealed.
    #[error("this is no sealed secret")]
    Malformed,
    /// Sealed with another key than the one at hand.
    #[error("sealed with the secret key {sealed}, the one at hand is {ours}")]
    OtherKey {
        /// The key's name in the sealed text.
        sealed: String,
        /// The name of ours.
        ours: String,
    },
    /// Changed, cut, or sealed for another row.
    #[error("the sealed secret was changed, or belongs somewhere else")]
    Tampered,
    /// No randomness, or an absurd length.
    #[error("the secret could not be sealed")]
    Unsealed,
    /// A key that is none.
    #[error("a secret key is {KEY_LEN} random bytes, written as {} hex digits", KEY_LEN * 2)]
    BadKey,
    /// The key's file could not be read or made.
    #[error("the secret key in {path}")]
    File {
        /// Where it is.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
}

/// Seals and opens secrets. Cheap to clone.
#[derive(Clone)]
pub struct SecretBox {
    inner: Arc<Inner>,
}

struct Inner {
    sealing: LessSafeKey,
    deriving: hmac::Key,
    id: String,
}

impl fmt::Debug for SecretBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretBox")
            .field("key", &self.key_id())
            .finish_non_exhaustive()
    }
}

impl SecretBox {
    /// Over this key.
    pub fn new(key: &[u8; KEY_LEN]) -> Result<Self, SecretError> {
        let deriving = hmac::Key::new(hmac::HMAC_SHA256, key);
        let sealing = hmac::sign(&deriving, b"wagate sealing");
        let sealing = UnboundKey::new(&AES_256_GCM, sealing.as_ref()).map_err(|_| SecretError::BadKey)?;
        let id = hmac::sign(&deriving, b"wagate key id");
        let id = id.as_ref().iter().take(ID_LEN);
        Ok(Self {
            inner: Arc::new(Inner {
                sealing: LessSafeKey::new(sealing),
                id: hex::encode(id.copied().collect::<Vec<u8>>()),
                deriving,
            }),
        })
    }

    /// Over a key that nobody keeps: for tests and trial runs.
    pub fn random() -> Result<Self, SecretError> {
        Self::new(&*random_key()?)
    }

    /// Over a key written as 64 hex digits, as it stands in the environment or in a file.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        Self::new(&*parse_key(text)?)
    }

    /// Over the key in this file, which is made when it is not there: readable for us alone, on disk when this returns.
    pub fn open_file(path: &Path) -> Result<Self, SecretError> {
        let failed = |source| SecretError::File {
            path: path.to_path_buf(),
            source,
        };
        let text = match File::open(path) {
            Ok(file) => read_key(file).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => make_key(path).map_err(failed)?,
            Err(error) => return Err(failed(error)),
        };
        Self::parse(&text)
    }

    /// The key's name, for the log and for messages; it says nothing about the key.
    pub fn key_id(&self) -> &str {
        &self.inner.id
    }

    /// Seals a secret for one place, such as `webhook/<row id>`; only there it can be opened again.
    pub fn seal(&self, place: &str, secret: &str) -> Result<String, SecretError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new()
            .fill(&mut nonce)
            .map_err(|_| SecretError::Unsealed)?;
        let mut sealed = secret.as_bytes().to_vec();
        self.inner
            .sealing
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| SecretError::Unsealed)?;
        let bytes = [&nonce[..], &sealed].concat();
        Ok(format!(
            "{VERSION}.{}.{}",
            self.key_id(),
            URL_SAFE_NO_PAD.encode(bytes)
        ))
    }

    /// Opens what was sealed for this place.
    pub fn open(&self, place: &str, sealed: &str) -> Result<Secret, SecretError> {
        let mut parts = sealed.splitn(3, '.');
        let (Some(VERSION), Some(id), Some(bytes)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(SecretError::Malformed);
        };
        if id != self.key_id() {
            return Err(SecretError::OtherKey {
                sealed: id.to_owned(),
                ours: self.key_id().to_owned(),
            });
        }
        let bytes = URL_SAFE_NO_PAD
            .decode(bytes)
            .map_err(|_| SecretError::Malformed)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN).ok_or(SecretError::Malformed)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SecretError::Malformed)?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let plain = self
            .inner
            .sealing
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut sealed)
            .map_err(|_| SecretError::Tampered)?;
        let text = str::from_utf8(plain).map_err(|_| SecretError::Tampered)?;
        Ok(Secret::new(text.to_owned()))
    }

    /// Whether this looks like something [`Self::seal`] made.
    pub fn is_sealed(text: &str) -> bool {
        text.strip_prefix(VERSION)
            .is_some_and(|rest| rest.starts_with('.') && rest.matches('.').count() == 2)
    }

    /// A message authentication code under a key of its own for each purpose, 32 bytes.
    pub fn mac(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        let key = hmac::sign(&self.inner.deriving, format!("wagate mac {purpose}").as_bytes());
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_ref());
        let mut code = [0; 32];
        for (to, from) in code.iter_mut().zip(hmac::sign(&key, message).as_ref()) {
            *to = *from;
        }
        code
    }
}

fn random_key() -> Result<Zeroizing<[u8; KEY_LEN]>, SecretError> {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    SystemRandom::new()
        .fill(&mut *key)
        .map_err(|_| SecretError::BadKey)?;
    Ok(key)
}

fn parse_key(text: &str) -> Result<Zeroizing<[u8; KEY_LEN]>, SecretError> {
    let text = text.trim();
    let mut key = Zeroizing::new([0; KEY_LEN]);
    hex::decode_to_slice(text, &mut *key).map_err(|_| SecretError::BadKey)?;
    Ok(key)
}

fn read_key(file: File) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_KEY_FILE).read_to_string(&mut text)?;
    Ok(text)
}

/// Two starts at once make one key: who comes second reads the first one's.
fn make_key(path: &Path) -> io::Result<Zeroizing<String>> {
    let key = random_key().map_err(|error| io::Error::other(error.to_string()))?;
    let text = Zeroizing::new(hex::encode(*key));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Whole or not there: a key that was cut short would lose everything sealed with it.
    let fresh = path.with_extension(format!("{}.new", crate::new_row_id()));
    let mut file = options.open(&fresh)?;
    writeln!(file, "{}", *text)?;
    file.sync_all()?;
    drop(file);
    match fs::hard_link(&fresh, path) {
        Ok(()) => fs::remove_file(&fresh)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(&fresh)?;
            return read_key(File::open(path)?);
        }
        // Not every file system has links.
        Err(_) => fs::rename(&fresh, path)?,
    }
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{Secret, SecretBox, SecretError};

    #[test]
    fn what_is_sealed_is_opened_at_its_place_alone() {
        let secrets = SecretBox::random().unwrap();
        let sealed = secrets.seal("webhook/1", "hush").unwrap();
        assert!(SecretBox::is_sealed(&sealed));
        assert!(!sealed.contains("hush"));
        assert_eq!(secrets.open("webhook/1", &sealed).unwrap().expose(), "hush");
        assert!(matches!(
            secrets.open("webhook/2", &sealed),
            Err(SecretError::Tampered)
        ));
        assert_ne!(sealed, secrets.seal("webhook/1", "hush").unwrap());
    }

    #[test]
    fn a_changed_or_foreign_text_is_refused_by_name() {
        let secrets = SecretBox::random().unwrap();
        let sealed = secrets.seal("x", "hush").unwrap();
        let mut changed = sealed.clone();
        let last = if changed.pop() == Some('A') { 'B' } else { 'A' };
        changed.push(last);
        assert!(secrets.open("x", &changed).is_err());
        for odd in ["", "hush", "v1", "v1.abc", "v2.00000000.AAAA"] {
            assert!(
                matches!(secrets.open("x", odd), Err(SecretError::Malformed)),
                "{odd}"
            );
            assert!(!SecretBox::is_sealed(odd), "{odd}");
        }
        let other = SecretBox::random().unwrap();
        assert!(matches!(
            other.open("x", &sealed),
            Err(SecretError::OtherKey { .. })
        ));
    }

    #[test]
    fn the_key_file_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let first = SecretBox::open_file(&path).unwrap();
        let again = SecretBox::open_file(&path).unwrap();
        let sealed = first.seal("x", "hush").unwrap();
        assert_eq!(again.open("x", &sealed).unwrap().expose(), "hush");
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(&path, "too short\n").unwrap();
        assert!(matches!(SecretBox::open_file(&path), Err(SecretError::BadKey)));
    }

    #[test]
    fn codes_differ_by_purpose_and_message() {
        let secrets = SecretBox::parse(&"ab".repeat(32)).unwrap();
        let code = secrets.mac("csrf", b"one");
        assert_eq!(code, secrets.mac("csrf", b"one"));
        assert_ne!(code, secrets.mac("csrf", b"two"));
        assert_ne!(code, secrets.mac("cursor", b"one"));
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Secret::new("hush".to_owned())), "Secret(..)");
    }
}
