//! What a file is made into.

use serde::Deserialize;

use crate::MediaError;
use crate::limits::MAX_SIDE;
use crate::riff::Pack;
use crate::sticker::{Shape, Sticker};

/// A recipe.
#[derive(Debug, Clone)]
pub enum Recipe {
    /// JPEG of a picture or of a film's first one, that fits into so many pixels each way.
    Jpeg {
        /// Pixels, at most 4096.
        max_px: u32,
        /// 1 to 100.
        quality: u8,
    },
    /// JPEG of the middle, square: what profile pictures are.
    Square {
        /// Pixels, at most 4096.
        side: u32,
        /// 1 to 100.
        quality: u8,
    },
    /// WebP of 512 pixels.
    Sticker(Sticker),
    /// Ogg with Opus.
    Voice,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct JpegArguments {
    size: u32,
    quality: u8,
}

impl Default for JpegArguments {
    fn default() -> Self {
        Self {
            size: 640,
            quality: 80,
        }
    }
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct StickerArguments {
    shape: String,
    quality: u8,
    pack: String,
    pack_id: String,
    author: String,
    emojis: Vec<String>,
}

impl Default for StickerArguments {
    fn default() -> Self {
        Self {
            shape: String::new(),
            quality: 50,
            pack: String::new(),
            pack_id: String::new(),
            author: String::new(),
            emojis: Vec::new(),
        }
    }
}

impl Recipe {
    /// By name and JSON arguments: `jpeg` and `square` `{size, quality}`, `thumbnail` `{}`, `voice` `{}`,
    /// `sticker` `{shape, quality, pack, packId, author, emojis}`. None when the name is not known.
    pub fn named(name: &str, arguments: &str) -> Result<Option<Self>, MediaError> {
        let arguments = if arguments.trim().is_empty() {
            "{}"
        } else {
            arguments
        };
        let malformed = |error: serde_json::Error| MediaError::Invalid(format!("arguments: {error}"));
        let recipe = match name {
            "jpeg" | "square" => {
                let JpegArguments { size, quality } = serde_json::from_str(arguments).map_err(malformed)?;
                if name == "jpeg" {
                    Self::Jpeg {
                        max_px: size,
                        quality,
                    }
                } else {
                    Self::Square { side: size, quality }
                }
            }
            "thumbnail" => Self::thumbnail(),
            "voice" => Self::Voice,
            "sticker" => {
                let wanted: StickerArguments = serde_json::from_str(arguments).map_err(malformed)?;
                Self::Sticker(Sticker {
                    shape: Shape::parse(&wanted.shape)?,
                    quality: wanted.quality,
                    pack: Pack {
                        id: wanted.pack_id,
                        name: wanted.pack,
                        author: wanted.author,
                        emojis: wanted.emojis,
                    },
                })
            }
            _ => return Ok(None),
        };
        recipe.check()?;
        Ok(Some(recipe))
    }

    /// The small picture that travels inside a message.
    pub fn thumbnail() -> Self {
        Self::Jpeg {
            max_px: 100,
            quality: 60,
        }
    }

    /// Refuses arguments out of range.
    pub fn check(&self) -> Result<(), MediaError> {
        match self {
            Self::Jpeg {
                max_px: size,
                quality,
            }
            | Self::Square { side: size, quality } => {
                if !(1..=MAX_SIDE).contains(size) {
                    return Err(MediaError::Invalid(format!("size: 1 to {MAX_SIDE} pixels")));
                }
                if !(1..=100).contains(quality) {
                    return Err(MediaError::Invalid("quality: 1 to 100".to_owned()));
                }
                Ok(())
            }
            Self::Sticker(sticker) => sticker.check(),
            Self::Voice => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Recipe;

    #[test]
    fn arguments_out_of_range_are_named() {
        for (name, arguments, complaint) in [
            ("jpeg", r#"{"size":0}"#, "size"),
            ("jpeg", r#"{"size":5000}"#, "size"),
            ("square", r#"{"quality":101}"#, "quality"),
            ("jpeg", r#"{"colour":1}"#, "colour"),
            ("jpeg", "nonsense", "arguments"),
            ("sticker", r#"{"shape":"STAR"}"#, "shape"),
            ("sticker", r#"{"quality":0}"#, "quality"),
            ("sticker", r#"{"pack":"a\u0000b"}"#, "pack"),
            (
                "sticker",
                r#"{"emojis":["a","b","c","d","e","f","g","h","i"]}"#,
                "emojis",
            ),
        ] {
            let error = Recipe::named(name, arguments).unwrap_err().to_string();
            assert!(error.contains(complaint), "{name} {arguments}: {error}");
        }
        assert!(Recipe::named("gold", "{}").unwrap().is_none());
        assert!(matches!(Recipe::named("voice", ""), Ok(Some(Recipe::Voice))));
        assert!(
            Recipe::named("sticker", r#"{"shape":"circle","emojis":["🐻"]}"#)
                .unwrap()
                .is_some()
        );
    }
}
