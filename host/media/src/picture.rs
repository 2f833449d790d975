//! Pictures: decoded within limits, resized, made into JPEG.

use std::fs::File;
use std::io::{BufReader, Seek as _};
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage, Rgba, RgbaImage};

use crate::MediaError;
use crate::limits::{self, MAX_DECODED_BYTES, MAX_PICTURE_BYTES, MAX_SIDE};

/// The picture formats that are decoded.
pub(crate) fn format(mime: &str) -> Option<ImageFormat> {
    match mime {
        "image/jpeg" => Some(ImageFormat::Jpeg),
        "image/png" => Some(ImageFormat::Png),
        "image/gif" => Some(ImageFormat::Gif),
        "image/webp" => Some(ImageFormat::WebP),
        _ => None,
    }
}

/// A picture file, looked at from the start, if it is not too large to be read.
pub(crate) fn open(path: &Path) -> Result<BufReader<File>, MediaError> {
    let file = File::open(path)?;
    if file.metadata()?.len() > MAX_PICTURE_BYTES {
        return Err(MediaError::TooLarge(format!(
            "a picture file has at most {} MiB",
            MAX_PICTURE_BYTES / 1024 / 1024
        )));
    }
    Ok(BufReader::new(file))
}

/// What the decoders may allocate.
pub(crate) fn decoder_limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    limits
}

/// Dimensions as the picture is shown, before anything is decoded.
pub(crate) fn dimensions(path: &Path, format: ImageFormat) -> Result<(u32, u32), MediaError> {
    let mut decoder = ImageReader::with_format(open(path)?, format).into_decoder()?;
    let (width, height) = decoder.dimensions();
    Ok(match decoder.orientation().unwrap_or(Orientation::NoTransforms) {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => (height, width),
        _ => (width, height),
    })
}

/// The picture (of an animation, its first frame), upright.
pub(crate) fn decode(path: &Path, format: ImageFormat) -> Result<DynamicImage, MediaError> {
    let mut file = open(path)?;
    // Twice: with limits a picture that is too large could not even be named.
    let (width, height) = ImageReader::with_format(&mut file, format).into_dimensions()?;
    limits::check_picture(width, height)?;
    file.rewind()?;
    let mut reader = ImageReader::with_format(file, format);
    reader.limits(decoder_limits());
    let mut decoder = reader.into_decoder()?;
    if decoder.total_bytes() > MAX_DECODED_BYTES {
        return Err(MediaError::TooLarge(limits::picture_sentence()));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Makes it fit into so many pixels each way; never larger than it is.
pub(crate) fn fit(picture: DynamicImage, max_px: u32) -> DynamicImage {
    if picture.width() <= max_px && picture.height() <= max_px {
        return picture;
    }
    shrink_roughly(picture, max_px).resize(max_px, max_px, FilterType::CatmullRom)
}

/// The middle of it, square, exactly so many pixels each way.
pub(crate) fn square(picture: DynamicImage, side: u32) -> DynamicImage {
    shrink_roughly(picture, side).resize_to_fill(side, side, FilterType::CatmullRom)
}

/// All of it, as large as fits into a square of transparent pixels.
pub(crate) fn contain(picture: DynamicImage, side: u32) -> RgbaImage {
    let inner = shrink_roughly(picture, side)
        .resize(side, side, FilterType::CatmullRom)
        .to_rgba8();
    let mut canvas = RgbaImage::from_pixel(side, side, Rgba([0, 0, 0, 0]));
    let place = |inner: u32| i64::from(side.saturating_sub(inner) / 2);
    let (x, y) = (place(inner.width()), place(inner.height()));
    image::imageops::replace(&mut canvas, &inner, x, y);
    canvas
}

/// A good filter over millions of pixels is slow: far too large pictures are averaged down first, still to more than
/// twice the size that is wanted.
fn shrink_roughly(picture: DynamicImage, target: u32) -> DynamicImage {
    let rough = target.saturating_mul(3).max(1);
    if picture.width().min(picture.height()) > rough {
        // The shorter side ends at `rough`.
        let (width, height) = (u64::from(picture.width()), u64::from(picture.height()));
        let shorter = width.min(height);
        let scaled = |side: u64| u32::try_from(side * u64::from(rough) / shorter).unwrap_or(u32::MAX);
        picture.thumbnail_exact(scaled(width), scaled(height))
    } else {
        picture
    }
}

/// JPEG, what is transparent on white.
pub(crate) fn to_jpeg(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>, MediaError> {
    let flat = if picture.color().has_alpha() {
        flatten(&picture.to_rgba8())
    } else {
        picture.to_rgb8()
    };
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, quality.clamp(1, 100)).encode_image(&flat)?;
    Ok(jpeg)
}

fn flatten(picture: &RgbaImage) -> RgbImage {
    let mut flat = RgbImage::new(picture.width(), picture.height());
    for (to, from) in flat.pixels_mut().zip(picture.pixels()) {
        let [red, green, blue, alpha] = from.0;
        let over_white = |channel: u8| {
            let mixed = (u16::from(channel) * u16::from(alpha) + 255 * (255 - u16::from(alpha)) + 127) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        to.0 = [over_white(red), over_white(green), over_white(blue)];
    }
    flat
}
