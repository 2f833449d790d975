//! Files on their way into a message: what a plugin names by handle or address is put in its place, made into what
//! WhatsApp takes where that is needed, and described.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use wagate_engine::content::{Content, Media, MediaKind, MediaSource};
use wagate_media::{Description, Pack, Recipe, Shape, Sticker};
use wagate_protocol::error::HostError;

use crate::imports::codec_error;
use crate::shelf::ShelfFile;
use crate::state::State;

/// Of stickers that are made of other pictures.
const STICKER_QUALITY: u8 = 50;
const STICKER: &str = "image/webp";
const VOICE: &str = "audio/ogg";
/// What the content of a file shows to be neither sound nor film, beside texts and pictures.
const NO_SOUND_OR_FILM: [&str; 2] = ["application/pdf", "application/zip"];

impl State {
    /// The content with its file at hand. Needs the right `media`, and `http-client` for an address.
    /// Handles of files that are made on the way are added to `made`: nobody else knows them.
    pub(crate) async fn with_files(
        &mut self,
        content: Content,
        made: &mut Vec<String>,
    ) -> Result<Content, HostError> {
        let Content::Media(mut media) = content else {
            return Ok(content);
        };
        let file = match &media.source {
            MediaSource::Handle(handle) => self.on_shelf(handle)?,
            MediaSource::Url(url) => {
                let url = url.clone();
                noted(self.fetch_into_handle(&url).await?, made)
            }
            MediaSource::Bytes(bytes) => {
                let bytes = bytes.clone();
                let file = self.put_on_shelf(&bytes, media.mime_type.as_deref(), media.file_name.as_deref());
                noted(file.await?, made)
            }
            // The engine's own word for what is here already.
            MediaSource::File(_) => return Ok(Content::Media(media)),
        };
        is_of_kind(media.kind, &file.mime)?;
        let file = self.made_sendable(&mut media, file, made).await?;
        let services = self.with_right(wagate_protocol::manifest::Right::Media)?;
        let described = services.codecs.describe(&file.path).await.map_err(codec_error)?;
        describe(&mut media, &file, described);
        media.source = MediaSource::File(file.path);
        Ok(Content::Media(media))
    }

    /// A picture becomes a sticker, a sound a voice note. Without ffmpeg a sound is sent as it is.
    async fn made_sendable(
        &mut self,
        media: &mut Media,
        file: ShelfFile,
        made: &mut Vec<String>,
    ) -> Result<ShelfFile, HostError> {
        match media.kind {
            MediaKind::Sticker if is(&file.mime, STICKER) && media.pack.is_none() => Ok(file),
            MediaKind::Sticker => {
                let (name, author) = media.pack.take().unwrap_or_default();
                let recipe = Recipe::Sticker(Sticker {
                    shape: Shape::parse("").map_err(codec_error)?,
                    quality: STICKER_QUALITY,
                    pack: Pack {
                        id: String::new(),
                        name,
                        author,
                        emojis: Vec::new(),
                    },
                });
                recipe.check().map_err(codec_error)?;
                media.mime_type = None;
                let sticker = self.transcode_file(&file, &recipe).await.map_err(of_the_file)?;
                Ok(noted(sticker, made))
            }
            MediaKind::Voice if !is(&file.mime, VOICE) => {
                match self.transcode_file(&file, &Recipe::Voice).await {
                    Ok(voice) => {
                        media.mime_type = None;
                        Ok(noted(voice, made))
                    }
                    Err(HostError::Unavailable {
                        retry_after_ms: None, ..
                    }) => {
                        media.kind = MediaKind::Audio;
                        Ok(file)
                    }
                    Err(error) => Err(of_the_file(error)),
                }
            }
            _ => Ok(file),
        }
    }
}

/// A file that was made here.
fn noted(file: ShelfFile, made: &mut Vec<String>) -> ShelfFile {
    made.push(file.handle.clone());
    file
}

/// Clients show nothing of what is not of its kind. Whether it is a picture always shows. A sound or a film may have marks
/// that nobody here knows, and servers call it what they like (`binary/octet-stream`): it is refused when it is something
/// else for certain. A container holds either.
fn is_of_kind(kind: MediaKind, mime: &str) -> Result<(), HostError> {
    let family = mime.split('/').next().unwrap_or_default();
    let is_other = NO_SOUND_OR_FILM.iter().any(|other| is(mime, other));
    let is_so = match kind {
        MediaKind::Image => family == "image",
        MediaKind::Gif if is(mime, "image/gif") => true,
        MediaKind::Gif | MediaKind::Video | MediaKind::VideoNote => {
            !is_other && !matches!(family, "text" | "audio" | "image")
        }
        MediaKind::Audio | MediaKind::Voice => !is_other && !matches!(family, "text" | "image"),
        // Made of what is brought, or refused by who makes it.
        MediaKind::Sticker | MediaKind::Document => true,
    };
    if is_so {
        return Ok(());
    }
    Err(HostError::Invalid(format!(
        "file: cannot be sent as {}, its type is {mime}",
        kind.as_str()
    )))
}

/// What a codec says of a file, as a client reads it.
fn of_the_file(error: HostError) -> HostError {
    match error {
        HostError::Invalid(text) => HostError::Invalid(format!("file: {text}")),
        other => other,
    }
}

/// What is known of the file and was not said. Of its type, the content has the last word where clients play or show it.
fn describe(media: &mut Media, file: &ShelfFile, found: Description) {
    let by_content = match media.kind {
        MediaKind::Voice => Some("audio/ogg; codecs=opus".to_owned()),
        MediaKind::Document => None,
        _ => Some(file.mime.clone()),
    };
    media.mime_type = by_content.or(media.mime_type.take()).or(Some(file.mime.clone()));
    media.file_name = media.file_name.take().or(file.name.clone());
    let pixels = |found: u32| Some(found).filter(|pixels| *pixels > 0);
    media.width = media.width.or(pixels(found.probe.width));
    media.height = media.height.or(pixels(found.probe.height));
    media.is_animated |= found.probe.frames > 1;
    let noted = |name: &str| {
        let note = file.notes.iter().find(|(found, _)| found == name);
        note.map(|(_, value)| value.as_str())
    };
    let milliseconds = noted("durationMs")
        .and_then(|duration| duration.parse().ok())
        .or(found.probe.duration_ms);
    let seconds =
        milliseconds.map(|duration: u64| u32::try_from(duration.div_ceil(1000)).unwrap_or(u32::MAX));
    media.seconds = media.seconds.or(seconds);
    let waveform = noted("waveform").and_then(|bars| BASE64.decode(bars).ok());
    media.waveform = media.waveform.take().or(waveform).or(found.waveform);
    if !matches!(media.kind, MediaKind::Sticker) {
        media.thumbnail = media.thumbnail.take().or(found.thumbnail);
    }
}

fn is(mime: &str, wanted: &str) -> bool {
    mime.split(';')
        .next()
        .is_some_and(|essence| essence.trim() == wanted)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use wagate_media::Probe;
    use wagate_media::sniff::UNKNOWN;

    use super::*;

    fn file(mime: &str) -> ShelfFile {
        ShelfFile {
            handle: "h".to_owned(),
            path: PathBuf::from("h"),
            mime: mime.to_owned(),
            name: Some("a.bin".to_owned()),
            bytes: 1,
            sha256: String::new(),
            notes: vec![("durationMs".to_owned(), "1500".to_owned())],
        }
    }

    #[test]
    fn a_file_is_of_the_kind_it_is_sent_as() {
        for (kind, mime, is_sent) in [
            (MediaKind::Image, "image/png", true),
            (MediaKind::Image, "video/mp4", false),
            (MediaKind::Image, "text/plain", false),
            (MediaKind::Image, UNKNOWN, false),
            (MediaKind::Video, "video/mp4", true),
            (MediaKind::Video, UNKNOWN, true),
            (MediaKind::Video, "image/gif", false),
            (MediaKind::Gif, "image/gif", true),
            (MediaKind::Voice, "audio/ogg; codecs=opus", true),
            (MediaKind::Audio, "video/mp4", true),
            (MediaKind::Audio, "application/pdf", false),
            (MediaKind::Audio, "binary/octet-stream", true),
            (MediaKind::Video, "application/mp4", true),
            (MediaKind::Document, "text/plain", true),
        ] {
            assert_eq!(is_of_kind(kind, mime).is_ok(), is_sent, "{kind:?} {mime}");
        }
        let refusal = "file: cannot be sent as image, its type is text/plain".to_owned();
        assert_eq!(
            is_of_kind(MediaKind::Image, "text/plain"),
            Err(HostError::Invalid(refusal))
        );
    }

    #[test]
    fn what_was_said_counts_but_for_the_type_of_what_is_shown() {
        let found = || Description {
            probe: Probe {
                mime: "image/png".to_owned(),
                width: 4,
                height: 3,
                frames: 1,
                duration_ms: None,
            },
            thumbnail: Some(vec![1]),
            waveform: None,
        };
        let mut image = Media {
            mime_type: Some("text/html".to_owned()),
            width: Some(9),
            ..Media::new(MediaKind::Image, MediaSource::Handle("h".to_owned()))
        };
        describe(&mut image, &file("image/png"), found());
        assert_eq!(image.mime_type.as_deref(), Some("image/png"));
        assert_eq!(
            (image.width, image.height, image.seconds),
            (Some(9), Some(3), Some(2))
        );
        assert_eq!(
            (image.thumbnail, image.file_name.as_deref()),
            (Some(vec![1]), Some("a.bin"))
        );

        let mut document = Media {
            mime_type: Some("text/csv".to_owned()),
            ..Media::new(MediaKind::Document, MediaSource::Handle("h".to_owned()))
        };
        describe(&mut document, &file("text/plain"), Description::default());
        assert_eq!(document.mime_type.as_deref(), Some("text/csv"));
    }
}
