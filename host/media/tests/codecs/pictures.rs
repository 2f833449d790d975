//! Looking at pictures, and JPEG of them.

use image::{GenericImageView as _, ImageFormat, Rgba, RgbaImage};
use wagate_media::{MediaError, Recipe};

use crate::fixtures::{Bench, encode, gif, read, two_colours};

#[tokio::test]
async fn a_file_is_what_its_content_says() {
    let bench = Bench::without_ffmpeg();
    let picture = two_colours(60, 40);
    for (format, mime) in [
        (ImageFormat::Png, "image/png"),
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::WebP, "image/webp"),
        (ImageFormat::Gif, "image/gif"),
    ] {
        // The name lies.
        let file = bench.file("holiday.pdf", &encode(&picture, format));
        let found = bench.codecs.probe(&file).await.unwrap();
        assert_eq!(found.mime, mime);
        assert_eq!((found.width, found.height, found.frames), (60, 40, 1), "{mime}");
    }
    let file = bench.file("moving", &gif(30, 20, 7, 12));
    let found = bench.codecs.probe(&file).await.unwrap();
    assert_eq!((found.frames, found.duration_ms), (7, Some(840)));
    let file = bench.file("text", b"just words");
    let found = bench.codecs.probe(&file).await.unwrap();
    assert_eq!(
        (found.mime.as_str(), found.width),
        ("application/octet-stream", 0)
    );
}

#[tokio::test]
async fn a_jpeg_fits_and_is_never_enlarged() {
    let bench = Bench::without_ffmpeg();
    let source = bench.file("wide", &encode(&two_colours(1200, 300), ImageFormat::Png));
    let size_of = async |recipe: Recipe, name: &str| {
        let target = bench.path(name);
        let made = bench.codecs.transcode(&source, &target, &recipe).await.unwrap();
        assert_eq!(made.mime, "image/jpeg");
        let picture = image::load_from_memory_with_format(&read(&target), ImageFormat::Jpeg).unwrap();
        // The colours are still on their sides.
        let left = picture.get_pixel(1, picture.height() / 2);
        let right = picture.get_pixel(picture.width() - 2, picture.height() / 2);
        assert!(left[0] > 150 && right[2] > 150, "{left:?} {right:?}");
        picture.dimensions()
    };
    let jpeg = |max_px| Recipe::Jpeg { max_px, quality: 80 };
    assert_eq!(size_of(jpeg(400), "a").await, (400, 100));
    assert_eq!(size_of(jpeg(4000), "b").await, (1200, 300));
    assert_eq!(size_of(Recipe::thumbnail(), "c").await, (100, 25));
    let square = Recipe::Square {
        side: 640,
        quality: 80,
    };
    assert_eq!(size_of(square, "d").await, (640, 640));
}

#[tokio::test]
async fn what_is_transparent_becomes_white() {
    let bench = Bench::without_ffmpeg();
    let clear = RgbaImage::from_pixel(20, 20, Rgba([0, 0, 0, 0]));
    let source = bench.file("clear", &encode(&clear, ImageFormat::Png));
    let target = bench.path("white");
    let recipe = Recipe::Jpeg {
        max_px: 20,
        quality: 90,
    };
    bench.codecs.transcode(&source, &target, &recipe).await.unwrap();
    let picture = image::load_from_memory(&read(&target)).unwrap();
    assert!(picture.get_pixel(10, 10)[0] > 250);
}

#[tokio::test]
async fn what_cannot_be_made_leaves_no_file() {
    let bench = Bench::without_ffmpeg();
    let source = bench.file("words", b"just words");
    let target = bench.path("target");
    for recipe in ["jpeg", "square", "sticker", "voice"] {
        let recipe = Recipe::named(recipe, "").unwrap().unwrap();
        let refused = bench
            .codecs
            .transcode(&source, &target, &recipe)
            .await
            .unwrap_err();
        assert!(
            matches!(refused, MediaError::Unsupported(_) | MediaError::NoFfmpeg(_)),
            "{refused}"
        );
    }
    let cut = encode(&two_colours(60, 40), ImageFormat::Png);
    let source = bench.file("cut", &cut[..cut.len() / 2]);
    let recipe = Recipe::thumbnail();
    let refused = bench
        .codecs
        .transcode(&source, &target, &recipe)
        .await
        .unwrap_err();
    assert!(matches!(refused, MediaError::Damaged(_)), "{refused}");
    assert_eq!(bench.names(), ["cut", "words"]);
}

#[tokio::test]
async fn a_description_has_what_a_message_needs() {
    let bench = Bench::without_ffmpeg();
    let file = bench.file("photo", &encode(&two_colours(1600, 1200), ImageFormat::Jpeg));
    let described = bench.codecs.describe(&file).await.unwrap();
    assert_eq!((described.probe.width, described.probe.height), (1600, 1200));
    let thumbnail = image::load_from_memory(&described.thumbnail.unwrap()).unwrap();
    assert_eq!(thumbnail.dimensions(), (100, 75));
    // A broken picture is still a file that can be sent.
    let file = bench.file("broken", b"\xff\xd8\xff\xe0nothing");
    let described = bench.codecs.describe(&file).await.unwrap();
    assert_eq!(
        (described.probe.mime.as_str(), described.thumbnail),
        ("image/jpeg", None)
    );
}
