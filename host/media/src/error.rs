//! Why a file was refused or nothing could be made of it.

use std::io;

use thiserror::Error;

/// What a codec answers instead of a result.
#[derive(Debug, Error)]
pub enum MediaError {
    /// Not a file this recipe can work on.
    #[error("{0}")]
    Unsupported(String),
    /// An argument of the recipe is malformed; the text names it and the limit.
    #[error("{0}")]
    Invalid(String),
    /// Above a limit; the text names it.
    #[error("{0}")]
    TooLarge(String),
    /// The content is broken, or not what its first bytes say.
    #[error("the content is damaged: {0}")]
    Damaged(String),
    /// ffmpeg is needed and is not there.
    #[error("{0} needs ffmpeg, which this host does not have (see ffmpeg under [media] in wagate.toml)")]
    NoFfmpeg(&'static str),
    /// ffmpeg could not make anything of the file.
    #[error("ffmpeg cannot convert the file")]
    ToolFailed,
    /// ffmpeg took too long.
    #[error("the conversion took too long")]
    ToolTimeout,
    /// Too much work waits already.
    #[error("too many files are being converted: try again later")]
    Busy,
    /// A file could not be read or written.
    #[error("a media file could not be read or written")]
    Io(#[from] io::Error),
    /// A bug of ours or of a codec.
    #[error("{0}")]
    Internal(String),
}

impl From<image::ImageError> for MediaError {
    fn from(error: image::ImageError) -> Self {
        match error {
            image::ImageError::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                Self::Io(error)
            }
            image::ImageError::Limits(_) => Self::TooLarge(crate::limits::picture_sentence()),
            error => Self::Damaged(error.to_string()),
        }
    }
}
