//! Stickers: WebP of 512 pixels, lossy, small enough for WhatsApp, with the pack's name inside.

use std::path::Path;

use image::{DynamicImage, RgbaImage};

use crate::MediaError;
use crate::frames::{self, Frame};
use crate::limits::{MAX_ANIMATED_STICKER_BYTES, MAX_STICKER_BYTES, STICKER_SIDE};
use crate::picture;
use crate::riff::{self, Pack};
use crate::webp;

/// Below that nothing is recognised any more.
const MIN_QUALITY: f32 = 4.0;
/// Tries before a sticker is given up as too large.
const ATTEMPTS: u32 = 6;
/// From this try on only every second frame is kept, from the next one every third ...
const THIN_OUT_AFTER: u32 = 3;

/// How a picture that is not square becomes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// All of it, on a transparent ground.
    Full,
    /// Its middle.
    Crop,
    /// Its middle, as a disc.
    Circle,
}

impl Shape {
    /// By its name, in any case.
    pub fn parse(text: &str) -> Result<Self, MediaError> {
        match text.to_ascii_uppercase().as_str() {
            "" | "FULL" | "DEFAULT" => Ok(Self::Full),
            "CROP" | "CROPPED" => Ok(Self::Crop),
            "CIRCLE" => Ok(Self::Circle),
            _ => Err(MediaError::Invalid("shape: FULL, CROP or CIRCLE".to_owned())),
        }
    }
}

/// What a sticker shall be.
#[derive(Debug, Clone)]
pub struct Sticker {
    /// How it is cut.
    pub shape: Shape,
    /// 1 to 100; lowered until the file is small enough.
    pub quality: u8,
    /// What is written into it.
    pub pack: Pack,
}

impl Sticker {
    pub(crate) fn check(&self) -> Result<(), MediaError> {
        if !(1..=100).contains(&self.quality) {
            return Err(MediaError::Invalid("quality: 1 to 100".to_owned()));
        }
        self.pack.check()
    }

    /// Of a picture file; what moves goes on moving.
    pub(crate) fn of_picture(&self, path: &Path, mime: &str) -> Result<Vec<u8>, MediaError> {
        let format = picture::format(mime).ok_or_else(|| {
            MediaError::Unsupported(format!(
                "a sticker is made of JPEG, PNG, GIF, WebP or a video, not of {mime}"
            ))
        })?;
        if frames::outline(path, mime)?.is_some_and(|outline| outline.frames > 1) {
            return self.moving(|step, take| frames::each(path, mime, step, take));
        }
        self.still(picture::decode(path, format)?)
    }

    fn still(&self, source: DynamicImage) -> Result<Vec<u8>, MediaError> {
        let pixels = self.cut(source);
        let mut quality = f32::from(self.quality);
        for _ in 0..ATTEMPTS {
            let file = self.finish(&webp::still(&pixels, quality)?)?;
            if file.len() <= MAX_STICKER_BYTES {
                return Ok(file);
            }
            quality = lower(quality, file.len(), MAX_STICKER_BYTES);
        }
        Err(too_large(MAX_STICKER_BYTES))
    }

    /// `frames` hands every so manieth frame to its second argument, from the start at each call.
    pub(crate) fn moving(
        &self,
        mut frames: impl FnMut(u32, &mut dyn FnMut(Frame) -> Result<(), MediaError>) -> Result<(), MediaError>,
    ) -> Result<Vec<u8>, MediaError> {
        let mut quality = f32::from(self.quality);
        for attempt in 0..ATTEMPTS {
            let step = 1 + attempt.saturating_sub(THIN_OUT_AFTER - 1);
            let mut animation = webp::Animation::new(STICKER_SIDE, quality)?;
            frames(step, &mut |frame| {
                animation.add(&self.cut(frame.picture), frame.delay_ms)
            })?;
            let file = self.finish(&animation.finish()?)?;
            if file.len() <= MAX_ANIMATED_STICKER_BYTES {
                return Ok(file);
            }
            quality = lower(quality, file.len(), MAX_ANIMATED_STICKER_BYTES);
        }
        Err(too_large(MAX_ANIMATED_STICKER_BYTES))
    }

    fn finish(&self, webp: &[u8]) -> Result<Vec<u8>, MediaError> {
        riff::write_pack(webp, STICKER_SIDE, STICKER_SIDE, &self.pack)
    }

    fn cut(&self, source: DynamicImage) -> RgbaImage {
        match self.shape {
            Shape::Full => picture::contain(source, STICKER_SIDE),
            Shape::Crop => picture::square(source, STICKER_SIDE).to_rgba8(),
            Shape::Circle => {
                let mut pixels = picture::square(source, STICKER_SIDE).to_rgba8();
                mask_disc(&mut pixels);
                pixels
            }
        }
    }
}

/// Makes everything outside of the disc transparent, with a soft edge.
fn mask_disc(pixels: &mut RgbaImage) {
    #[expect(clippy::cast_precision_loss, reason = "sides are at most 4096")]
    let radius = pixels.width() as f32 / 2.0;
    for (x, y, pixel) in pixels.enumerate_pixels_mut() {
        #[expect(clippy::cast_precision_loss, reason = "sides are at most 4096")]
        let (dx, dy) = (x as f32 + 0.5 - radius, y as f32 + 0.5 - radius);
        let inside = (radius - dx.hypot(dy) + 0.5).clamp(0.0, 1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a part of an alpha value, 0 to 255"
        )]
        let alpha = (f32::from(pixel.0[3]) * inside).round() as u8;
        pixel.0[3] = alpha;
    }
}

/// Size falls a little slower than quality: aimed below the limit, within sane steps.
fn lower(quality: f32, size: usize, limit: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "a rough aim")]
    let ratio = limit as f32 / size as f32;
    (quality * (ratio * 0.9).clamp(0.2, 0.8)).max(MIN_QUALITY)
}

fn too_large(limit: usize) -> MediaError {
    MediaError::TooLarge(format!(
        "the sticker cannot be made smaller than {} KiB: use fewer frames or a simpler picture",
        limit / 1024
    ))
}
