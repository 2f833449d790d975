//! Voice notes: Ogg with Opus, one channel, and the waveform that is drawn beside them.

use std::io::Write as _;
use std::path::Path;

use crate::MediaError;
use crate::ffmpeg::Ffmpeg;
use crate::limits::VOICE_SECONDS;
use crate::private_file;
use crate::video::demuxer;
use crate::{ogg, probe};

/// Bars of a waveform.
const BARS: usize = 64;
/// Samples a second that are looked at: enough for bars.
const RATE: u64 = 8000;

/// What a voice note is sent with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Voice {
    pub(crate) duration_ms: u64,
    /// 64 bars of 0 to 100; none without ffmpeg.
    pub(crate) waveform: Option<Vec<u8>>,
}

/// Makes a voice note of a sound file. One that is a voice note already is copied; anything else needs ffmpeg.
pub(crate) async fn make(tool: Option<&Ffmpeg>, source: &Path, target: &Path) -> Result<Voice, MediaError> {
    let found = ogg::opus(source)?;
    match (found, tool) {
        (Some(opus), _) if opus.channels == 1 => copy(source, target).await?,
        (_, Some(tool)) => {
            let mime = probe::mime(source)?;
            let seconds = VOICE_SECONDS.to_string();
            let arguments = [
                "-vn",
                "-sn",
                "-dn",
                "-map_metadata",
                "-1",
                "-t",
                &seconds,
                "-ac",
                "1",
                "-ar",
                "48000",
                "-c:a",
                "libopus",
                "-b:a",
                "32k",
                "-application",
                "voip",
                "-f",
                "ogg",
                "pipe:1",
            ];
            let mut file = private_file::create(target)?;
            tool.run(demuxer(&mime)?, source, &arguments, |bytes| {
                Ok(file.write_all(bytes)?)
            })
            .await?;
        }
        // With two channels it is no proper voice note, and still the best there is.
        (Some(_), None) => copy(source, target).await?,
        (None, None) => {
            return Err(MediaError::NoFfmpeg(
                "a voice note of a file that is not Ogg with Opus",
            ));
        }
    }
    let duration_ms = ogg::opus(target)?.map_or(0, |opus| opus.duration_ms);
    if duration_ms == 0 {
        return Err(MediaError::Damaged("the sound has no length".to_owned()));
    }
    Ok(Voice {
        duration_ms,
        waveform: waveform(tool, target, duration_ms).await,
    })
}

/// The bars of an Ogg file; a file without them is sent all the same.
pub(crate) async fn waveform(tool: Option<&Ffmpeg>, path: &Path, duration_ms: u64) -> Option<Vec<u8>> {
    let mut bars = Bars::new(duration_ms * RATE / 1000);
    let rate = RATE.to_string();
    let arguments = ["-vn", "-ac", "1", "-ar", &rate, "-f", "s16le", "pipe:1"];
    let run = tool?
        .run("ogg", path, &arguments, |bytes| {
            bars.take(bytes);
            Ok(())
        })
        .await;
    match run {
        Ok(()) => Some(bars.finish()),
        Err(error) => {
            tracing::debug!(%error, "no waveform");
            None
        }
    }
}

async fn copy(source: &Path, target: &Path) -> Result<(), MediaError> {
    let (source, target) = (source.to_owned(), target.to_owned());
    let copy = move || {
        let mut from = std::fs::File::open(source)?;
        std::io::copy(&mut from, &mut private_file::create(&target)?)
    };
    let copied = tokio::task::spawn_blocking(copy).await;
    copied.map_err(|error| MediaError::Internal(error.to_string()))??;
    Ok(())
}

/// Mean loudness, bar by bar.
struct Bars {
    total: u64,
    seen: u64,
    sums: [u64; BARS],
    counts: [u64; BARS],
    /// The first half of a sample whose second half is still to come.
    half: Option<u8>,
}

impl Bars {
    fn new(total: u64) -> Self {
        Self {
            total: total.max(1),
            seen: 0,
            sums: [0; BARS],
            counts: [0; BARS],
            half: None,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let Some(low) = self.half.take() else {
                self.half = Some(*byte);
                continue;
            };
            let sample = i16::from_le_bytes([low, *byte]);
            let place = self.seen.saturating_mul(BARS as u64) / self.total;
            let place = usize::try_from(place).unwrap_or(usize::MAX).min(BARS - 1);
            if let (Some(sum), Some(count)) = (self.sums.get_mut(place), self.counts.get_mut(place)) {
                *sum += u64::from(sample.unsigned_abs());
                *count += 1;
            }
            self.seen += 1;
        }
    }

    /// The loudest is 100.
    fn finish(self) -> Vec<u8> {
        let means: Vec<u64> = self
            .sums
            .iter()
            .zip(self.counts)
            .map(|(sum, count)| sum.checked_div(count).unwrap_or(0))
            .collect();
        let loudest = means.iter().copied().max().unwrap_or(0).max(1);
        means
            .into_iter()
            .map(|mean| u8::try_from(mean * 100 / loudest).unwrap_or(100))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{BARS, Bars};

    #[test]
    fn bars_follow_the_loudness() {
        let mut bars = Bars::new(6400);
        for at in 0..6400_i16 {
            let sample = if at < 3200 { 100_i16 } else { -10_000 };
            // One byte at a time: halves of samples are put together.
            for byte in sample.to_le_bytes() {
                bars.take(&[byte]);
            }
        }
        let bars = bars.finish();
        assert_eq!(bars.len(), BARS);
        assert_eq!((bars[0], bars[63]), (1, 100));
        assert_eq!(Bars::new(0).finish(), vec![0; BARS]);
    }
}
