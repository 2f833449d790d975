//! Files in content objects.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::fields::{BESIDE, Beside, Blob, decode, field, read};
use super::{picked, refused};
use crate::EngineError;
use crate::content::{Content, Media, MediaKind, MediaSource};

/// The file under `name`, with what stands beside it.
pub(super) fn media(object: &mut Map<String, Value>, name: &str) -> Result<Content, EngineError> {
    let value = object.remove(name).unwrap_or(Value::Null);
    // A sticker's pack and author, a document's name: some clients write them beside the URL, some beside the file.
    let mut inner: Beside = match &value {
        Value::Object(file) => read(Value::Object(picked(file, BESIDE)), name)?,
        _ => Beside::default(),
    };
    let beside: Beside = read(Value::Object(picked(object, BESIDE)), "")?;
    let (source, mime_type) = source(value, name)?;
    let kind = match name {
        "image" => MediaKind::Image,
        "video" if beside.ptv => MediaKind::VideoNote,
        "video" if beside.gif_playback => MediaKind::Gif,
        "video" => MediaKind::Video,
        "audio" if beside.ptt => MediaKind::Voice,
        "audio" => MediaKind::Audio,
        "sticker" => MediaKind::Sticker,
        _ => MediaKind::Document,
    };
    let pack = beside.pack.or(inner.pack.take());
    let author = beside.author.or(inner.author.take());
    let text = beside.caption.or(inner.caption.take()).or(beside.text);
    let mut media = Media {
        mime_type: beside.mimetype.or(inner.mimetype.take()).or(mime_type),
        file_name: beside.file_name.or(inner.file_name.take()),
        caption: text.filter(|text| !text.is_empty()),
        width: beside.width,
        height: beside.height,
        thumbnail: beside.jpeg_thumbnail.map(|Blob(bytes)| bytes),
        seconds: beside.seconds,
        waveform: beside.waveform.map(|Blob(bytes)| bytes),
        is_animated: beside.is_animated,
        page_count: beside.page_count,
        pack: (pack.is_some() || author.is_some())
            .then(|| (pack.unwrap_or_default(), author.unwrap_or_default())),
        ..Media::new(kind, source)
    };
    if !kind.has_caption() {
        media.caption = None;
    }
    Ok(Content::Media(Box::new(media)))
}

/// Where the content is, and its type where that is written there too.
fn source(value: Value, name: &str) -> Result<(MediaSource, Option<String>), EngineError> {
    match value {
        Value::String(text) => written(&text, name),
        Value::Object(object) if object.contains_key("url") => written(
            &field::<String>(&object, "url").map_err(|_| no_source(name))?,
            name,
        ),
        Value::Object(object) if object.contains_key("handle") => {
            let handle = field::<String>(&object, "handle").map_err(|_| no_source(name))?;
            Ok((MediaSource::Handle(handle), None))
        }
        Value::Object(object) if object.contains_key("base64") => {
            inline(&field::<String>(&object, "base64")?, name)
        }
        bytes @ (Value::Object(_) | Value::Array(_)) => {
            let Blob(bytes) = read(bytes, name).map_err(|_| no_source(name))?;
            content(bytes, None, name)
        }
        _ => Err(no_source(name)),
    }
}

/// An address or the content itself. Never a path: whoever writes to the API must not read this machine's files.
fn written(text: &str, name: &str) -> Result<(MediaSource, Option<String>), EngineError> {
    let text = text.trim();
    let scheme = text
        .split_once(':')
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("http" | "https") => Ok((MediaSource::Url(text.to_owned()), None)),
        Some("data") | None => inline(text, name),
        Some(_) => Err(no_source(name)),
    }
}

fn inline(text: &str, name: &str) -> Result<(MediaSource, Option<String>), EngineError> {
    let mime_type = text
        .strip_prefix("data:")
        .and_then(|url| url.split_once([';', ',']))
        .map(|(mime_type, _)| mime_type.to_owned())
        .filter(|mime_type| !mime_type.is_empty());
    content(decode(text).ok_or_else(|| no_source(name))?, mime_type, name)
}

fn content(
    bytes: Vec<u8>,
    mime_type: Option<String>,
    name: &str,
) -> Result<(MediaSource, Option<String>), EngineError> {
    if bytes.is_empty() {
        return Err(refused(format!("{name}: the file is empty")));
    }
    Ok((MediaSource::Bytes(Bytes::from(bytes)), mime_type))
}

fn no_source(name: &str) -> EngineError {
    refused(format!(
        "{name}: must have an http or https \"url\", a media \"handle\", or the content as base64"
    ))
}
