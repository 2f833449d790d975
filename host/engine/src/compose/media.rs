//! Files in messages.

use buffa::MessageField;
use waproto::whatsapp as wa;
use waproto::whatsapp::message as part;
use whatsapp_rust::upload::UploadResponse;

use super::length;
use crate::EngineError;
use crate::content::{MAX_NAME, MAX_TEXT, Media, MediaKind};

/// Values of a voice note's waveform.
const WAVEFORM: usize = 64;
/// Largest thumbnail, in bytes: it travels inside the message.
const MAX_THUMBNAIL: usize = 64 * 1024;
/// The side of a sticker, in pixels, where nothing else is known.
const STICKER_SIDE: u32 = 512;

/// A file on WhatsApp's media servers.
pub(crate) struct Uploaded {
    pub(crate) url: String,
    pub(crate) direct_path: String,
    pub(crate) media_key: Vec<u8>,
    pub(crate) file_sha256: Vec<u8>,
    pub(crate) file_enc_sha256: Vec<u8>,
    pub(crate) file_length: u64,
    pub(crate) media_key_timestamp: i64,
    /// What a player needs to start in the middle.
    pub(crate) streaming_sidecar: Option<Vec<u8>>,
}

impl From<UploadResponse> for Uploaded {
    fn from(response: UploadResponse) -> Self {
        Self {
            url: response.url,
            direct_path: response.direct_path,
            media_key: response.media_key.to_vec(),
            file_sha256: response.file_sha256.to_vec(),
            file_enc_sha256: response.file_enc_sha256.to_vec(),
            file_length: response.file_length,
            media_key_timestamp: response.media_key_timestamp,
            streaming_sidecar: response.streaming_sidecar,
        }
    }
}

/// The part of a message around an uploaded file: the fields all kinds share, and those given.
macro_rules! around {
    ($part:ident, $upload:expr, { $($field:ident: $value:expr),* $(,)? }) => {
        MessageField::some(part::$part {
            url: Some($upload.url),
            direct_path: Some($upload.direct_path),
            media_key: Some($upload.media_key),
            file_sha256: Some($upload.file_sha256),
            file_enc_sha256: Some($upload.file_enc_sha256),
            file_length: Some($upload.file_length),
            media_key_timestamp: Some($upload.media_key_timestamp),
            $($field: $value,)*
            ..part::$part::default()
        })
    };
}

/// What is wrong with a file, before it is uploaded.
pub(crate) fn is_sendable(media: &Media) -> Result<(), EngineError> {
    length(
        media.caption.as_deref().unwrap_or_default(),
        0,
        MAX_TEXT,
        "caption",
    )?;
    length(
        media.file_name.as_deref().unwrap_or_default(),
        0,
        MAX_NAME,
        "fileName",
    )?;
    let thumbnail = media.thumbnail.as_deref().unwrap_or_default();
    if thumbnail.len() > MAX_THUMBNAIL {
        return Err(EngineError::invalid(
            "jpegThumbnail",
            format!("at most {MAX_THUMBNAIL} bytes"),
        ));
    }
    if media
        .waveform
        .as_ref()
        .is_some_and(|waveform| waveform.len() > WAVEFORM)
    {
        return Err(EngineError::invalid(
            "waveform",
            format!("at most {WAVEFORM} values"),
        ));
    }
    Ok(())
}

/// The message around an uploaded file.
pub(crate) fn message(media: Media, upload: Uploaded) -> wa::Message {
    match media.kind {
        MediaKind::Image => image(media, upload),
        MediaKind::Video | MediaKind::Gif | MediaKind::VideoNote => video(media, upload),
        MediaKind::Audio | MediaKind::Voice => audio(media, upload),
        MediaKind::Sticker => sticker(media, upload),
        MediaKind::Document => document(media, upload),
    }
}

fn mime(media: &Media, usual: &str) -> String {
    media.mime_type.clone().unwrap_or_else(|| usual.to_owned())
}

fn image(media: Media, upload: Uploaded) -> wa::Message {
    wa::Message {
        image_message: around!(ImageMessage, upload, {
            mimetype: Some(mime(&media, "image/jpeg")),
            caption: media.caption,
            jpeg_thumbnail: media.thumbnail,
            width: media.width,
            height: media.height,
        }),
        ..wa::Message::default()
    }
}

fn video(media: Media, upload: Uploaded) -> wa::Message {
    let kind = media.kind;
    let video = around!(VideoMessage, upload, {
        mimetype: Some(mime(&media, "video/mp4")),
        caption: media.caption,
        jpeg_thumbnail: media.thumbnail,
        seconds: media.seconds,
        gif_playback: (kind == MediaKind::Gif).then_some(true),
        width: media.width,
        height: media.height,
        streaming_sidecar: upload.streaming_sidecar,
    });
    if kind == MediaKind::VideoNote {
        return wa::Message {
            ptv_message: video,
            ..wa::Message::default()
        };
    }
    wa::Message {
        video_message: video,
        ..wa::Message::default()
    }
}

fn audio(media: Media, upload: Uploaded) -> wa::Message {
    let is_voice = media.kind == MediaKind::Voice;
    let usual = if is_voice {
        "audio/ogg; codecs=opus"
    } else {
        "audio/mpeg"
    };
    wa::Message {
        audio_message: around!(AudioMessage, upload, {
            mimetype: Some(mime(&media, usual)),
            seconds: media.seconds,
            ptt: Some(is_voice),
            waveform: media.waveform.filter(|_| is_voice),
            streaming_sidecar: upload.streaming_sidecar,
        }),
        ..wa::Message::default()
    }
}

/// A caption is only shown by clients when the document is wrapped.
fn document(media: Media, upload: Uploaded) -> wa::Message {
    let has_caption = media.caption.is_some();
    let message = wa::Message {
        document_message: around!(DocumentMessage, upload, {
            mimetype: Some(mime(&media, "application/octet-stream")),
            title: media.file_name.clone(),
            file_name: media.file_name.or_else(|| Some("file".to_owned())),
            caption: media.caption,
            page_count: media.page_count,
            jpeg_thumbnail: media.thumbnail,
        }),
        ..wa::Message::default()
    };
    if !has_caption {
        return message;
    }
    wa::Message {
        document_with_caption_message: MessageField::some(part::FutureProofMessage {
            message: MessageField::some(message),
        }),
        ..wa::Message::default()
    }
}

fn sticker(media: Media, upload: Uploaded) -> wa::Message {
    wa::Message {
        sticker_message: around!(StickerMessage, upload, {
            mimetype: Some(mime(&media, "image/webp")),
            width: Some(media.width.unwrap_or(STICKER_SIDE)),
            height: Some(media.height.unwrap_or(STICKER_SIDE)),
            is_animated: Some(media.is_animated),
            png_thumbnail: media.thumbnail,
        }),
        ..wa::Message::default()
    }
}
