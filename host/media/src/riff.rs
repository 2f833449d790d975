//! The container of WebP: the chunk in which WhatsApp looks for a sticker's pack, written and read.

use serde::{Deserialize, Serialize};

use crate::MediaError;
use crate::limits::{MAX_EMOJIS, MAX_PACK_CHARS};

/// TIFF, little-endian, one entry: tag 0x5741, undefined bytes, whose length follows and which stand behind the header.
const TIFF_HEAD: [u8; 14] = [b'I', b'I', 0x2a, 0, 8, 0, 0, 0, 1, 0, 0x41, 0x57, 7, 0];
/// Where they stand.
const TIFF_DATA: usize = 22;
/// Braces that are tried as the beginning of the JSON.
const MAX_STARTS: usize = 8;
const FLAG_ALPHA: u8 = 0x10;
const FLAG_EXIF: u8 = 0x08;

/// Whose a sticker is and what it means, as WhatsApp shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pack {
    /// Of the pack; stickers of one pack share it.
    #[serde(rename = "sticker-pack-id")]
    pub id: String,
    /// The pack's name.
    #[serde(rename = "sticker-pack-name")]
    pub name: String,
    /// Its author.
    #[serde(rename = "sticker-pack-publisher")]
    pub author: String,
    /// What it means.
    #[serde(default)]
    pub emojis: Vec<String>,
}

impl Pack {
    /// Refuses names WhatsApp could not show.
    pub(crate) fn check(&self) -> Result<(), MediaError> {
        for (name, text) in [
            ("pack", &self.name),
            ("author", &self.author),
            ("pack id", &self.id),
        ] {
            if text.chars().count() > MAX_PACK_CHARS || text.contains(char::is_control) {
                return Err(MediaError::Invalid(format!(
                    "{name}: at most {MAX_PACK_CHARS} characters, no control characters"
                )));
            }
        }
        let fits = |emoji: &String| !emoji.is_empty() && emoji.chars().count() <= 16;
        if self.emojis.len() > MAX_EMOJIS || !self.emojis.iter().all(fits) {
            return Err(MediaError::Invalid(format!(
                "emojis: at most {MAX_EMOJIS}, each of 1 to 16 characters"
            )));
        }
        Ok(())
    }
}

/// A chunk: its name and content.
type Chunk<'a> = ([u8; 4], &'a [u8]);

/// Writes the pack into a WebP file of these dimensions, in place of one that is there.
pub(crate) fn write_pack(webp: &[u8], width: u32, height: u32, pack: &Pack) -> Result<Vec<u8>, MediaError> {
    let json = serde_json::to_vec(pack).map_err(|error| MediaError::Internal(error.to_string()))?;
    let mut exif = TIFF_HEAD.to_vec();
    exif.extend(length(json.len())?);
    exif.extend(length(TIFF_DATA)?);
    exif.extend(json);

    let chunks = chunks(webp)?;
    let head = extended_head(&chunks, width, height)?;
    let mut body = Vec::with_capacity(webp.len() + exif.len() + 64);
    body.extend(b"WEBP");
    push(&mut body, *b"VP8X", &head)?;
    for (name, content) in chunks {
        if !matches!(&name, b"VP8X" | b"EXIF") {
            push(&mut body, name, content)?;
        }
    }
    push(&mut body, *b"EXIF", &exif)?;

    let mut file = Vec::with_capacity(body.len() + 8);
    file.extend(b"RIFF");
    file.extend(length(body.len())?);
    file.extend(body);
    Ok(file)
}

/// The pack a sticker belongs to, when its file says.
pub fn read_pack(webp: &[u8]) -> Option<Pack> {
    let chunks = chunks(webp).ok()?;
    let (_, exif) = chunks.iter().find(|(name, _)| name == b"EXIF")?;
    // Others write other headers: the JSON is what counts. A brace may also be a number in front of it.
    let end = exif.iter().rposition(|byte| *byte == b'}')?;
    let starts = exif.iter().enumerate().filter(|(_, byte)| **byte == b'{');
    starts
        .take(MAX_STARTS)
        .find_map(|(start, _)| serde_json::from_slice(exif.get(start..=end)?).ok())
}

/// The VP8X chunk: that of the file with the flag set, or a new one.
fn extended_head(chunks: &[Chunk<'_>], width: u32, height: u32) -> Result<[u8; 10], MediaError> {
    if let Some((_, content)) = chunks.iter().find(|(name, _)| name == b"VP8X") {
        let mut head = <[u8; 10]>::try_from(*content).map_err(|_| damaged())?;
        head[0] |= FLAG_EXIF;
        return Ok(head);
    }
    // A lossless picture says in bit 4 of its fifth byte whether it uses alpha.
    let has_alpha = chunks
        .iter()
        .any(|(name, content)| name == b"VP8L" && content.get(4).is_some_and(|byte| byte & 0x10 != 0));
    let [w0, w1, w2, _] = width.saturating_sub(1).to_le_bytes();
    let [h0, h1, h2, _] = height.saturating_sub(1).to_le_bytes();
    let flags = if has_alpha {
        FLAG_EXIF | FLAG_ALPHA
    } else {
        FLAG_EXIF
    };
    Ok([flags, 0, 0, 0, w0, w1, w2, h0, h1, h2])
}

fn chunks(webp: &[u8]) -> Result<Vec<Chunk<'_>>, MediaError> {
    let mut rest = webp
        .strip_prefix(b"RIFF")
        .and_then(|rest| rest.get(4..)?.strip_prefix(b"WEBP"))
        .ok_or_else(damaged)?;
    let mut chunks = Vec::new();
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let [a, b, c, d, length @ ..] = *head;
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        let content = after.get(..length).ok_or_else(damaged)?;
        chunks.push(([a, b, c, d], content));
        // Chunks start at even places.
        rest = after.get(length.saturating_add(length % 2)..).unwrap_or_default();
    }
    Ok(chunks)
}

fn push(body: &mut Vec<u8>, name: [u8; 4], content: &[u8]) -> Result<(), MediaError> {
    body.extend(name);
    body.extend(length(content.len())?);
    body.extend(content);
    if content.len() % 2 == 1 {
        body.push(0);
    }
    Ok(())
}

fn length(bytes: usize) -> Result<[u8; 4], MediaError> {
    u32::try_from(bytes)
        .map(u32::to_le_bytes)
        .map_err(|_| MediaError::TooLarge("a WebP file has at most 4 GiB".to_owned()))
}

fn damaged() -> MediaError {
    MediaError::Damaged("not a WebP file".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Pack, chunks, read_pack, write_pack};

    #[test]
    fn a_cut_file_is_refused_at_any_length() {
        let mut whole = b"RIFF\0\0\0\0WEBP".to_vec();
        super::push(&mut whole, *b"VP8 ", b"abc").unwrap();
        super::push(&mut whole, *b"EXIF", b"no json").unwrap();
        assert_eq!(chunks(&whole).unwrap().len(), 2);
        for end in 0..whole.len() {
            // Whatever is left: no panic, and never more chunks than there are.
            assert!(chunks(&whole[..end]).map_or(0, |chunks| chunks.len()) <= 2);
        }
        assert_eq!(read_pack(&whole), None);
        let pack = Pack {
            id: "p".to_owned(),
            name: "Bären".to_owned(),
            author: "Ann".to_owned(),
            emojis: vec!["🐻".to_owned()],
        };
        let written = write_pack(&whole, 512, 512, &pack).unwrap();
        assert_eq!(read_pack(&written), Some(pack.clone()));
        // The length of the JSON stands before it, and one of them is a brace.
        for length in 0..100 {
            let pack = Pack {
                name: "x".repeat(length),
                ..pack.clone()
            };
            let written = write_pack(&whole, 512, 512, &pack).unwrap();
            assert_eq!(read_pack(&written), Some(pack));
        }
        // Written again, it replaces the first.
        let other = Pack {
            name: "Other".to_owned(),
            ..pack
        };
        let again = write_pack(&written, 512, 512, &other).unwrap();
        assert_eq!(read_pack(&again), Some(other));
        assert_eq!(chunks(&again).unwrap().len(), 3);
    }
}
