//! A file behind a handle, on its way into a message.

use wagate_plugin_api::messages::{Content, SendOptions, Sent};
use wagate_plugin_api::{Error, FormFile, Host, HostError, ext, media};

/// The name of a document that has none.
const UNNAMED: &str = "file";

/// What a file is sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Image,
    Video,
    Audio,
    Voice,
    Document,
    Sticker,
}

impl Kind {
    /// As clients name it.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        Ok(match text.trim().to_ascii_lowercase().as_str() {
            "image" => Self::Image,
            "video" => Self::Video,
            "audio" => Self::Audio,
            "voice" => Self::Voice,
            "document" => Self::Document,
            "sticker" => Self::Sticker,
            _ => {
                return Err(Error::bad_request(
                    "type: must be one of image, video, audio, voice, document, sticker",
                ));
            }
        })
    }

    /// What a file is when nobody says.
    pub(crate) fn of_type(mime_type: &str) -> Self {
        match mime_type.split('/').next().unwrap_or_default() {
            "image" => Self::Image,
            "video" => Self::Video,
            "audio" => Self::Audio,
            _ => Self::Document,
        }
    }

    /// Its field in a content object.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio | Self::Voice => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }
}

/// A file the host has for us.
pub(crate) struct File {
    pub(crate) handle: String,
    pub(crate) mime_type: String,
    pub(crate) name: Option<String>,
}

impl From<&FormFile> for File {
    fn from(file: &FormFile) -> Self {
        Self {
            handle: file.handle.clone(),
            mime_type: file.mime_type.clone(),
            name: file.file_name.clone(),
        }
    }
}

impl From<media::Info> for File {
    fn from(info: media::Info) -> Self {
        Self {
            handle: info.handle,
            mime_type: info.mime_type,
            name: info.file_name,
        }
    }
}

impl File {
    /// As what it is sent.
    pub(crate) fn content(&self, kind: Kind, name: Option<&str>, caption: Option<&str>) -> Content {
        let handle = self.handle.clone();
        let caption = caption.map(str::to_owned);
        match kind {
            Kind::Image => Content::Image((handle, caption)),
            Kind::Video => Content::Video((handle, caption)),
            Kind::Audio => Content::Audio(handle),
            Kind::Voice => Content::Voice(handle),
            Kind::Sticker => Content::Sticker(handle),
            Kind::Document => {
                let name = name.or(self.name.as_deref()).unwrap_or(UNNAMED).to_owned();
                Content::Document((handle, name, caption))
            }
        }
    }

    /// Gives it up when nobody needs it any more.
    pub(crate) fn give_up(&self, host: &dyn Host) {
        // If it stays it is removed after a day.
        let _ = host.media_drop(&self.handle);
    }

    /// Sends it and gives it up, unless it may still be on its way.
    pub(crate) fn send(
        &self,
        host: &dyn Host,
        session: &str,
        to: &str,
        content: &Content,
        options: &SendOptions,
    ) -> Result<Sent, HostError> {
        let sent = host.send(session, to, content, options);
        let is_under_way = match &sent {
            Ok(sent) => ext(&sent.ext, "waitsUntilMs").is_some(),
            Err(error) => matches!(error, HostError::Timeout(_)),
        };
        if !is_under_way {
            self.give_up(host);
        }
        sent
    }
}
