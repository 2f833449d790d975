//! What a file is: its type, dimensions, frames, duration. Nothing of it is decoded.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use image::ImageFormat;

use crate::MediaError;
use crate::frames::{self, Outline};
use crate::sniff::{self, HEAD_BYTES};
use crate::{ogg, picture};

/// What is known about a file. Zero: not known, or nothing to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probe {
    /// Read off the content.
    pub mime: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// More than one: it moves.
    pub frames: u32,
    /// How long it plays.
    pub duration_ms: Option<u64>,
}

/// The type of a file by its content alone.
pub(crate) fn mime(path: &Path) -> Result<String, MediaError> {
    let mut head = Vec::new();
    File::open(path)?
        .take(u64::try_from(HEAD_BYTES).unwrap_or(u64::MAX))
        .read_to_end(&mut head)?;
    Ok(sniff::settle(&head, None))
}

/// Looks at a file.
pub(crate) fn probe(path: &Path) -> Result<Probe, MediaError> {
    let mime = mime(path)?;
    let mut found = Probe {
        mime,
        ..Probe::default()
    };
    match sniff::essence(&found.mime) {
        "image/png" => still(&mut found, png(path)?),
        "image/jpeg" => {
            let (width, height) = picture::dimensions(path, ImageFormat::Jpeg)?;
            still(&mut found, (width, height, 1));
        }
        "image/gif" => moving(&mut found, frames::outline_gif(path)?),
        "image/webp" => moving(&mut found, frames::outline_webp(path)?),
        "audio/ogg" => found.duration_ms = ogg::opus(path)?.map(|opus| opus.duration_ms),
        "video/mp4" | "video/quicktime" | "video/3gpp" | "audio/mp4" => film(&mut found, path)?,
        _ => {}
    }
    Ok(found)
}

fn still(found: &mut Probe, (width, height, frames): (u32, u32, u32)) {
    (found.width, found.height, found.frames) = (width, height, frames);
}

fn moving(found: &mut Probe, outline: Outline) {
    still(found, (outline.width, outline.height, outline.frames));
    if outline.frames > 1 {
        found.duration_ms = Some(outline.duration_ms);
    }
}

fn png(path: &Path) -> Result<(u32, u32, u32), MediaError> {
    let reader = png::Decoder::new(picture::open(path)?)
        .read_info()
        .map_err(|error| MediaError::Damaged(error.to_string()))?;
    let info = reader.info();
    let frames = info
        .animation_control()
        .map_or(1, |control| control.num_frames.max(1));
    Ok((info.width, info.height, frames))
}

/// The tracks as the file's index lists them.
fn film(found: &mut Probe, path: &Path) -> Result<(), MediaError> {
    let index = mp4parse::read_mp4(&mut BufReader::new(File::open(path)?))
        .map_err(|error| MediaError::Damaged(error.to_string()))?;
    for track in index.tracks.iter() {
        let duration = track.duration.as_ref().zip(track.timescale.as_ref());
        if let Some((duration, scale)) = duration.filter(|(_, scale)| scale.0 > 0) {
            let ms = u128::from(duration.0) * 1000 / u128::from(scale.0);
            let ms = u64::try_from(ms).unwrap_or(u64::MAX);
            found.duration_ms = Some(found.duration_ms.unwrap_or(0).max(ms));
        }
        if track.track_type != mp4parse::TrackType::Video || found.width > 0 {
            continue;
        }
        if let Some(header) = &track.tkhd {
            // 16.16 fixed point.
            let (mut width, mut height) = (header.width >> 16, header.height >> 16);
            // A quarter turn, as phones film upright: the matrix has nothing on its diagonal.
            if header.matrix.a == 0 && header.matrix.d == 0 && header.matrix.b != 0 {
                std::mem::swap(&mut width, &mut height);
            }
            (found.width, found.height) = (width, height);
        }
        found.frames = track
            .stts
            .as_ref()
            .map(|times| {
                let count: u64 = times.samples.iter().map(|run| u64::from(run.sample_count)).sum();
                u32::try_from(count).unwrap_or(u32::MAX)
            })
            // A film in fragments lists no frames here; it moves all the same.
            .filter(|count| *count > 0)
            .unwrap_or(2);
    }
    Ok(())
}
