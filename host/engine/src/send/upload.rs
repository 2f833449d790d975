//! Files on their way to WhatsApp's media servers.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tempfile::NamedTempFile;
use wacore::download::MediaType;
use wacore::upload::{EncryptedMediaInfo, UploadSource, encrypt_media_streaming};
use whatsapp_rust::ErrorChainExt as _;
use whatsapp_rust::upload::UploadOptions;

use crate::account::Account;
use crate::compose::Uploaded;
use crate::content::{Media, MediaKind, MediaSource};
use crate::{EngineError, refusal};

/// `ENFILE` and `EMFILE`: std has no word for them.
const TOO_MANY_FILES: [i32; 2] = [23, 24];

/// Largest file of each kind, in bytes.
const fn limit(kind: MediaKind) -> u64 {
    const MIB: u64 = 1024 * 1024;
    match kind {
        MediaKind::Image => 16 * MIB,
        MediaKind::Video | MediaKind::Gif | MediaKind::VideoNote => 100 * MIB,
        MediaKind::Audio | MediaKind::Voice => 64 * MIB,
        MediaKind::Sticker => MIB,
        MediaKind::Document => 2048 * MIB,
    }
}

fn media_type(kind: MediaKind) -> MediaType {
    match kind {
        MediaKind::Image => MediaType::Image,
        MediaKind::Sticker => MediaType::Sticker,
        MediaKind::Video | MediaKind::Gif | MediaKind::VideoNote => MediaType::Video,
        MediaKind::Audio | MediaKind::Voice => MediaType::Audio,
        MediaKind::Document => MediaType::Document,
    }
}

/// Encrypts a file and uploads it. A file on disk is never in memory as a whole.
pub(crate) async fn upload(account: &Account, media: &Media) -> Result<Uploaded, EngineError> {
    let kind = media_type(media.kind);
    let unreadable = Unreadable::default();
    let uploaded = match &media.source {
        MediaSource::Bytes(bytes) => {
            check_size(bytes.len() as u64, media.kind)?;
            let bytes = bytes.to_vec();
            account.client.upload(bytes, kind, UploadOptions::default()).await
        }
        MediaSource::File(path) => {
            let size = tokio::fs::metadata(path)
                .await
                .map_err(|error| local(&error, "the file"))?
                .len();
            check_size(size, media.kind)?;
            let (path, noted) = (path.clone(), unreadable.clone());
            let (encrypted, info) = tokio::task::spawn_blocking(move || encrypt(&path, kind, noted))
                .await
                .map_err(|error| EngineError::Internal(error.to_string()))??;
            account.client.upload_stream(encrypted, info, kind).await
        }
        // Whoever holds the shelf, or may ask at the address, has put the content in its place before.
        MediaSource::Handle(_) | MediaSource::Url(_) => {
            return Err(EngineError::invalid("media", "the file was not fetched"));
        }
    };
    uploaded
        .map(Uploaded::from)
        .map_err(|error| match unreadable.get() {
            Some(error) => local(error, "an encrypted file cannot be read"),
            None => refused(&error),
        })
}

/// What the media server, or the way to it, had against a file.
fn refused(error: &anyhow::Error) -> EngineError {
    let cause: &(dyn std::error::Error + 'static) = error.as_ref();
    if let Some(status) = cause.http_status() {
        return match status {
            // Another time it may be taken: the others are about this file.
            401 | 403 | 408 | 429 | 500.. => unavailable(format!("the media server answered with {status}")),
            _ => {
                tracing::warn!(status, "the media server does not take a file");
                EngineError::Rejected {
                    code: "file-refused".to_owned(),
                }
            }
        };
    }
    // No answer of its own: of something between, or half of one.
    if error.downcast_ref::<serde_json::Error>().is_some() {
        tracing::warn!(error = %error, "an upload was answered with something else");
        return unavailable("the media server's answer cannot be read".to_owned());
    }
    // A server that refuses with half of the file on its way closes the connection, and its status is lost.
    if error.downcast_ref::<ureq::Error>().is_some() {
        tracing::warn!(error = %error, "an upload broke off");
        return unavailable("the media server cannot be reached, or closed the connection".to_owned());
    }
    refusal::request(cause, "the upload of a file")
}

fn check_size(size: u64, kind: MediaKind) -> Result<(), EngineError> {
    let most = limit(kind);
    if size == 0 {
        return Err(EngineError::invalid("media", "the file is empty"));
    }
    if size > most {
        let name = kind.as_str();
        return Err(EngineError::invalid(
            "media",
            format!("a file sent as {name} may have at most {most} bytes, this one has {size}"),
        ));
    }
    Ok(())
}

/// Why our own file could not be read: in the library's error it looks like one of the connection.
type Unreadable = Arc<OnceLock<io::Error>>;

/// The ciphertext, in a file that goes away with it.
struct Encrypted {
    file: NamedTempFile,
    length: u64,
    unreadable: Unreadable,
}

impl UploadSource for Encrypted {
    fn len(&self) -> u64 {
        self.length
    }

    fn reader_from(&self, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        let opened = self.file.reopen().and_then(|mut file| {
            file.seek(SeekFrom::Start(offset))?;
            Ok(file)
        });
        Ok(Box::new(Noting {
            file: noted(opened, &self.unreadable)?,
            unreadable: self.unreadable.clone(),
        }))
    }
}

/// A file whose errors are noted.
struct Noting {
    file: File,
    unreadable: Unreadable,
}

impl Read for Noting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        noted(self.file.read(buffer), &self.unreadable)
    }
}

fn noted<T>(outcome: io::Result<T>, unreadable: &Unreadable) -> io::Result<T> {
    outcome.inspect_err(|error| {
        // An interrupted read is repeated. Of the others the first counts.
        if error.kind() != io::ErrorKind::Interrupted {
            let copy = error
                .raw_os_error()
                .map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
            let _ = unreadable.set(copy);
        }
    })
}

fn encrypt(
    path: &Path,
    kind: MediaType,
    unreadable: Unreadable,
) -> Result<(Encrypted, EncryptedMediaInfo), EngineError> {
    let cannot = |error: &io::Error| local(error, "a file cannot be encrypted");
    let input = BufReader::new(File::open(path).map_err(|error| cannot(&error))?);
    // Beside the input: its folder has room for large files, the system's own need not.
    let folder = path.parent().map_or_else(std::env::temp_dir, PathBuf::from);
    let mut file = NamedTempFile::new_in(folder).map_err(|error| cannot(&error))?;
    // It writes a block of the cipher at a time.
    let output = BufWriter::new(file.as_file_mut());
    let info = encrypt_media_streaming(input, output, kind).map_err(|error| {
        match error.downcast_ref::<io::Error>() {
            Some(error) => cannot(error),
            None => EngineError::Internal(format!("a file cannot be encrypted: {error}")),
        }
    })?;
    let length = file.as_file().metadata().map_err(|error| cannot(&error))?.len();
    let encrypted = Encrypted {
        file,
        length,
        unreadable,
    };
    Ok((encrypted, info))
}

/// What this machine had against it.
fn local(error: &io::Error, what: &str) -> EngineError {
    let text = format!("{what}: {error}");
    match error.kind() {
        io::ErrorKind::NotFound => EngineError::NotFound(format!("{what}: it is not there any more")),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => unavailable(text),
        _ if error
            .raw_os_error()
            .is_some_and(|code| TOO_MANY_FILES.contains(&code)) =>
        {
            unavailable(text)
        }
        _ => EngineError::Internal(text),
    }
}

fn unavailable(message: String) -> EngineError {
    EngineError::Unavailable {
        message,
        retry_after_ms: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_our_own_file_fails_with_is_told_from_what_the_connection_does() {
        let unreadable = Unreadable::default();
        let interrupted: io::Result<()> = Err(io::ErrorKind::Interrupted.into());
        noted(interrupted, &unreadable).unwrap_err();
        noted(Ok(()), &unreadable).unwrap();
        assert!(unreadable.get().is_none());
        // A directory opens, and cannot be read.
        let mut reading = Noting {
            file: File::open(std::env::temp_dir()).unwrap(),
            unreadable: unreadable.clone(),
        };
        let error = reading.read(&mut [0; 16]).unwrap_err();
        assert_eq!(unreadable.get().unwrap().raw_os_error(), error.raw_os_error());
    }

    #[test]
    fn a_connection_that_breaks_off_may_be_better_later_and_other_mistakes_are_ours() {
        let broken = io::Error::from(io::ErrorKind::ConnectionReset);
        let refusal = refused(&anyhow::Error::new(ureq::Error::Io(broken)));
        assert!(matches!(refusal, EngineError::Unavailable { .. }), "{refusal}");
        let full = local(&io::ErrorKind::StorageFull.into(), "a test");
        assert!(matches!(full, EngineError::Unavailable { .. }), "{full}");
        let ours = io::Error::from(io::ErrorKind::NotFound);
        let refusal = refused(&anyhow::Error::new(ours));
        assert!(matches!(refusal, EngineError::Internal(_)), "{refusal}");
    }
}
