//! The crate's face: work in bounded numbers, on threads where it stops nobody else.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::ImageFormat;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::ffmpeg::Ffmpeg;
use crate::limits::{CONCURRENT, TURN_PATIENCE};
use crate::probe::{self, Probe};
use crate::recipe::Recipe;
use crate::sniff::{self, Kind};
use crate::sticker::Sticker;
use crate::{MediaError, ogg, picture, private_file, video, voice};

/// All codecs of a process. Cheap to clone; clones share the limit on work at the same time.
#[derive(Debug, Clone)]
pub struct Codecs {
    turns: Arc<Semaphore>,
    ffmpeg: Option<Ffmpeg>,
}

/// What was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// The type of the new file.
    pub mime: &'static str,
    /// Of a voice note: how long it plays.
    pub duration_ms: Option<u64>,
    /// Of a voice note: 64 bars of 0 to 100, where ffmpeg was there to listen.
    pub waveform: Option<Vec<u8>>,
}

/// What a message says about the file it carries.
#[derive(Debug, Clone, Default)]
pub struct Description {
    /// Type, dimensions, duration.
    pub probe: Probe,
    /// A small JPEG of it.
    pub thumbnail: Option<Vec<u8>>,
    /// Of an Ogg sound: 64 bars of 0 to 100.
    pub waveform: Option<Vec<u8>>,
}

impl Codecs {
    /// `ffmpeg` is a program, see [`crate::find_program`]; without it what needs it answers with
    /// [`MediaError::NoFfmpeg`].
    pub fn new(ffmpeg: Option<PathBuf>) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(CONCURRENT)),
            ffmpeg: ffmpeg.map(Ffmpeg::new),
        }
    }

    /// Whether films can be looked into and sounds converted.
    pub fn has_ffmpeg(&self) -> bool {
        self.ffmpeg.is_some()
    }

    /// What a file is. Nothing of it is decoded.
    pub async fn probe(&self, file: &Path) -> Result<Probe, MediaError> {
        let file = file.to_owned();
        blocking(self.turn().await?, move || probe::probe(&file)).await
    }

    /// Makes a new file at `target`, which must not be there yet; after an error it is not there.
    pub async fn transcode(&self, source: &Path, target: &Path, recipe: &Recipe) -> Result<Made, MediaError> {
        recipe.check()?;
        let turn = self.turn().await?;
        let made = self.make(turn, source, target, recipe).await;
        if made.is_err() {
            // It may never have been made.
            let _ = tokio::fs::remove_file(target).await;
        }
        made
    }

    /// What a message says about this file, as far as can be found out: only a file that cannot be read is an error.
    pub async fn describe(&self, file: &Path) -> Result<Description, MediaError> {
        let mut description = Description::default();
        match self.probe(file).await {
            Ok(found) => description.probe = found,
            Err(error @ (MediaError::Io(_) | MediaError::Busy | MediaError::Internal(_))) => {
                return Err(error);
            }
            Err(_) => {
                let path = file.to_owned();
                description.probe.mime = blocking(self.turn().await?, move || probe::mime(&path)).await?;
            }
        }
        let turn = self.turn().await?;
        match sniff::kind(&description.probe.mime) {
            Kind::Image | Kind::Video => match self.jpeg(turn, file, 100, 60, false).await {
                Ok(jpeg) => description.thumbnail = Some(jpeg),
                Err(error) => tracing::debug!(%error, "no thumbnail"),
            },
            Kind::Audio => {
                let duration_ms = ogg::opus(file)?.map(|opus| opus.duration_ms);
                if let Some(duration_ms) = duration_ms.filter(|duration| *duration > 0) {
                    description.waveform = voice::waveform(self.ffmpeg.as_ref(), file, duration_ms).await;
                }
            }
            Kind::Document => {}
        }
        Ok(description)
    }

    async fn make(
        &self,
        turn: OwnedSemaphorePermit,
        source: &Path,
        target: &Path,
        recipe: &Recipe,
    ) -> Result<Made, MediaError> {
        let still = |mime| Made {
            mime,
            duration_ms: None,
            waveform: None,
        };
        match recipe {
            Recipe::Jpeg { max_px, quality } => {
                let jpeg = self.jpeg(turn, source, *max_px, *quality, false).await?;
                write(target, &jpeg)?;
                Ok(still("image/jpeg"))
            }
            Recipe::Square { side, quality } => {
                let jpeg = self.jpeg(turn, source, *side, *quality, true).await?;
                write(target, &jpeg)?;
                Ok(still("image/jpeg"))
            }
            Recipe::Sticker(sticker) => {
                let webp = self.sticker(turn, source, target, sticker).await?;
                write(target, &webp)?;
                Ok(still("image/webp"))
            }
            Recipe::Voice => {
                let voice = voice::make(self.ffmpeg.as_ref(), source, target).await?;
                Ok(Made {
                    mime: "audio/ogg; codecs=opus",
                    duration_ms: Some(voice.duration_ms),
                    waveform: voice.waveform,
                })
            }
        }
    }

    async fn jpeg(
        &self,
        turn: OwnedSemaphorePermit,
        source: &Path,
        size: u32,
        quality: u8,
        is_square: bool,
    ) -> Result<Vec<u8>, MediaError> {
        let mime = probe::mime(source)?;
        let finish = move |decoded: image::DynamicImage| {
            let sized = if is_square {
                picture::square(decoded, size)
            } else {
                picture::fit(decoded, size)
            };
            picture::to_jpeg(&sized, quality)
        };
        if let Some(format) = picture::format(&mime) {
            let source = source.to_owned();
            return blocking(turn, move || finish(picture::decode(&source, format)?)).await;
        }
        if sniff::kind(&mime) != Kind::Video {
            return Err(MediaError::Unsupported(format!(
                "a picture is made of JPEG, PNG, GIF, WebP or a video, not of {mime}"
            )));
        }
        let tool = self
            .ffmpeg
            .as_ref()
            .ok_or(MediaError::NoFfmpeg("a picture of a video"))?;
        let png = video::still(tool, source, &mime, size.max(640)).await?;
        blocking(turn, move || {
            finish(image::load_from_memory_with_format(&png, ImageFormat::Png)?)
        })
        .await
    }

    async fn sticker(
        &self,
        turn: OwnedSemaphorePermit,
        source: &Path,
        target: &Path,
        wanted: &Sticker,
    ) -> Result<Vec<u8>, MediaError> {
        let mime = probe::mime(source)?;
        let wanted = wanted.clone();
        if sniff::kind(&mime) != Kind::Video {
            let source = source.to_owned();
            return blocking(turn, move || wanted.of_picture(&source, &mime)).await;
        }
        let tool = self
            .ffmpeg
            .as_ref()
            .ok_or(MediaError::NoFfmpeg("a sticker of a video"))?;
        // Without a name: it is gone with the process, whatever happens.
        let mut raw = tempfile::tempfile_in(target.parent().unwrap_or(Path::new(".")))?;
        video::frames_for_sticker(tool, source, &mime, wanted.shape, &mut raw).await?;
        blocking(turn, move || {
            video::sticker(&wanted, || {
                use std::io::{BufReader, Seek as _};
                let mut again = raw.try_clone()?;
                again.rewind()?;
                Ok(Box::new(BufReader::new(again)))
            })
        })
        .await
    }

    /// Waits for a turn, not for ever.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, MediaError> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        match tokio::time::timeout(TURN_PATIENCE, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(MediaError::Busy),
        }
    }
}

/// Runs on a thread of its own; the turn is held until the work has really ended, whoever still waits for it.
async fn blocking<T: Send + 'static>(
    turn: OwnedSemaphorePermit,
    work: impl FnOnce() -> Result<T, MediaError> + Send + 'static,
) -> Result<T, MediaError> {
    let work = move || {
        let _turn = turn;
        work()
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| MediaError::Internal(error.to_string()))?
}

fn write(target: &Path, content: &[u8]) -> Result<(), MediaError> {
    Ok(private_file::create(target)?.write_all(content)?)
}
