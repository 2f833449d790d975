//! A phone's files: sealed before they go to the media host, opened with the key that came in the message.

use std::io::{BufReader, Read, Write};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};
use wacore::download::{DownloadUtils, Downloadable, MediaType};
use wacore::upload::MediaEncryptor;
use waproto::whatsapp as wa;

use super::content::spec::{Body, File, FileKind, Spec, Wrong};
use super::content::{samples, unwrap};
use crate::media::{MediaError, MediaStore, Stored};

/// Bytes sealed at a time.
const CHUNK: usize = 64 * 1024;
/// The largest file a person makes up.
pub(crate) const MAX_FILE: u64 = 512 * 1024 * 1024;

/// A file on the media host, and what a message says about it.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    pub(crate) stored: Stored,
    pub(crate) media_key: [u8; 32],
    /// Of the plain file.
    pub(crate) sha256: [u8; 32],
    /// Of the file on the host.
    pub(crate) enc_sha256: [u8; 32],
    /// Of the plain file.
    pub(crate) bytes: u64,
    pub(crate) sidecar: Option<Vec<u8>>,
}

/// What a phone found at the end of a reference.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) sha256: [u8; 32],
    pub(crate) bytes: u64,
}

/// A spec whose file, if it has one, is on the media host.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) spec: Spec,
    pub(crate) file: Option<Sealed>,
    pub(crate) thumbnail: Option<Vec<u8>>,
}

impl Prepared {
    /// Of a spec that has no file.
    pub(crate) fn without_file(spec: Spec) -> Self {
        Self {
            spec,
            file: None,
            thumbnail: None,
        }
    }
}

/// Why a file could not be prepared.
#[derive(Debug)]
pub(crate) enum Unprepared {
    Wrong(Wrong),
    Media(MediaError),
}

impl From<MediaError> for Unprepared {
    fn from(error: MediaError) -> Self {
        Self::Media(error)
    }
}

impl FileKind {
    pub(crate) fn media_type(self) -> MediaType {
        match self {
            Self::Image => MediaType::Image,
            Self::Video | Self::Gif | Self::VideoNote => MediaType::Video,
            Self::Audio | Self::Voice => MediaType::Audio,
            Self::Document => MediaType::Document,
            Self::Sticker => MediaType::Sticker,
        }
    }
}

/// Seals and uploads a spec's file. Reads and writes files: not for the lock, and not for an async task's thread.
pub(crate) fn prepare(store: &MediaStore, spec: Spec) -> Result<Prepared, Unprepared> {
    let Body::File(kind, file) = &spec.body else {
        return Ok(Prepared::without_file(spec));
    };
    let decode = |field: &str, text: &String| {
        BASE64_STANDARD
            .decode(text)
            .map_err(|_| Unprepared::Wrong(Wrong::new(field, "is not base64")))
    };
    let thumbnail = file
        .thumbnail
        .as_ref()
        .map(|text| decode("content.thumbnail", text))
        .transpose()?;
    let sealed = match file {
        File { data: Some(data), .. } => {
            let data = decode("content.data", data)?;
            seal(store, kind.media_type(), &mut data.as_slice())?
        }
        File {
            bytes: Some(bytes), ..
        } => {
            if *bytes > MAX_FILE {
                let error = format!("must be at most {MAX_FILE}");
                return Err(Unprepared::Wrong(Wrong::new("content.bytes", error)));
            }
            seal(store, kind.media_type(), &mut samples::made_up(*bytes))?
        }
        _ => seal(store, kind.media_type(), &mut samples::sample(*kind).as_slice())?,
    };
    Ok(Prepared {
        spec,
        file: Some(sealed),
        thumbnail,
    })
}

/// [`prepare`], off the async threads where there is a file.
pub(crate) async fn prepare_in_background(
    store: Arc<MediaStore>,
    spec: Spec,
) -> Result<Prepared, Unprepared> {
    if !matches!(spec.body, Body::File(..)) {
        return Ok(Prepared::without_file(spec));
    }
    tokio::task::spawn_blocking(move || prepare(&store, spec))
        .await
        .map_err(|error| MediaError::Disk(std::io::Error::other(error)))?
}

/// Seals a file onto the media host.
pub(crate) fn seal(store: &MediaStore, kind: MediaType, plain: &mut dyn Read) -> Result<Sealed, MediaError> {
    let path = store.new_file();
    let sealed = seal_into(&path, kind, plain);
    let (media_key, info) = match sealed {
        Ok(sealed) => sealed,
        Err(error) => {
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
    };
    let stored = store.adopt(kind.mms_type(), info.file_enc_sha256, &path)?;
    Ok(Sealed {
        stored,
        media_key,
        sha256: info.file_sha256,
        enc_sha256: info.file_enc_sha256,
        bytes: info.file_length,
        sidecar: info.streaming_sidecar,
    })
}

fn seal_into(
    path: &std::path::Path,
    kind: MediaType,
    plain: &mut dyn Read,
) -> Result<([u8; 32], wacore::upload::EncryptedMediaInfo), MediaError> {
    let streamed = matches!(kind, MediaType::Audio | MediaType::Video);
    let mut encryptor = MediaEncryptor::new_with_sidecar(kind, streamed).map_err(crypto)?;
    let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
    let mut buffer = vec![0u8; CHUNK];
    loop {
        let read = plain.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        encryptor.update_to_writer(buffer.get(..read).unwrap_or_default(), &mut out)?;
    }
    let info = encryptor.finalize_to_writer(&mut out).map_err(crypto)?;
    out.flush()?;
    Ok((info.media_key, info))
}

fn crypto(error: impl std::fmt::Display) -> MediaError {
    MediaError::Crypto(format!("{error:#}"))
}

/// A reference to a file, out of a message.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) kind: MediaType,
    pub(crate) direct_path: String,
    pub(crate) media_key: Vec<u8>,
    pub(crate) mimetype: Option<String>,
}

/// The file a message refers to.
pub(crate) fn reference(message: &wa::Message) -> Option<Reference> {
    let message = unwrap(message).message;
    macro_rules! first {
        ($($field:ident),+ $(,)?) => {
            $(if let Some(file) = message.$field.as_option() {
                return refer(file, file.mimetype.clone());
            })+
        };
    }
    first!(
        image_message,
        video_message,
        ptv_message,
        audio_message,
        document_message,
        sticker_message,
    );
    None
}

fn refer(file: &dyn Downloadable, mimetype: Option<String>) -> Option<Reference> {
    Some(Reference {
        kind: file.app_info(),
        direct_path: file.direct_path()?.to_owned(),
        media_key: file.media_key()?.to_vec(),
        mimetype,
    })
}

/// Downloads and opens a file into `out`. What was written before an error is not to be trusted.
pub(crate) fn open(
    store: &MediaStore,
    reference: &Reference,
    out: &mut dyn Write,
) -> Result<Opened, MediaError> {
    let file = BufReader::new(store.open_file(&reference.direct_path)?);
    let mut hashing = Hashing {
        hash: Sha256::new(),
        out,
    };
    let bytes =
        DownloadUtils::decrypt_stream_to_writer(file, &reference.media_key, reference.kind, &mut hashing)
            .map_err(crypto)?;
    Ok(Opened {
        sha256: hashing.hash.finalize().into(),
        bytes,
    })
}

struct Hashing<'a> {
    hash: Sha256,
    out: &'a mut dyn Write,
}

impl Write for Hashing<'_> {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(buffer)?;
        self.hash.update(buffer.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_can_be_opened() {
        let store = MediaStore::open(None, "127.0.0.1:1".to_owned(), 1 << 20).unwrap();
        let sealed = seal(&store, MediaType::Video, &mut samples::made_up(100_000)).unwrap();
        assert_eq!(sealed.bytes, 100_000);
        assert!(sealed.sidecar.is_some());
        let reference = Reference {
            kind: MediaType::Video,
            direct_path: sealed.stored.direct_path.clone(),
            media_key: sealed.media_key.to_vec(),
            mimetype: None,
        };
        let mut plain = Vec::new();
        let opened = open(&store, &reference, &mut plain).unwrap();
        assert_eq!((opened.bytes, opened.sha256), (100_000, sealed.sha256));
        assert_eq!(plain.len(), 100_000);
        assert!(store.expire(&reference.direct_path, 410, false));
        assert!(
            open(&store, &reference, &mut Vec::new()).is_ok(),
            "the phone has it still"
        );
    }
}
