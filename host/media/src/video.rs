//! Films, with ffmpeg: a picture of them, a sticker of their beginning.

use std::path::Path;

use image::{DynamicImage, RgbaImage};

use crate::MediaError;
use crate::ffmpeg::{self, Ffmpeg};
use crate::frames::Frame;
use crate::limits::{MAX_PICTURE_BYTES, STICKER_SIDE, STICKER_VIDEO_FPS, STICKER_VIDEO_SECONDS};
use crate::sticker::{Shape, Sticker};

/// The first picture, not wider or higher than this, as PNG.
pub(crate) async fn still(
    tool: &Ffmpeg,
    path: &Path,
    mime: &str,
    max_px: u32,
) -> Result<Vec<u8>, MediaError> {
    let scale = format!("scale='min({max_px},iw)':'min({max_px},ih)':force_original_aspect_ratio=decrease");
    let mut png = Vec::new();
    let arguments = [
        "-an",
        "-sn",
        "-dn",
        "-frames:v",
        "1",
        "-vf",
        &scale,
        "-c:v",
        "png",
        "-f",
        "image2pipe",
        "pipe:1",
    ];
    let limit = usize::try_from(MAX_PICTURE_BYTES).unwrap_or(usize::MAX);
    tool.run(demuxer(mime)?, path, &arguments, |bytes| {
        if png.len() + bytes.len() > limit {
            return Err(MediaError::ToolFailed);
        }
        png.extend_from_slice(bytes);
        Ok(())
    })
    .await?;
    if png.is_empty() {
        return Err(MediaError::ToolFailed);
    }
    Ok(png)
}

/// Its beginning as raw pixels, in a file that is read again for every try: kept in memory, they would be 80 MB.
pub(crate) async fn frames_for_sticker(
    tool: &Ffmpeg,
    path: &Path,
    mime: &str,
    shape: Shape,
    raw: &mut (impl std::io::Write + Send),
) -> Result<(), MediaError> {
    let side = STICKER_SIDE;
    let scale = match shape {
        Shape::Full => format!(
            "fps={STICKER_VIDEO_FPS},scale={side}:{side}:force_original_aspect_ratio=decrease,format=rgba,\
             pad={side}:{side}:(ow-iw)/2:(oh-ih)/2:color=0x00000000"
        ),
        Shape::Crop | Shape::Circle => format!(
            "fps={STICKER_VIDEO_FPS},scale={side}:{side}:force_original_aspect_ratio=increase,crop={side}:{side},\
             format=rgba"
        ),
    };
    let seconds = STICKER_VIDEO_SECONDS.to_string();
    let arguments = [
        "-an", "-sn", "-dn", "-t", &seconds, "-vf", &scale, "-f", "rawvideo", "-pix_fmt", "rgba", "pipe:1",
    ];
    let mut left = u64::from(side * side * 4) * u64::from(STICKER_VIDEO_SECONDS * STICKER_VIDEO_FPS + 1);
    tool.run(demuxer(mime)?, path, &arguments, |bytes| {
        left = left
            .checked_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
            .ok_or(MediaError::ToolFailed)?;
        Ok(raw.write_all(bytes)?)
    })
    .await
}

/// The sticker of such a file.
pub(crate) fn sticker(
    sticker: &Sticker,
    mut open: impl FnMut() -> Result<Box<dyn std::io::Read>, MediaError>,
) -> Result<Vec<u8>, MediaError> {
    let frame_bytes = usize::try_from(STICKER_SIDE * STICKER_SIDE * 4).unwrap_or(usize::MAX);
    let delay_ms = 1000 / STICKER_VIDEO_FPS;
    sticker.moving(|step, take| {
        let mut raw = open()?;
        let mut count = 0_u32;
        loop {
            let mut pixels = vec![0; frame_bytes];
            match raw.read_exact(&mut pixels) {
                Ok(()) => {}
                Err(_) if count > 0 => return Ok(()),
                Err(_) => return Err(MediaError::ToolFailed),
            }
            if count.is_multiple_of(step) {
                let picture = RgbaImage::from_raw(STICKER_SIDE, STICKER_SIDE, pixels)
                    .ok_or_else(|| MediaError::Internal("a frame of another size".to_owned()))?;
                take(Frame {
                    picture: DynamicImage::ImageRgba8(picture),
                    delay_ms: delay_ms * step,
                })?;
            }
            count += 1;
        }
    })
}

pub(crate) fn demuxer(mime: &str) -> Result<&'static str, MediaError> {
    ffmpeg::demuxer(mime).ok_or_else(|| MediaError::Unsupported(format!("nothing is made of {mime}")))
}
