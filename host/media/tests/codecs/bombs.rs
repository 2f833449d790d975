//! Small files that want to be large: refused before they are unpacked, in no time and next to no memory.

use std::time::{Duration, Instant};

use wagate_media::{MediaError, Pack, Recipe, Shape, Sticker};

use crate::fixtures::{Bench, gif};

/// A refusal may take this long, on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(1);
/// What the whole corpus may add to this process.
const MEMORY_KB: u64 = 128 * 1024;

fn png(width: u32, height: u32, depth: png::BitDepth, colour: png::ColorType, row_bytes: usize) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_depth(depth);
    encoder.set_color(colour);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().unwrap();
    let mut stream = writer.stream_writer().unwrap();
    let row = vec![0; row_bytes];
    for _ in 0..height {
        std::io::Write::write_all(&mut stream, &row).unwrap();
    }
    stream.finish().unwrap();
    drop(writer);
    file
}

/// Says that it is this large and has nothing inside.
fn png_that_lies(width: u32, height: u32) -> Vec<u8> {
    let mut honest = png(1, 1, png::BitDepth::Eight, png::ColorType::Rgba, 4);
    honest[16..20].copy_from_slice(&width.to_be_bytes());
    honest[20..24].copy_from_slice(&height.to_be_bytes());
    let mut hash = crc(&honest[12..29]);
    hash.reverse();
    honest[29..33].copy_from_slice(&hash);
    honest
}

fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (0_u32.wrapping_sub(crc & 1)));
        }
    }
    (!crc).to_le_bytes()
}

/// An animated WebP of so many frames of one pixel on a canvas of this size.
fn webp(side: u32, frames: usize) -> Vec<u8> {
    // One lossless pixel.
    let mut pixel = std::io::Cursor::new(Vec::new());
    image::RgbaImage::from_pixel(1, 1, image::Rgba([1, 2, 3, 255]))
        .write_to(&mut pixel, image::ImageFormat::WebP)
        .unwrap();
    let pixel = pixel.into_inner();
    let vp8l = &pixel[12..];
    let u24 = |number: u32| number.to_le_bytes()[..3].to_vec();
    let chunk = |name: &[u8; 4], content: &[u8]| {
        let mut chunk = name.to_vec();
        chunk.extend((content.len() as u32).to_le_bytes());
        chunk.extend(content);
        chunk.resize(chunk.len().next_multiple_of(2), 0);
        chunk
    };
    let mut body = b"WEBP".to_vec();
    let mut head = vec![0x12, 0, 0, 0];
    head.extend(u24(side - 1));
    head.extend(u24(side - 1));
    body.extend(chunk(b"VP8X", &head));
    body.extend(chunk(b"ANIM", &[0; 6]));
    for _ in 0..frames {
        let mut frame = vec![0; 12];
        frame.extend(u24(40));
        frame.push(0);
        frame.extend(vp8l);
        body.extend(chunk(b"ANMF", &frame));
    }
    let mut file = b"RIFF".to_vec();
    file.extend((body.len() as u32).to_le_bytes());
    file.extend(body);
    file
}

fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8, 0xff, 0xc0, 0, 17, 8];
    file.extend(height.to_be_bytes());
    file.extend(width.to_be_bytes());
    file.extend([
        3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xff, 0xda, 0, 12, 3, 1, 0, 2, 17, 3, 17, 0, 63, 0,
    ]);
    file.extend([0; 64]);
    file
}

fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmHWM:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0)
}

#[tokio::test]
async fn bombs_are_refused_at_once_and_in_little_memory() {
    let bench = Bench::without_ffmpeg();
    // Made before the measuring begins.
    let bombs: Vec<(&str, Vec<u8>)> = vec![
        (
            "a PNG of 144 megapixels",
            png(
                12_000,
                12_000,
                png::BitDepth::One,
                png::ColorType::Grayscale,
                1500,
            ),
        ),
        (
            "a wide PNG",
            png(100_000, 8, png::BitDepth::One, png::ColorType::Grayscale, 12_500),
        ),
        (
            "a PNG of 128 MiB",
            png(4096, 4096, png::BitDepth::Sixteen, png::ColorType::Rgba, 4096 * 8),
        ),
        ("an empty PNG of 16 megapixels", png_that_lies(4096, 4096)),
        ("an empty PNG of 4 gigapixels", png_that_lies(65_000, 65_000)),
        ("a PNG wider than anything", png_that_lies(u32::MAX >> 1, 1)),
        ("a GIF of 4 gigapixels", gif(65_535, 1, 1, 10)),
        ("a GIF of 101 frames", gif(16, 16, 101, 10)),
        ("a GIF of 20,000 frames", gif(1, 1, 20_000, 10)),
        ("a GIF of 80 frames of 1 megapixel", gif(1024, 1024, 80, 10)),
        ("a WebP of 268 megapixels", webp(16_384, 2)),
        ("a WebP of 101 frames", webp(16, 101)),
        ("a WebP of 50,000 frames", webp(16, 50_000)),
        ("a WebP of 90 frames of 1 megapixel", webp(1024, 90)),
        ("a JPEG of 4 gigapixels", jpeg(65_500, 65_500)),
        ("a JPEG of 67 megapixels", jpeg(8192, 8192)),
        ("a PNG in name only", b"\x89PNG\r\n\x1a\n".repeat(1000)),
        (
            "a RIFF without end",
            [
                b"RIFF\xff\xff\xff\xffWEBPVP8X\xff\xff\xff\xff".to_vec(),
                vec![0; 64],
            ]
            .concat(),
        ),
        (
            "a file of 33 MiB",
            [b"\x89PNG\r\n\x1a\n".to_vec(), vec![0; 33 << 20]].concat(),
        ),
    ];
    let files: Vec<_> = bombs
        .iter()
        .enumerate()
        .map(|(at, (name, content))| (*name, bench.file(&format!("bomb-{at}"), content)))
        .collect();
    drop(bombs);
    let before = peak_kb();
    let sticker = Recipe::Sticker(Sticker {
        shape: Shape::Full,
        quality: 50,
        pack: Pack::default(),
    });
    for (name, file) in &files {
        let started = Instant::now();
        let refused = bench.codecs.transcode(file, &bench.path("out"), &sticker).await;
        let error = refused.expect_err(name);
        assert!(
            matches!(error, MediaError::TooLarge(_) | MediaError::Damaged(_)),
            "{name}: {error:?}"
        );
        assert!(started.elapsed() < AT_ONCE, "{name}: {:?}", started.elapsed());
        // Looking at it is as harmless, whatever it says.
        let started = Instant::now();
        let _ = bench.codecs.probe(file).await;
        let _ = bench.codecs.describe(file).await;
        assert!(started.elapsed() < AT_ONCE * 2, "{name}: {:?}", started.elapsed());
    }
    let grown = peak_kb().saturating_sub(before);
    assert!(grown < MEMORY_KB, "{grown} KB more at the peak");
    assert!(!bench.path("out").exists());
}

#[tokio::test]
async fn the_largest_picture_that_is_allowed_still_becomes_a_sticker() {
    let bench = Bench::without_ffmpeg();
    let file = bench.file(
        "large",
        &png(4096, 4096, png::BitDepth::Eight, png::ColorType::Rgb, 4096 * 3),
    );
    let recipe = Recipe::named("sticker", "").unwrap().unwrap();
    bench
        .codecs
        .transcode(&file, &bench.path("sticker"), &recipe)
        .await
        .unwrap();
}
