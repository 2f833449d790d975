//! One download: streamed into a file beside, limited, checked, put in place.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use wagate_storage::media::{MediaRow, MediaSource};
use whatsapp_rust::download::{DownloadWriter, Downloadable, MediaType};
use whatsapp_rust::{Client, ErrorChainExt as _, Jid, MediaRetryResult, MediaReuploadRequest};

use super::folder::{self, Content, Folder};
use super::row::is_path;

/// A download that takes longer is given up; it is tried again.
const PATIENCE: Duration = Duration::from_mins(10);

/// Why a download failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// WhatsApp has it no longer (or not for us): the phone could upload it again.
    Gone,
    /// Above the limit.
    TooLarge,
    /// What came is not what was sent.
    Broken(String),
    /// Anything that may be better later.
    Temporary(String),
}

impl Failure {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Gone => "no longer on WhatsApp's media servers".to_owned(),
            Self::TooLarge => "larger than files may be here".to_owned(),
            Self::Broken(text) | Self::Temporary(text) => text.clone(),
        }
    }
}

/// Downloads into the temporary file of this row and checks what came.
pub(super) async fn fetch(
    folder: &Folder,
    client: &Arc<Client>,
    row: &MediaRow,
    max_bytes: u64,
) -> Result<(PathBuf, Content), Failure> {
    let (path, file) = folder
        .begin(&row.session_id, &row.id)
        .map_err(|error| Failure::Temporary(format!("the file cannot be written: {error}")))?;
    let fetched = fill(client, row, file, max_bytes, path.clone()).await;
    if fetched.is_err() {
        // Never there, or half of it.
        let _ = tokio::fs::remove_file(&path).await;
    }
    fetched.map(|content| (path, content))
}

async fn fill(
    client: &Arc<Client>,
    row: &MediaRow,
    file: File,
    max_bytes: u64,
    path: PathBuf,
) -> Result<Content, Failure> {
    let source = Source::of(&row.source)?;
    let overflow = Arc::new(AtomicBool::new(false));
    let sink = Sink {
        file,
        at: 0,
        max_bytes,
        until: Instant::now() + PATIENCE,
        overflow: Arc::clone(&overflow),
    };
    let download = client.download_to_writer(&source, sink);
    let sink = match tokio::time::timeout(PATIENCE, download).await {
        Ok(Ok(sink)) => sink,
        Ok(Err(_)) if overflow.load(Ordering::Relaxed) => return Err(Failure::TooLarge),
        Ok(Err(error)) => {
            let cause: &(dyn std::error::Error + 'static) = error.as_ref();
            return Err(match cause.http_status() {
                Some(403 | 404 | 410) => Failure::Gone,
                _ => Failure::Temporary(format!("the download failed: {error:#}")),
            });
        }
        Err(_) => return Err(Failure::Temporary("the download took too long".to_owned())),
    };
    let (declared, wanted) = (row.mime.clone(), row.source.file_sha256.clone());
    let check = move || {
        sink.file.sync_data()?;
        folder::look(&path, Some(&declared))
    };
    let content = tokio::task::spawn_blocking(check)
        .await
        .map_err(|error| Failure::Temporary(error.to_string()))?
        .map_err(|error| Failure::Temporary(format!("the file cannot be read: {error}")))?;
    if wanted.is_some_and(|wanted| wanted != content.sha256) {
        return Err(Failure::Broken(
            "the content is not the one that was sent".to_owned(),
        ));
    }
    Ok(content)
}

/// Asks the phone that sent it to upload it again. Some: where it is now.
pub(super) async fn ask_again(client: &Arc<Client>, row: &MediaRow) -> Result<String, Failure> {
    let temporary = |error: String| Failure::Temporary(format!("the phone was asked in vain: {error}"));
    let chat: Jid = row.chat.parse().map_err(|_| Failure::Gone)?;
    let is_direct = chat.is_pn() || chat.is_lid();
    let sender: Option<Jid> = row.sender.parse().ok();
    let key = row.source.media_key.as_deref().ok_or(Failure::Gone)?;
    let request = MediaReuploadRequest {
        msg_id: &row.wa_id,
        chat_jid: &chat,
        media_key: key,
        is_from_me: row.from_me,
        participant: sender.as_ref().filter(|_| !is_direct && !row.from_me),
    };
    match client.media_reupload().request(&request).await {
        Ok(MediaRetryResult::Success { direct_path }) if is_path(&direct_path) => Ok(direct_path),
        Ok(MediaRetryResult::NotFound) => Err(Failure::Gone),
        Ok(answer) => Err(temporary(format!("{answer:?}"))),
        Err(error) => Err(temporary(error.to_string())),
    }
}

/// A row's source as the library takes it.
struct Source {
    source: MediaSource,
    media_type: MediaType,
}

impl Source {
    fn of(source: &MediaSource) -> Result<Self, Failure> {
        let media_type = match source.media_type.as_str() {
            "image" => MediaType::Image,
            "video" => MediaType::Video,
            "audio" => MediaType::Audio,
            "document" => MediaType::Document,
            "sticker" => MediaType::Sticker,
            other => return Err(Failure::Broken(format!("an unknown kind of content: {other}"))),
        };
        Ok(Self {
            source: source.clone(),
            media_type,
        })
    }
}

impl Downloadable for Source {
    fn direct_path(&self) -> Option<&str> {
        self.source.direct_path.as_deref()
    }

    fn media_key(&self) -> Option<&[u8]> {
        self.source.media_key.as_deref()
    }

    fn file_enc_sha256(&self) -> Option<&[u8]> {
        self.source.file_enc_sha256.as_deref()
    }

    fn file_sha256(&self) -> Option<&[u8]> {
        self.source.file_sha256.as_deref()
    }

    fn file_length(&self) -> Option<u64> {
        None
    }

    fn app_info(&self) -> MediaType {
        self.media_type
    }

    fn static_url(&self) -> Option<&str> {
        self.source.static_url.as_deref()
    }
}

/// A file that takes so much and for so long: whatever the sender said, and whatever the server sends.
struct Sink {
    file: File,
    at: u64,
    max_bytes: u64,
    until: Instant,
    overflow: Arc<AtomicBool>,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if Instant::now() > self.until {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let end = self
            .at
            .saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if end > self.max_bytes {
            self.overflow.store(true, Ordering::Relaxed);
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let written = self.file.write(bytes)?;
        self.at += u64::try_from(written).unwrap_or(u64::MAX);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.file.seek(to)?;
        Ok(self.at)
    }
}

impl DownloadWriter for Sink {
    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }
}
