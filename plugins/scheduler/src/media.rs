//! What stands beside the text: a file by its address.

use serde::{Deserialize, Serialize};
use serde_json::json;
use wagate_plugin_api::messages::Content;

use crate::item::Item;

const DEFAULT_NAME: &str = "file";
const MAX_NAME: usize = 200;

/// How a file is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MediaType {
    Image,
    Video,
    Document,
    /// Has no caption.
    Audio,
}

impl MediaType {
    /// By the ending of the address; a document where it says nothing.
    pub(crate) fn of_url(url: &str) -> Self {
        let name = file_name(url).to_ascii_lowercase();
        match name.rsplit_once('.').map(|(_, ending)| ending) {
            Some("jpg" | "jpeg" | "png" | "gif" | "webp") => Self::Image,
            Some("mp4" | "mov" | "3gp" | "webm") => Self::Video,
            Some("mp3" | "ogg" | "opus" | "m4a" | "aac" | "wav") => Self::Audio,
            _ => Self::Document,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Document => "document",
            Self::Audio => "audio",
        }
    }
}

/// What the host is given to send. The host downloads the file, by the rules for requests of plugins.
pub(crate) fn content_of(item: &Item) -> Content {
    let Some(url) = &item.media_url else {
        return Content::Text(item.content.clone().unwrap_or_default());
    };
    let kind = item.media_type.unwrap_or_else(|| MediaType::of_url(url));
    let mut object = json!({ kind.word(): { "url": url } });
    if let Some(fields) = object.as_object_mut() {
        if let Some(caption) = &item.content {
            fields.insert("caption".to_owned(), json!(caption));
        }
        if kind == MediaType::Document {
            fields.insert("fileName".to_owned(), json!(shown_name(url)));
        }
    }
    Content::Other(object.to_string())
}

/// The last segment of the path.
fn file_name(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    path.rsplit_once('/').map_or("", |(_, name)| name)
}

fn shown_name(url: &str) -> String {
    let name: String = file_name(url).chars().take(MAX_NAME).collect();
    if name.is_empty() {
        DEFAULT_NAME.to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_sent_as_its_address_says() {
        for (url, kind, name) in [
            ("https://a.example/x/cat.JPG?size=1", MediaType::Image, "cat.JPG"),
            ("https://a.example/clip.mp4#t=1", MediaType::Video, "clip.mp4"),
            ("https://a.example/song.mp3", MediaType::Audio, "song.mp3"),
            ("https://a.example/report.pdf", MediaType::Document, "report.pdf"),
            ("https://a.example", MediaType::Document, "file"),
        ] {
            assert_eq!(
                (MediaType::of_url(url), shown_name(url).as_str()),
                (kind, name),
                "{url}"
            );
        }
    }
}
