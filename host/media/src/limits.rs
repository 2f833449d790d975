//! The limits, each in one place.

use std::time::Duration;

use crate::MediaError;

/// Widest and highest picture that is decoded, in pixels.
pub const MAX_SIDE: u32 = 4096;
/// Most frames of an animation that is decoded.
pub const MAX_FRAMES: u32 = 100;
/// Most memory the pixels of one decoded picture, or of one frame, may take.
pub const MAX_DECODED_BYTES: u64 = 64 * 1024 * 1024;
/// Most pixels in all frames of an animation together: bounds the time.
pub const MAX_ANIMATION_PIXELS: u64 = 64 * 1024 * 1024;
/// Largest picture file that is decoded.
pub const MAX_PICTURE_BYTES: u64 = 32 * 1024 * 1024;
/// Pieces of codec work at the same time.
pub(crate) const CONCURRENT: usize = 2;
/// How long work waits for its turn.
pub(crate) const TURN_PATIENCE: Duration = Duration::from_secs(30);
/// Frames of a file that are counted; more are as bad as that many.
pub(crate) const MAX_COUNTED_FRAMES: u32 = 10_000;

/// Pixels of a sticker, each way.
pub const STICKER_SIDE: u32 = 512;
/// Largest still sticker.
pub const MAX_STICKER_BYTES: usize = 100 * 1024;
/// Largest animated sticker.
pub const MAX_ANIMATED_STICKER_BYTES: usize = 500 * 1024;
/// Longest pack or author name of a sticker, in characters.
pub const MAX_PACK_CHARS: usize = 128;
/// Most emojis of a sticker.
pub const MAX_EMOJIS: usize = 8;

/// Longest part of a video that becomes a sticker.
pub(crate) const STICKER_VIDEO_SECONDS: u32 = 6;
/// Frames a second of a sticker made of a video.
pub(crate) const STICKER_VIDEO_FPS: u32 = 12;

/// Wall-clock time of one ffmpeg run.
pub(crate) const TOOL_PATIENCE: Duration = Duration::from_secs(90);
/// Computing time of one ffmpeg run, seconds.
pub(crate) const TOOL_CPU_SECONDS: u64 = 60;
/// Address space of ffmpeg.
pub(crate) const TOOL_MEMORY_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Largest file ffmpeg may write.
pub(crate) const TOOL_FILE_BYTES: u64 = 128 * 1024 * 1024;
/// Open files of ffmpeg.
pub(crate) const TOOL_FILES: u64 = 64;
/// Longest sound that becomes a voice note.
pub(crate) const VOICE_SECONDS: u32 = 60 * 60;

/// Dimensions of a picture, checked against the limits.
pub(crate) fn check_picture(width: u32, height: u32) -> Result<(), MediaError> {
    if width == 0 || height == 0 {
        return Err(MediaError::Damaged("a picture without pixels".to_owned()));
    }
    let bytes = u64::from(width) * u64::from(height) * 4;
    if width > MAX_SIDE || height > MAX_SIDE || bytes > MAX_DECODED_BYTES {
        return Err(MediaError::TooLarge(format!(
            "the picture has {width} x {height} pixels: {}",
            picture_sentence()
        )));
    }
    Ok(())
}

/// The same for an animation.
pub(crate) fn check_animation(width: u32, height: u32, frames: u32) -> Result<(), MediaError> {
    check_picture(width, height)?;
    if frames > MAX_FRAMES {
        return Err(MediaError::TooLarge(format!(
            "an animation has at most {MAX_FRAMES} frames"
        )));
    }
    if u64::from(width) * u64::from(height) * u64::from(frames) > MAX_ANIMATION_PIXELS {
        return Err(MediaError::TooLarge(format!(
            "an animation has at most {MAX_ANIMATION_PIXELS} pixels in all its frames"
        )));
    }
    Ok(())
}

pub(crate) fn picture_sentence() -> String {
    format!(
        "at most {MAX_SIDE} pixels each way and {} MiB decoded",
        MAX_DECODED_BYTES / 1024 / 1024
    )
}
