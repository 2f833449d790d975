//! Files for people who send one without saying which. Small, and of the format they claim where that takes few bytes.

use std::io::Read;

use super::spec::FileKind;

/// One red pixel.
const PNG: [u8; 69] = [
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90, 0x77, 0x53, 0xde, 0x00,
    0x00, 0x00, 0x0c, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8, 0xcf, 0xc0, 0x00, 0x00, 0x03, 0x01,
    0x01, 0x00, 0xc9, 0xfe, 0x92, 0xef, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60,
    0x82,
];
/// One transparent pixel.
const WEBP: [u8; 34] = [
    0x52, 0x49, 0x46, 0x46, 0x1a, 0x00, 0x00, 0x00, 0x57, 0x45, 0x42, 0x50, 0x56, 0x50, 0x38, 0x4c, 0x0d,
    0x00, 0x00, 0x00, 0x2f, 0x00, 0x00, 0x00, 0x10, 0x07, 0x10, 0x11, 0x11, 0x88, 0x88, 0xfe, 0x07, 0x00,
];

/// What a kind of file is sent as unless the sender says otherwise.
pub(crate) fn mimetype(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Image => "image/png",
        FileKind::Video | FileKind::Gif | FileKind::VideoNote => "video/mp4",
        FileKind::Audio => "audio/mpeg",
        FileKind::Voice => "audio/ogg; codecs=opus",
        FileKind::Document => "text/plain",
        FileKind::Sticker => "image/webp",
    }
}

/// A sample of a kind.
pub(crate) fn sample(kind: FileKind) -> Vec<u8> {
    match kind {
        FileKind::Image => PNG.to_vec(),
        FileKind::Sticker => WEBP.to_vec(),
        FileKind::Document => b"A document of the sandbox.\n".to_vec(),
        // An empty file of its format: enough for whoever looks at the first bytes only.
        FileKind::Video | FileKind::Gif | FileKind::VideoNote => {
            b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42".to_vec()
        }
        FileKind::Audio => b"ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x00".to_vec(),
        FileKind::Voice => b"OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00OpusHead\x01\x01".to_vec(),
    }
}

/// So many bytes that are not all alike, without holding them.
pub(crate) fn made_up(bytes: u64) -> impl Read + Send {
    MadeUp { at: 0, bytes }
}

struct MadeUp {
    at: u64,
    bytes: u64,
}

impl Read for MadeUp {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.bytes - self.at).unwrap_or(usize::MAX);
        let size = buffer.len().min(left);
        for byte in buffer.iter_mut().take(size) {
            // A prime, so that no block of a cipher looks like the one before.
            *byte = u8::try_from(self.at % 251).unwrap_or_default();
            self.at += 1;
        }
        Ok(size)
    }
}
