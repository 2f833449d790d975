//! Ogg with Opus: whether a file is one, and how long it plays. Read off the first and the last page.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use crate::MediaError;

/// Pages are at most this long, so the last one starts within it.
const LAST_BYTES: u64 = 65_307;
/// Opus always counts 48,000 samples a second.
const SAMPLES_PER_MS: u64 = 48;

/// An Opus stream, as its header tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opus {
    pub(crate) channels: u8,
    pub(crate) duration_ms: u64,
}

/// None when the file is no Ogg file with Opus in it.
pub(crate) fn opus(path: &Path) -> Result<Option<Opus>, MediaError> {
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    (&mut file).take(512).read_to_end(&mut head)?;
    let Some(header) = opus_head(&head) else {
        return Ok(None);
    };
    let (channels, pre_skip) = header;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LAST_BYTES)))?;
    let mut tail = Vec::new();
    file.take(LAST_BYTES).read_to_end(&mut tail)?;
    let samples = last_granule(&tail)
        .unwrap_or(0)
        .saturating_sub(u64::from(pre_skip));
    Ok(Some(Opus {
        channels,
        duration_ms: samples / SAMPLES_PER_MS,
    }))
}

/// Channels and samples to leave out at the start.
fn opus_head(head: &[u8]) -> Option<(u8, u16)> {
    if !head.starts_with(b"OggS") {
        return None;
    }
    let segments = usize::from(*head.get(26)?);
    let packet = head.get(27 + segments..)?;
    let fields = packet.strip_prefix(b"OpusHead")?;
    let channels = *fields.get(1)?;
    let pre_skip = u16::from_le_bytes([*fields.get(2)?, *fields.get(3)?]);
    Some((channels, pre_skip))
}

/// The position that the last page with one names.
fn last_granule(tail: &[u8]) -> Option<u64> {
    let pages = tail
        .windows(14)
        .rev()
        .filter(|window| window.starts_with(b"OggS\0"));
    pages
        .filter_map(|page| page.get(6..14)?.try_into().ok())
        .map(u64::from_le_bytes)
        // All ones: no packet ends on that page.
        .find(|granule| *granule != u64::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Opus, opus};

    /// A stream of two pages that claims this length; nothing is in its packets.
    pub(crate) fn silent(channels: u8, duration_ms: u64) -> Vec<u8> {
        let page = |flags: u8, granule: u64, packet: &[u8]| {
            let mut page = b"OggS\0".to_vec();
            page.push(flags);
            page.extend(granule.to_le_bytes());
            page.extend([7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
            page.push(u8::try_from(packet.len()).unwrap());
            page.extend(packet);
            page
        };
        let mut head = b"OpusHead\x01".to_vec();
        head.push(channels);
        head.extend(312_u16.to_le_bytes());
        head.extend(48_000_u32.to_le_bytes());
        head.extend([0, 0, 0]);
        let mut file = page(2, 0, &head);
        file.extend(page(4, duration_ms * 48 + 312, &[0xf8, 0xff, 0xfe]));
        file
    }

    #[test]
    fn the_length_stands_on_the_last_page() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("voice");
        std::fs::write(&path, silent(1, 61_500)).unwrap();
        assert_eq!(
            opus(&path).unwrap(),
            Some(Opus {
                channels: 1,
                duration_ms: 61_500
            })
        );
        std::fs::write(&path, b"ID3 is something else").unwrap();
        assert_eq!(opus(&path).unwrap(), None);
        let whole = silent(2, 1000);
        for end in 0..whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            opus(&path).unwrap();
        }
    }
}
