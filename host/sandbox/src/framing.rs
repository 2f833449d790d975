//! Bytes between the WebSocket and the stanzas: the client's opening bytes, frames, encryption, compression.

use bytes::Bytes;
use thiserror::Error;
use wacore_binary::consts::WA_CONN_HEADER;
use wacore_binary::{BinaryError, Node};
use wacore_noise::framing::{FrameDecoder, append_frame_into};
use wacore_noise::{NoiseCipher, NoiseError};

/// A client that was given routing information repeats it before everything else.
const ROUTING_MAGIC: [u8; 4] = *b"ED\x00\x01";
const ROUTING_LENGTH: usize = 3;

/// Why a byte stream is not what a client says.
#[derive(Debug, Error)]
pub(crate) enum FramingError {
    #[error("the connection does not start with the client's header")]
    Header,
    #[error("a frame cannot be encrypted or decrypted")]
    Noise(#[from] NoiseError),
    #[error("a stanza cannot be encoded or decoded")]
    Binary(#[from] BinaryError),
    #[error("a frame is too large")]
    TooLarge,
    #[error("the connection has used up its frame counter")]
    Exhausted,
}

/// Takes incoming bytes apart into frames.
pub(crate) struct Frames {
    decoder: FrameDecoder,
    /// The opening bytes until they are complete; `None` from then on.
    opening: Option<Vec<u8>>,
}

impl Frames {
    pub(crate) fn new() -> Self {
        Self {
            decoder: FrameDecoder::new(),
            opening: Some(Vec::new()),
        }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<(), FramingError> {
        let Some(opening) = &mut self.opening else {
            self.decoder.feed(bytes);
            return Ok(());
        };
        opening.extend_from_slice(bytes);
        if let Some(rest) = after_header(opening)? {
            self.decoder.feed(rest);
            self.opening = None;
        }
        Ok(())
    }

    pub(crate) fn next(&mut self) -> Option<Vec<u8>> {
        self.decoder.decode_frame().map(Vec::from)
    }
}

/// What follows the header; `None` while it is incomplete.
fn after_header(bytes: &[u8]) -> Result<Option<&[u8]>, FramingError> {
    let mut rest = bytes;
    if ROUTING_MAGIC.starts_with(rest.get(..ROUTING_MAGIC.len()).unwrap_or(rest)) {
        let Some(after) = rest.get(ROUTING_MAGIC.len()..) else {
            return Ok(None);
        };
        let Some((length, after)) = after.split_at_checked(ROUTING_LENGTH) else {
            return Ok(None);
        };
        let length = crate::keys::number(length) as usize;
        let Some(after) = after.get(length..) else {
            return Ok(None);
        };
        rest = after;
    }
    let Some((header, rest)) = rest.split_at_checked(WA_CONN_HEADER.len()) else {
        return Ok(None);
    };
    if header == WA_CONN_HEADER {
        Ok(Some(rest))
    } else {
        Err(FramingError::Header)
    }
}

/// One direction of an encrypted connection.
pub(crate) struct Sealed {
    cipher: NoiseCipher,
    counter: u32,
}

impl Sealed {
    pub(crate) fn new(cipher: NoiseCipher) -> Self {
        Self { cipher, counter: 0 }
    }

    fn count(&mut self) -> Result<u32, FramingError> {
        let counter = self.counter;
        self.counter = counter.checked_add(1).ok_or(FramingError::Exhausted)?;
        Ok(counter)
    }

    /// Decrypts a frame into a stanza.
    pub(crate) fn open(&mut self, mut frame: Vec<u8>) -> Result<Node, FramingError> {
        let counter = self.count()?;
        self.cipher.decrypt_in_place_with_counter(counter, &mut frame)?;
        let plain = wacore_binary::util::unpack(&frame)?;
        Ok(wacore_binary::marshal::unmarshal_ref(&plain)?.to_owned())
    }

    /// Encrypts a stanza and appends it as a frame.
    pub(crate) fn seal(&mut self, node: &Node, out: &mut Vec<u8>) -> Result<(), FramingError> {
        let plain = wacore_binary::marshal::marshal(node)?;
        let counter = self.count()?;
        let sealed = self.cipher.encrypt_with_counter(counter, &plain)?;
        frame(&sealed, out)
    }
}

/// Appends bytes as a frame.
pub(crate) fn frame(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), FramingError> {
    append_frame_into(bytes, None, out).map_err(|_| FramingError::TooLarge)
}

/// One frame of its own.
pub(crate) fn single(bytes: &[u8]) -> Result<Bytes, FramingError> {
    let mut out = Vec::new();
    frame(bytes, &mut out)?;
    Ok(out.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_may_come_in_pieces_and_after_routing_information() {
        let mut bytes = b"ED\x00\x01\x00\x00\x02xy".to_vec();
        bytes.extend_from_slice(&WA_CONN_HEADER);
        bytes.extend_from_slice(&[0, 0, 1, 7]);
        let mut frames = Frames::new();
        for byte in bytes {
            assert!(frames.next().is_none());
            frames.feed(&[byte]).unwrap();
        }
        assert_eq!(frames.next().unwrap(), [7]);
    }

    #[test]
    fn another_protocol_is_refused() {
        assert!(Frames::new().feed(b"GET / HTTP/1.1").is_err());
    }
}
