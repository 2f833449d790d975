//! Animations: counted without decoding, then decoded frame by frame.

use std::path::Path;

use image::codecs::gif::GifDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder as _, DynamicImage, ImageDecoder as _};

use crate::MediaError;
use crate::limits::{self, MAX_COUNTED_FRAMES};
use crate::picture;

/// Frames that say less are shown this long, as browsers do.
const DEFAULT_DELAY_MS: u32 = 100;
const MIN_DELAY_MS: u32 = 11;

/// What an animation is, without a pixel of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// 1: it does not move.
    pub(crate) frames: u32,
    pub(crate) duration_ms: u64,
}

/// A frame and how long it is shown.
pub(crate) struct Frame {
    pub(crate) picture: DynamicImage,
    pub(crate) delay_ms: u32,
}

/// GIF: the blocks are walked through, nothing is unpacked.
pub(crate) fn outline_gif(path: &Path) -> Result<Outline, MediaError> {
    let mut options = gif::DecodeOptions::new();
    options.skip_frame_decoding(true);
    let damaged = |error: gif::DecodingError| MediaError::Damaged(error.to_string());
    let mut decoder = options.read_info(picture::open(path)?).map_err(damaged)?;
    let (width, height) = (u32::from(decoder.width()), u32::from(decoder.height()));
    let (mut frames, mut duration_ms) = (0, 0);
    // A file that is cut off has the frames before the cut.
    while let Ok(Some(frame)) = decoder.read_next_frame() {
        frames += 1;
        duration_ms += u64::from(delay(u32::from(frame.delay) * 10));
        if frames >= MAX_COUNTED_FRAMES {
            break;
        }
    }
    if frames == 0 {
        return Err(MediaError::Damaged("no frames".to_owned()));
    }
    Ok(Outline {
        width,
        height,
        frames,
        duration_ms,
    })
}

/// WebP: the headers of all chunks.
pub(crate) fn outline_webp(path: &Path) -> Result<Outline, MediaError> {
    let decoder = image_webp::WebPDecoder::new(picture::open(path)?)
        .map_err(|error| MediaError::Damaged(error.to_string()))?;
    let (width, height) = decoder.dimensions();
    let moves = decoder.is_animated();
    Ok(Outline {
        width,
        height,
        frames: if moves { decoder.num_frames().max(1) } else { 1 },
        duration_ms: if moves { decoder.loop_duration() } else { 0 },
    })
}

/// The outline of whatever may move; none for a format that cannot, or of which only the first picture counts.
pub(crate) fn outline(path: &Path, mime: &str) -> Result<Option<Outline>, MediaError> {
    match mime {
        "image/gif" => outline_gif(path).map(Some),
        "image/webp" => outline_webp(path).map(Some),
        _ => Ok(None),
    }
}

/// Hands every `step`-th frame on, the whole canvas each, with the time of those left out added to it.
pub(crate) fn each(
    path: &Path,
    mime: &str,
    step: u32,
    mut take: impl FnMut(Frame) -> Result<(), MediaError>,
) -> Result<(), MediaError> {
    let outline = outline(path, mime)?
        .ok_or_else(|| MediaError::Unsupported("only GIF and WebP pictures move".to_owned()))?;
    limits::check_animation(outline.width, outline.height, outline.frames)?;
    let file = picture::open(path)?;
    let frames = if mime == "image/gif" {
        let mut decoder = GifDecoder::new(file)?;
        decoder.set_limits(picture::decoder_limits())?;
        decoder.into_frames()
    } else {
        let mut decoder = WebPDecoder::new(file)?;
        decoder.set_limits(picture::decoder_limits())?;
        decoder.into_frames()
    };
    let mut waiting: Option<Frame> = None;
    for (at, frame) in (0_u32..).zip(frames) {
        let frame = match frame {
            Ok(frame) => frame,
            // What came before the damage is still an animation.
            Err(error) if at == 0 => return Err(error.into()),
            Err(_) => break,
        };
        let (numerator, denominator) = frame.delay().numer_denom_ms();
        let delay_ms = delay(numerator.checked_div(denominator).unwrap_or(0));
        match &mut waiting {
            Some(last) if at % step.max(1) != 0 => last.delay_ms += delay_ms,
            _ => {
                let next = Frame {
                    picture: DynamicImage::ImageRgba8(frame.into_buffer()),
                    delay_ms,
                };
                if let Some(done) = waiting.replace(next) {
                    take(done)?;
                }
            }
        }
    }
    waiting.map_or(Ok(()), take)
}

fn delay(ms: u32) -> u32 {
    if ms < MIN_DELAY_MS { DEFAULT_DELAY_MS } else { ms }
}
