//! Files to work on.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use tempfile::TempDir;
use wagate_media::Codecs;

/// A folder with codecs.
pub(crate) struct Bench {
    pub(crate) codecs: Codecs,
    folder: TempDir,
}

impl Bench {
    pub(crate) fn without_ffmpeg() -> Self {
        Self::with(None)
    }

    /// None where this machine has no ffmpeg.
    pub(crate) fn with_ffmpeg() -> Option<Self> {
        let found = wagate_media::find_program("ffmpeg", std::env::var_os("PATH").as_deref());
        if found.is_none() {
            eprintln!("left out: there is no ffmpeg on this machine");
        }
        Some(Self::with(Some(found?)))
    }

    fn with(ffmpeg: Option<PathBuf>) -> Self {
        Self {
            codecs: Codecs::new(ffmpeg),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Red on the left, blue on the right.
pub(crate) fn two_colours(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, _| {
        if x * 2 < width {
            Rgba([220, 20, 20, 255])
        } else {
            Rgba([20, 20, 220, 255])
        }
    })
}

/// What no codec makes small: the same noise for the same seed.
pub(crate) fn noise(width: u32, height: u32, seed: u32) -> RgbaImage {
    let mut state = seed | 1;
    RgbaImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = state.rotate_left(13).to_le_bytes();
        Rgba([a, b, c, 255])
    })
}

pub(crate) fn encode(picture: &RgbaImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let picture = DynamicImage::ImageRgba8(picture.clone());
    match format {
        ImageFormat::Jpeg => DynamicImage::ImageRgb8(picture.to_rgb8())
            .write_to(&mut file, format)
            .unwrap(),
        _ => picture.write_to(&mut file, format).unwrap(),
    }
    file.into_inner()
}

/// An animated GIF; `delay` in hundredths of a second.
pub(crate) fn gif(width: u16, height: u16, frames: u32, delay: u16) -> Vec<u8> {
    let mut file = Vec::new();
    let palette = [0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255];
    let mut encoder = gif::Encoder::new(&mut file, width, height, &palette).unwrap();
    encoder.set_repeat(gif::Repeat::Infinite).unwrap();
    for at in 0..frames {
        let colour = (at % 4) as u8;
        let pixels = vec![colour; usize::from(width) * usize::from(height)];
        let mut frame = gif::Frame::from_indexed_pixels(width, height, pixels, None);
        frame.delay = delay;
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    file
}

pub(crate) fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}
