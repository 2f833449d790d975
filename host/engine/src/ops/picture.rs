//! Pictures of accounts and groups, before they are sent.

use crate::EngineError;

/// Largest picture, in bytes.
const MAX_BYTES: usize = 1024 * 1024;
/// The smallest side WhatsApp shows, in pixels.
const MIN_SIDE: u16 = 192;

/// Whether these bytes are a picture WhatsApp takes: a square JPEG.
pub(super) fn check(jpeg: &[u8]) -> Result<(), EngineError> {
    if jpeg.len() > MAX_BYTES {
        return Err(EngineError::invalid(
            "picture",
            format!("at most {MAX_BYTES} bytes"),
        ));
    }
    let Some((width, height)) = dimensions(jpeg) else {
        return Err(EngineError::invalid("picture", "must be a JPEG"));
    };
    if width != height || width < MIN_SIDE {
        return Err(EngineError::invalid(
            "picture",
            format!(
                "must be square, with sides of at least {MIN_SIDE} pixels; this one has {width} x {height}"
            ),
        ));
    }
    Ok(())
}

/// Width and height, as the first frame header says.
fn dimensions(jpeg: &[u8]) -> Option<(u16, u16)> {
    let mut rest = jpeg.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let (&mark, after) = rest.split_first()?;
        if mark != 0xff {
            return None;
        }
        // Fill bytes may stand before a marker.
        let (&kind, after) = after.split_first()?;
        if kind == 0xff {
            rest = rest.get(1..)?;
            continue;
        }
        let length = usize::from(u16::from_be_bytes([*after.first()?, *after.get(1)?]));
        let segment = after.get(2..length)?;
        let is_frame = (0xc0..=0xcf).contains(&kind) && !matches!(kind, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            let number = |at: usize| Some(u16::from_be_bytes([*segment.get(at)?, *segment.get(at + 1)?]));
            return Some((number(3)?, number(1)?));
        }
        rest = after.get(length..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xff, 0xc0, 0, 8, 8];
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.push(0);
        bytes
    }

    #[test]
    fn a_square_jpeg_and_nothing_else() {
        check(&jpeg(640, 640)).unwrap();
        assert_eq!(dimensions(&jpeg(640, 480)), Some((640, 480)));
        for bad in [
            jpeg(640, 480),
            jpeg(100, 100),
            b"\x89PNG".to_vec(),
            Vec::new(),
            vec![0xff, 0xd8, 0xff],
            vec![0xff, 0xd8, 0xff, 0xc0, 0, 0],
        ] {
            assert!(check(&bad).is_err(), "{bad:?}");
        }
    }
}
