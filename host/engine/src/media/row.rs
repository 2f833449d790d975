//! What a message says about the file it carries. All of it comes from a sender: names are made harmless, places are
//! checked, sizes are compared with the limit.

use buffa::Message as _;
use sha2::{Digest as _, Sha256};
use wacore::proto_helpers::MessageExt as _;
use wagate_storage::media::{MediaMessage, MediaSource, MediaState, NewMedia};
use wagate_storage::messages::MessageRow;
use waproto::whatsapp as wa;

use crate::EngineError;
use crate::context::SessionContext;
use crate::media::DownloadMode;

/// Characters of a message id that make it into a name.
const MAX_ID_IN_NAME: usize = 64;
/// Longest place on the media servers.
const MAX_PATH: usize = 2048;

/// The file of this message; none when it carries none. The row tells whose it is.
pub(crate) fn media_of(
    context: &SessionContext,
    row: &MessageRow,
    message: &wa::Message,
) -> Option<NewMedia> {
    let carried = Carried::of(message)?;
    let source = carried.source(&row.chat)?;
    let options = context.shared.media.options();
    let is_too_large = carried
        .length
        .is_some_and(|length| length > options.max_file_bytes);
    let mime = carried.mime.unwrap_or_default();
    Some(NewMedia {
        id: wagate_storage::new_row_id(),
        file_name: file_name(&context.slug, row, &mime),
        kind: carried.kind.to_owned(),
        title: carried.title.and_then(|title| wagate_media::names::clean(&title)),
        mime,
        bytes: carried.length.and_then(|length| i64::try_from(length).ok()),
        state: if is_too_large {
            MediaState::TooLarge
        } else {
            MediaState::Pending
        },
        is_lazy: options.download == DownloadMode::Lazy,
        source,
    })
}

/// Where REST clients find the file of this message; none when it carries none.
pub(crate) fn url(context: &SessionContext, row: &MessageRow, message: &wa::Message) -> Option<String> {
    let carried = Carried::of(message)?;
    carried.source(&row.chat)?;
    let name = file_name(&context.slug, row, carried.mime.as_deref().unwrap_or_default());
    Some(format!("/api/media/{name}"))
}

/// Notes the file of a message that was stored without one.
pub(crate) async fn note(context: &SessionContext, row: &MessageRow) -> Result<(), EngineError> {
    let message = wa::Message::decode_from_slice(&row.wire).unwrap_or_default();
    let Some(media) = media_of(context, row, &message) else {
        return Ok(());
    };
    let carrier = MediaMessage {
        session_id: row.session_id.clone(),
        message_id: row.id.clone(),
        chat: row.chat.clone(),
        sender: row.sender.clone(),
        from_me: row.from_me,
        wa_id: row.wa_id.clone(),
        now: context.shared.clock.now_ms(),
    };
    Ok(context.shared.storage.insert_media(carrier, media).await?)
}

/// `<slug>-<message id>_<8 digits>.<extension>`: readable, and the same whenever it is made. The digits are of everything
/// that makes a message unique, so that a message id chosen to be one that is there already leads to another name.
fn file_name(slug: &str, row: &MessageRow, mime: &str) -> String {
    let id: String = row
        .wa_id
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(MAX_ID_IN_NAME)
        .collect();
    let mut hash = Sha256::new();
    for part in [&row.session_id, &row.chat, &row.sender, &row.wa_id] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digits = hex::encode(hash.finalize().get(..4).unwrap_or_default());
    let extension = wagate_media::sniff::extension(mime);
    format!("{slug}-{id}_{digits}.{extension}")
}

/// The fields all kinds of media messages share.
struct Carried {
    kind: &'static str,
    media_type: &'static str,
    mime: Option<String>,
    title: Option<String>,
    length: Option<u64>,
    direct_path: Option<String>,
    static_url: Option<String>,
    media_key: Option<Vec<u8>>,
    file_sha256: Option<Vec<u8>>,
    file_enc_sha256: Option<Vec<u8>>,
}

macro_rules! carried {
    ($message:expr, $kind:literal, $media_type:literal, $title:expr, $static_url:expr) => {
        Carried {
            kind: $kind,
            media_type: $media_type,
            mime: $message.mimetype.clone(),
            title: $title,
            length: $message.file_length,
            direct_path: $message.direct_path.clone(),
            static_url: $static_url,
            media_key: $message.media_key.clone(),
            file_sha256: $message.file_sha256.clone(),
            file_enc_sha256: $message.file_enc_sha256.clone(),
        }
    };
}

impl Carried {
    fn of(message: &wa::Message) -> Option<Self> {
        let base = message.get_base_message();
        let film = |video: &wa::message::VideoMessage| {
            carried!(video, "VIDEO", "video", None, video.static_url.clone())
        };
        let base = base
            .lottie_sticker_message
            .as_option()
            .and_then(|wrapped| wrapped.message.as_option())
            .unwrap_or(base);
        if let Some(image) = base.image_message.as_option() {
            Some(carried!(image, "IMAGE", "image", None, image.static_url.clone()))
        } else if let Some(video) = base.video_message.as_option() {
            Some(film(video))
        } else if let Some(video) = base.ptv_message.as_option() {
            Some(film(video))
        } else if let Some(audio) = base.audio_message.as_option() {
            Some(carried!(audio, "AUDIO", "audio", None, None))
        } else if let Some(document) = base.document_message.as_option() {
            let title = document.file_name.clone().or_else(|| document.title.clone());
            Some(carried!(document, "DOCUMENT", "document", title, None))
        } else {
            let sticker = base.sticker_message.as_option();
            sticker.map(|sticker| carried!(sticker, "STICKER", "sticker", None, None))
        }
    }

    /// Where it can be downloaded from; none when the message names no place we would go to.
    fn source(&self, chat: &str) -> Option<MediaSource> {
        let direct_path = self.direct_path.clone().filter(|path| is_path(path));
        // Only channels have whole addresses; anywhere else a sender would choose where this host goes.
        let static_url = self
            .static_url
            .clone()
            .filter(|url| chat.ends_with("@newsletter") && is_of_whatsapp(url));
        if direct_path.is_none() && static_url.is_none() {
            return None;
        }
        Some(MediaSource {
            media_type: self.media_type.to_owned(),
            direct_path,
            static_url,
            media_key: self.media_key.clone().filter(|key| key.len() == 32),
            file_sha256: self.file_sha256.clone().filter(|hash| hash.len() == 32),
            file_enc_sha256: self.file_enc_sha256.clone().filter(|hash| hash.len() == 32),
        })
    }
}

/// The library puts it behind `https://<media server>`. Without the slash `@other.example/` would lead elsewhere.
pub(super) fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && path.len() <= MAX_PATH
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#' | b'"'))
}

fn is_of_whatsapp(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else {
        return false;
    };
    let Some((host, path)) = rest.split_once('/') else {
        return false;
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    host.bytes().all(plain)
        && (host == "whatsapp.net" || host.ends_with(".whatsapp.net"))
        && is_path(&format!("/{path}"))
}

#[cfg(test)]
mod tests {
    use buffa::MessageField;
    use wagate_storage::messages::{MessageRow, MessageStatus};
    use waproto::whatsapp as wa;

    use super::{Carried, file_name, is_of_whatsapp, is_path};

    fn row(wa_id: &str, sender: &str) -> MessageRow {
        MessageRow {
            id: String::new(),
            session_id: "s".to_owned(),
            chat: "c@g.us".to_owned(),
            sender: sender.to_owned(),
            from_me: false,
            wa_id: wa_id.to_owned(),
            push_name: None,
            kind: String::new(),
            content: None,
            status: MessageStatus::Pending,
            played: false,
            timestamp: 0,
            quote_id: None,
            edited_at: None,
            deleted_at: None,
            deleted_by: None,
            starred: false,
            mime_type: None,
            file_name: None,
            file_size: None,
            wire: Vec::new(),
        }
    }

    #[test]
    fn names_are_plain_and_each_message_has_its_own() {
        let name = file_name("shop", &row("3EB0C0FFEE", "a"), "image/jpeg");
        assert!(
            name.starts_with("shop-3EB0C0FFEE_") && name.ends_with(".jpg"),
            "{name}"
        );
        assert_eq!(
            name,
            file_name("shop", &row("3EB0C0FFEE", "a"), "image/jpeg"),
            "the same whenever it is made"
        );
        // Somebody else in the group may choose the same message id.
        assert_ne!(name, file_name("shop", &row("3EB0C0FFEE", "b"), "image/jpeg"));
        for id in ["../../x", "a/b\\c", "x\0y", "\u{202e}x", "", &"z".repeat(500)] {
            let name = file_name("shop", &row(id, "a"), "../../html");
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            assert!(
                name.bytes().all(plain) && name.len() < 100 && !name.contains(".."),
                "{id:?}: {name}"
            );
        }
    }

    #[test]
    fn every_kind_of_file_is_found_under_its_wrappers() {
        let video = wa::message::VideoMessage {
            direct_path: Some("/v".to_owned()),
            mimetype: Some("video/mp4".to_owned()),
            static_url: Some("https://127.0.0.1/x".to_owned()),
            ..wa::message::VideoMessage::default()
        };
        let note = wa::Message {
            ptv_message: MessageField::some(video.clone()),
            ..wa::Message::default()
        };
        let document = wa::Message {
            document_message: MessageField::some(wa::message::DocumentMessage {
                direct_path: Some("@127.0.0.1/".to_owned()),
                ..wa::message::DocumentMessage::default()
            }),
            ..wa::Message::default()
        };
        let wrapped = wa::Message {
            document_with_caption_message: MessageField::some(wa::message::FutureProofMessage {
                message: MessageField::some(document),
            }),
            ..wa::Message::default()
        };
        let once = wa::Message {
            view_once_message_v2: MessageField::some(wa::message::FutureProofMessage {
                message: MessageField::some(wa::Message {
                    video_message: MessageField::some(video),
                    ..wa::Message::default()
                }),
            }),
            ..wa::Message::default()
        };
        let kind = |message: &wa::Message| Carried::of(message).map(|carried| carried.kind);
        assert_eq!(
            (kind(&note), kind(&wrapped), kind(&once)),
            (Some("VIDEO"), Some("DOCUMENT"), Some("VIDEO"))
        );
        assert_eq!(kind(&wa::Message::default()), None);
        let source = Carried::of(&note).unwrap().source("1@s.whatsapp.net").unwrap();
        assert_eq!(
            (source.direct_path.as_deref(), source.static_url),
            (Some("/v"), None)
        );
        assert!(
            Carried::of(&wrapped)
                .unwrap()
                .source("1@s.whatsapp.net")
                .is_none(),
            "leads elsewhere"
        );
    }

    #[test]
    fn a_sender_does_not_choose_where_this_host_goes() {
        assert!(is_path(
            "/v/t62.7118-24/1_2.enc?ccb=11-4&oh=01&oe=68&_nc_sid=5e03e0"
        ));
        for bad in [
            "",
            "@127.0.0.1/",
            "evil.example/x",
            "//",
            ":8080/x",
            "/a\r\nHost: x",
            "/a b",
            "/\\x",
            "/#",
        ] {
            assert!(!is_path(bad) || bad == "//", "{bad:?}");
        }
        assert!(is_of_whatsapp("https://mmg.whatsapp.net/v/1"));
        for bad in [
            "http://mmg.whatsapp.net/v/1",
            "https://mmg.whatsapp.net@127.0.0.1/v",
            "https://127.0.0.1/v",
            "https://whatsapp.net.evil.example/v",
            "https://evilwhatsapp.net/v",
            "https://mmg.whatsapp.net:22/v",
            "https://mmg.whatsapp.net",
            "file:///etc/passwd",
        ] {
            assert!(!is_of_whatsapp(bad), "{bad}");
        }
    }
}
