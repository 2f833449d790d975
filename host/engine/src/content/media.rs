//! Files, and what is known about them.

use std::path::PathBuf;

use bytes::Bytes;

/// A file in a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    /// What it is shown as.
    pub kind: MediaKind,
    /// Where the content is.
    pub source: MediaSource,
    /// What it is; the kind's usual type when not known.
    pub mime_type: Option<String>,
    /// Its name, shown for documents.
    pub file_name: Option<String>,
    /// What stands below it: pictures, videos, documents.
    pub caption: Option<String>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// A small JPEG, shown until the file is there.
    pub thumbnail: Option<Vec<u8>>,
    /// How long it plays.
    pub seconds: Option<u32>,
    /// How loud a voice note is over its length: 64 values of 0 to 100.
    pub waveform: Option<Vec<u8>>,
    /// It moves, a sticker.
    pub is_animated: bool,
    /// How many pages a document has.
    pub page_count: Option<u32>,
    /// The name of a sticker's pack and its author, for whoever makes the sticker.
    pub pack: Option<(String, String)>,
}

impl Media {
    /// A file of which nothing more is known.
    pub fn new(kind: MediaKind, source: MediaSource) -> Self {
        Self {
            kind,
            source,
            mime_type: None,
            file_name: None,
            caption: None,
            width: None,
            height: None,
            thumbnail: None,
            seconds: None,
            waveform: None,
            is_animated: false,
            page_count: None,
            pack: None,
        }
    }
}

impl Media {
    /// Where it is on disk.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        match &self.source {
            MediaSource::File(path) => Some(path.clone()),
            _ => None,
        }
    }
}

/// What a file is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// A video that plays silently, again and again.
    Gif,
    /// A round video note.
    VideoNote,
    /// Music.
    Audio,
    /// A voice note.
    Voice,
    /// A sticker.
    Sticker,
    /// Any file.
    Document,
}

impl MediaKind {
    /// What REST clients call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video | Self::Gif | Self::VideoNote => "video",
            Self::Audio | Self::Voice => "audio",
            Self::Sticker => "sticker",
            Self::Document => "document",
        }
    }

    /// Whether text beside it is shown below it.
    pub(crate) fn has_caption(self) -> bool {
        matches!(self, Self::Image | Self::Video | Self::Gif | Self::Document)
    }
}

/// Where a file's content is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaSource {
    /// Here.
    Bytes(Bytes),
    /// In a file of the host's own making; never one a client named.
    File(PathBuf),
    /// On the host's shelf, under this handle: whoever holds the shelf puts the file in its place before the send.
    Handle(String),
    /// At this address: whoever may ask there puts the content in its place before the send.
    Url(String),
}
