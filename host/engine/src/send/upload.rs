//! Files on their way to WhatsApp's media servers.

use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use wacore::download::MediaType;
use wacore::upload::{EncryptedMediaInfo, UploadSource, encrypt_media_streaming};
use whatsapp_rust::ErrorChainExt as _;
use whatsapp_rust::upload::UploadOptions;

use crate::account::Account;
use crate::compose::Uploaded;
use crate::content::{Media, MediaKind, MediaSource};
use crate::{EngineError, refusal};

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
    let uploaded = match &media.source {
        MediaSource::Bytes(bytes) => {
            check_size(bytes.len() as u64, media.kind)?;
            let bytes = bytes.to_vec();
            account.client.upload(bytes, kind, UploadOptions::default()).await
        }
        MediaSource::File(path) => {
            let size = tokio::fs::metadata(path)
                .await
                .map_err(|error| gone(&error))?
                .len();
            check_size(size, media.kind)?;
            let path = path.clone();
            let (encrypted, info) = tokio::task::spawn_blocking(move || encrypt(&path, kind))
                .await
                .map_err(|error| EngineError::Internal(error.to_string()))??;
            account.client.upload_stream(encrypted, info, kind).await
        }
        // Whoever holds the shelf, or may ask at the address, has put the content in its place before.
        MediaSource::Handle(_) | MediaSource::Url(_) => {
            return Err(EngineError::invalid("media", "the file was not fetched"));
        }
    };
    uploaded.map(Uploaded::from).map_err(|error| {
        let cause: &(dyn std::error::Error + 'static) = error.as_ref();
        match cause.http_status() {
            Some(status) => EngineError::Unavailable {
                message: format!("the media server answered with {status}"),
                retry_after_ms: None,
            },
            None => broken_off(cause),
        }
    })
}

/// A server that refuses with half of the file on its way closes the connection: its status is then lost, and what is
/// left is an error of the connection, of no type of the library's.
fn broken_off(cause: &(dyn std::error::Error + 'static)) -> EngineError {
    match refusal::request(cause, "the upload of a file") {
        EngineError::Internal(text) => {
            tracing::warn!(error = text, "an upload broke off");
            EngineError::Unavailable {
                message: "the media server cannot be reached, or closed the connection".to_owned(),
                retry_after_ms: None,
            }
        }
        told => told,
    }
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

/// The ciphertext, in a file that goes away with it.
struct Encrypted {
    file: NamedTempFile,
    length: u64,
}

impl UploadSource for Encrypted {
    fn len(&self) -> u64 {
        self.length
    }

    fn reader_from(&self, offset: u64) -> std::io::Result<Box<dyn Read + Send>> {
        let mut file = self.file.reopen()?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Box::new(file))
    }
}

fn encrypt(path: &Path, kind: MediaType) -> Result<(Encrypted, EncryptedMediaInfo), EngineError> {
    let input = BufReader::new(File::open(path).map_err(|error| gone(&error))?);
    // Beside the input: its folder has room for large files, the system's own need not.
    let folder = path.parent().map_or_else(std::env::temp_dir, PathBuf::from);
    let mut file = NamedTempFile::new_in(folder).map_err(|error| no_room(&error))?;
    let info = encrypt_media_streaming(input, file.as_file_mut(), kind)
        .map_err(|error| EngineError::Internal(format!("a file could not be encrypted: {error}")))?;
    let length = file.as_file().metadata().map_err(|error| no_room(&error))?.len();
    Ok((Encrypted { file, length }, info))
}

fn gone(error: &std::io::Error) -> EngineError {
    EngineError::NotFound(format!("the file is not there any more: {}", error.kind()))
}

fn no_room(error: &std::io::Error) -> EngineError {
    EngineError::Unavailable {
        message: format!("a file could not be prepared: {}", error.kind()),
        retry_after_ms: None,
    }
}
