//! Voice notes, and films: with ffmpeg where this machine has it.

use std::path::{Path, PathBuf};
use std::process::Command;

use wagate_media::{MediaError, Recipe, read_pack};

use crate::fixtures::{Bench, read};

/// What ffmpeg makes of its own test sources.
fn generate(bench: &Bench, name: &str, arguments: &[&str]) -> PathBuf {
    let path = bench.path(name);
    let done = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error"])
        .args(arguments)
        .arg(&path)
        .status()
        .unwrap();
    assert!(done.success());
    path
}

fn film(bench: &Bench) -> PathBuf {
    generate(
        bench,
        "film.mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=320x180:rate=24:duration=2",
            "-f",
            "lavfi",
            "-i",
            "sine=frequency=440:duration=2",
            "-pix_fmt",
            "yuv420p",
        ],
    )
}

#[tokio::test]
async fn without_ffmpeg_only_opus_becomes_a_voice_note() {
    let bench = Bench::without_ffmpeg();
    let opus = silent_opus(12_340);
    let source = bench.file("opus", &opus);
    let target = bench.path("voice");
    let made = bench
        .codecs
        .transcode(&source, &target, &Recipe::Voice)
        .await
        .unwrap();
    assert_eq!(
        (made.mime, made.duration_ms, made.waveform),
        ("audio/ogg; codecs=opus", Some(12_340), None)
    );
    assert_eq!(read(&target), opus);
    let source = bench.file("mp3", b"ID3\x04\0\0\0\0\0\0some sound");
    let refused = bench
        .codecs
        .transcode(&source, &bench.path("other"), &Recipe::Voice)
        .await
        .unwrap_err();
    assert!(matches!(refused, MediaError::NoFfmpeg(_)), "{refused}");
}

#[tokio::test]
async fn a_sound_becomes_a_voice_note_with_bars() {
    let Some(bench) = Bench::with_ffmpeg() else { return };
    // Silence, then a tone.
    let source = generate(
        &bench,
        "tone.wav",
        &[
            "-f",
            "lavfi",
            "-i",
            "sine=frequency=440:duration=2",
            "-af",
            "adelay=2000|2000",
            "-ac",
            "2",
        ],
    );
    let target = bench.path("voice");
    let made = bench
        .codecs
        .transcode(&source, &target, &Recipe::Voice)
        .await
        .unwrap();
    let duration = made.duration_ms.unwrap();
    assert!((3900..4200).contains(&duration), "{duration} ms");
    let bars = made.waveform.unwrap();
    assert_eq!(bars.len(), 64);
    assert!(bars[10] < 10 && bars[50] > 60, "{bars:?}");
    let found = bench.codecs.probe(&target).await.unwrap();
    assert_eq!(found.mime, "audio/ogg; codecs=opus");
}

#[tokio::test]
async fn a_film_becomes_a_picture_and_a_sticker() {
    let Some(bench) = Bench::with_ffmpeg() else { return };
    let source = film(&bench);
    let found = bench.codecs.probe(&source).await.unwrap();
    assert_eq!(
        (found.mime.as_str(), found.width, found.height, found.frames),
        ("video/mp4", 320, 180, 48)
    );
    assert!(
        found.duration_ms.is_some_and(|ms| (1900..2200).contains(&ms)),
        "{found:?}"
    );
    let described = bench.codecs.describe(&source).await.unwrap();
    assert_eq!(size(&described.thumbnail.unwrap()), (100, 56));
    let sticker = Recipe::named("sticker", r#"{"shape":"CROP","pack":"Films"}"#)
        .unwrap()
        .unwrap();
    let target = bench.path("sticker");
    bench.codecs.transcode(&source, &target, &sticker).await.unwrap();
    let made = bench.codecs.probe(&target).await.unwrap();
    assert_eq!(
        (made.mime.as_str(), made.width, made.height),
        ("image/webp", 512, 512)
    );
    assert!(made.frames > 12, "{made:?}");
    assert_eq!(read_pack(&read(&target)).unwrap().name, "Films");
}

/// A playlist names other files: read as one, it would hand them out.
#[tokio::test]
async fn ffmpeg_opens_nothing_but_its_input() {
    let Some(bench) = Bench::with_ffmpeg() else { return };
    film(&bench);
    let secret = bench.path("film.mp4");
    for playlist in [
        format!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{}\n#EXT-X-ENDLIST\n",
            secret.display()
        ),
        format!("ffconcat version 1.0\nfile '{}'\n", secret.display()),
    ] {
        // Dressed up as a film, too.
        for head in ["", "\0\0\0\x18ftypmp42\0\0\0\0mp42isom"] {
            let source = bench.file("playlist", format!("{head}{playlist}").as_bytes());
            for recipe in ["jpeg", "sticker", "voice"] {
                let recipe = Recipe::named(recipe, "").unwrap().unwrap();
                assert!(refused(&bench, &source, &recipe).await);
            }
        }
    }
}

async fn refused(bench: &Bench, source: &Path, recipe: &Recipe) -> bool {
    let made = bench.codecs.transcode(source, &bench.path("out"), recipe).await;
    made.is_err() && !bench.path("out").exists()
}

fn size(jpeg: &[u8]) -> (u32, u32) {
    let picture = image::load_from_memory(jpeg).unwrap();
    (picture.width(), picture.height())
}

/// Two pages that claim this length; nothing is in their packets.
fn silent_opus(duration_ms: u64) -> Vec<u8> {
    let page = |flags: u8, granule: u64, packet: &[u8]| {
        let mut page = b"OggS\0".to_vec();
        page.push(flags);
        page.extend(granule.to_le_bytes());
        page.extend([7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        page.push(packet.len() as u8);
        page.extend(packet);
        page
    };
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend(312_u16.to_le_bytes());
    head.extend(48_000_u32.to_le_bytes());
    head.extend([0, 0, 0]);
    let mut file = page(2, 0, &head);
    file.extend(page(4, duration_ms * 48 + 312, &[0xf8, 0xff, 0xfe]));
    file
}
