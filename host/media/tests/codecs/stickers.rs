//! Stickers, decoded back.

use std::io::Cursor;
use std::path::Path;

use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder as _, ImageFormat, RgbaImage};
use wagate_media::limits::{MAX_ANIMATED_STICKER_BYTES, MAX_STICKER_BYTES};
use wagate_media::{MediaError, Pack, Recipe, Shape, Sticker, read_pack};

use crate::fixtures::{Bench, encode, gif, noise, read, two_colours};

fn recipe(shape: Shape, quality: u8) -> Recipe {
    Recipe::Sticker(Sticker {
        shape,
        quality,
        pack: pack(),
    })
}

fn pack() -> Pack {
    Pack {
        id: "wagate-1".to_owned(),
        name: "Grüße 🐻".to_owned(),
        author: "Ann".to_owned(),
        emojis: vec!["🐻".to_owned(), "❤️".to_owned()],
    }
}

/// The frames of a WebP file, with the time each is shown.
fn frames(file: &[u8]) -> Vec<(RgbaImage, u32)> {
    let decoder = WebPDecoder::new(Cursor::new(file)).unwrap();
    if !decoder.has_animation() {
        return vec![(image::load_from_memory(file).unwrap().to_rgba8(), 0)];
    }
    decoder
        .into_frames()
        .map(|frame| {
            let frame = frame.unwrap();
            let (numerator, denominator) = frame.delay().numer_denom_ms();
            (frame.into_buffer(), numerator / denominator)
        })
        .collect()
}

async fn make(bench: &Bench, source: &Path, name: &str, recipe: &Recipe) -> Vec<u8> {
    let target = bench.path(name);
    let made = bench.codecs.transcode(source, &target, recipe).await.unwrap();
    assert_eq!(made.mime, "image/webp");
    let file = read(&target);
    // A second reader of the same file agrees.
    let found = bench.codecs.probe(&target).await.unwrap();
    assert_eq!(
        (found.mime.as_str(), found.width, found.height),
        ("image/webp", 512, 512)
    );
    assert_eq!(read_pack(&file), Some(pack()));
    file
}

#[tokio::test]
async fn each_shape_is_cut_as_it_says() {
    let bench = Bench::without_ffmpeg();
    let source = bench.file("wide", &encode(&two_colours(900, 300), ImageFormat::Png));
    let alpha = |picture: &RgbaImage, x: u32, y: u32| picture.get_pixel(x, y)[3];

    let file = make(&bench, &source, "full", &recipe(Shape::Full, 60)).await;
    let [(full, _)] = frames(&file).try_into().unwrap();
    assert_eq!(full.dimensions(), (512, 512));
    assert_eq!(
        (alpha(&full, 256, 10), alpha(&full, 256, 500)),
        (0, 0),
        "bars are clear"
    );
    assert!(
        full.get_pixel(20, 256)[0] > 150 && full.get_pixel(490, 256)[2] > 150,
        "all of it is there"
    );

    let file = make(&bench, &source, "crop", &recipe(Shape::Crop, 60)).await;
    let [(crop, _)] = frames(&file).try_into().unwrap();
    assert!(crop.pixels().all(|pixel| pixel[3] == 255), "no pixel is clear");

    let file = make(&bench, &source, "circle", &recipe(Shape::Circle, 60)).await;
    let [(disc, _)] = frames(&file).try_into().unwrap();
    assert_eq!(
        (alpha(&disc, 0, 0), alpha(&disc, 511, 511), alpha(&disc, 70, 70)),
        (0, 0, 0)
    );
    assert_eq!((alpha(&disc, 256, 256), alpha(&disc, 256, 4)), (255, 255));
}

#[tokio::test]
async fn quality_matters_and_the_size_has_the_last_word() {
    let bench = Bench::without_ffmpeg();
    let smooth = RgbaImage::from_fn(512, 512, |x, y| {
        image::Rgba([(x / 2) as u8, (y / 2) as u8, ((x * y) / 1024) as u8, 255])
    });
    let source = bench.file("smooth", &encode(&smooth, ImageFormat::Png));
    let rough = make(&bench, &source, "rough", &recipe(Shape::Full, 10)).await;
    let fine = make(&bench, &source, "fine", &recipe(Shape::Full, 95)).await;
    assert!(rough.len() * 2 < fine.len(), "{} {}", rough.len(), fine.len());

    let source = bench.file("noise", &encode(&noise(512, 512, 3), ImageFormat::Png));
    let file = make(&bench, &source, "squeezed", &recipe(Shape::Full, 100)).await;
    assert!(file.len() <= MAX_STICKER_BYTES, "{} bytes", file.len());
}

#[tokio::test]
async fn what_moves_goes_on_moving() {
    let bench = Bench::without_ffmpeg();
    let source = bench.file("moving", &gif(64, 48, 8, 20));
    let file = make(&bench, &source, "from-gif", &recipe(Shape::Full, 50)).await;
    assert!(file.len() <= MAX_ANIMATED_STICKER_BYTES);
    let moving = frames(&file);
    assert_eq!(moving.len(), 8);
    assert!(
        moving.iter().all(|(_, delay)| *delay == 200),
        "{:?}",
        moving.iter().map(|f| f.1).collect::<Vec<_>>()
    );
    // The second frame is red, the third green.
    let middle = |at: usize| moving[at].0.get_pixel(256, 256).0;
    assert!(middle(1)[0] > 200 && middle(1)[1] < 60, "{:?}", middle(1));
    assert!(middle(2)[1] > 200 && middle(2)[0] < 60, "{:?}", middle(2));

    // And once more, from the WebP that came out.
    let source = bench.path("from-gif");
    let file = make(&bench, &source, "from-webp", &recipe(Shape::Circle, 50)).await;
    let again = frames(&file);
    assert_eq!(again.len(), 8);
    assert_eq!(again[3].0.get_pixel(0, 0)[3], 0, "each frame is a disc");
}

#[tokio::test]
async fn a_large_animation_is_made_small_enough() {
    let bench = Bench::without_ffmpeg();
    let mut file = Vec::new();
    let mut encoder = gif::Encoder::new(&mut file, 256, 256, &[]).unwrap();
    for seed in 0..12 {
        let mut pixels = noise(256, 256, seed + 1).into_raw();
        let mut frame = gif::Frame::from_rgba_speed(256, 256, &mut pixels, 30);
        frame.delay = 10;
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    let source = bench.file("restless", &file);
    let file = make(&bench, &source, "squeezed", &recipe(Shape::Crop, 90)).await;
    assert!(file.len() <= MAX_ANIMATED_STICKER_BYTES, "{} bytes", file.len());
    let moving = frames(&file);
    let total: u32 = moving.iter().map(|(_, delay)| delay).sum();
    assert!(
        moving.len() >= 3 && total == 1200,
        "{} frames, {total} ms",
        moving.len()
    );
}

#[tokio::test]
async fn a_video_needs_ffmpeg_and_says_so() {
    let bench = Bench::without_ffmpeg();
    let source = bench.file("film", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom");
    let target = bench.path("sticker");
    let refused = bench
        .codecs
        .transcode(&source, &target, &recipe(Shape::Full, 50))
        .await
        .unwrap_err();
    assert!(matches!(refused, MediaError::NoFfmpeg(_)));
    assert!(refused.to_string().contains("needs ffmpeg"), "{refused}");
}
