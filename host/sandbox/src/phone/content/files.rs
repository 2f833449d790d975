//! Messages that carry a file.

use buffa::MessageField;
use waproto::whatsapp as wa;

use super::samples;
use super::spec::{File, FileKind, Wrong};
use crate::phone::media::{Prepared, Sealed};

/// The size of a picture whose sender does not say.
const SIDE: u32 = 512;

/// Fields that every kind of file has.
macro_rules! base {
    ($($kind:ident)::+, $sealed:expr, $mimetype:expr, $now:expr) => {
        $($kind)::+ {
            url: Some($sealed.stored.url.clone()),
            direct_path: Some($sealed.stored.direct_path.clone()),
            mimetype: Some($mimetype),
            file_sha256: Some($sealed.sha256.to_vec()),
            file_enc_sha256: Some($sealed.enc_sha256.to_vec()),
            media_key: Some($sealed.media_key.to_vec()),
            media_key_timestamp: $now,
            file_length: Some($sealed.bytes),
            ..Default::default()
        }
    };
}

/// Builds the message for a file that is on the media host.
pub(super) fn message(
    kind: FileKind,
    file: &File,
    prepared: &Prepared,
    now_ms: u64,
) -> Result<wa::Message, Wrong> {
    let Some(sealed) = &prepared.file else {
        return Err(Wrong::new("content", "its file is not on the media host"));
    };
    let mimetype = file
        .mimetype
        .clone()
        .unwrap_or_else(|| samples::mimetype(kind).to_owned());
    let now = i64::try_from(now_ms / 1000).ok();
    let thumbnail = prepared.thumbnail.clone();
    Ok(match kind {
        FileKind::Image => wa::Message {
            image_message: MessageField::some(wa::message::ImageMessage {
                caption: file.caption.clone(),
                width: file.width.or(Some(SIDE)),
                height: file.height.or(Some(SIDE)),
                jpeg_thumbnail: thumbnail,
                ..base!(wa::message::ImageMessage, sealed, mimetype, now)
            }),
            ..Default::default()
        },
        FileKind::Video | FileKind::Gif | FileKind::VideoNote => {
            let video = wa::message::VideoMessage {
                caption: file.caption.clone(),
                seconds: file.seconds.or(Some(1)),
                width: file.width.or(Some(SIDE)),
                height: file.height.or(Some(SIDE)),
                gif_playback: (kind == FileKind::Gif).then_some(true),
                jpeg_thumbnail: thumbnail,
                streaming_sidecar: sealed.sidecar.clone(),
                ..base!(wa::message::VideoMessage, sealed, mimetype, now)
            };
            let video = MessageField::some(video);
            if kind == FileKind::VideoNote {
                wa::Message {
                    ptv_message: video,
                    ..Default::default()
                }
            } else {
                wa::Message {
                    video_message: video,
                    ..Default::default()
                }
            }
        }
        FileKind::Audio | FileKind::Voice => wa::Message {
            audio_message: MessageField::some(audio(kind, file, sealed, mimetype, now)),
            ..Default::default()
        },
        FileKind::Document => document(file, sealed, mimetype, now, thumbnail),
        FileKind::Sticker => wa::Message {
            sticker_message: MessageField::some(wa::message::StickerMessage {
                width: file.width.or(Some(SIDE)),
                height: file.height.or(Some(SIDE)),
                is_animated: Some(file.animated),
                ..base!(wa::message::StickerMessage, sealed, mimetype, now)
            }),
            ..Default::default()
        },
    })
}

fn audio(
    kind: FileKind,
    file: &File,
    sealed: &Sealed,
    mimetype: String,
    now: Option<i64>,
) -> wa::message::AudioMessage {
    let voice = kind == FileKind::Voice;
    wa::message::AudioMessage {
        seconds: file.seconds.or(Some(1)),
        ptt: Some(voice),
        // 64 heights, as clients draw them.
        waveform: voice.then(|| (0..64u8).map(|step| 30 + step % 40).collect()),
        streaming_sidecar: sealed.sidecar.clone(),
        ..base!(wa::message::AudioMessage, sealed, mimetype, now)
    }
}

/// A document with a caption comes in a wrapper of its own.
fn document(
    file: &File,
    sealed: &Sealed,
    mimetype: String,
    now: Option<i64>,
    thumbnail: Option<Vec<u8>>,
) -> wa::Message {
    let name = file.name.clone().unwrap_or_else(|| "document.txt".to_owned());
    let document = wa::Message {
        document_message: MessageField::some(wa::message::DocumentMessage {
            title: Some(name.clone()),
            file_name: Some(name),
            page_count: file.pages,
            caption: file.caption.clone(),
            jpeg_thumbnail: thumbnail,
            ..base!(wa::message::DocumentMessage, sealed, mimetype, now)
        }),
        ..Default::default()
    };
    if file.caption.is_none() {
        return document;
    }
    wa::Message {
        document_with_caption_message: MessageField::some(wa::message::FutureProofMessage {
            message: MessageField::some(document),
        }),
        ..Default::default()
    }
}
