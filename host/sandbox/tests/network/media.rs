//! Files: up and down, in parts, expired, asked for again.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use buffa::MessageField;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use waproto::whatsapp as wa;
use whatsapp_rust::UploadOptions;
use whatsapp_rust::download::MediaType;
use whatsapp_rust::{Jid, MediaRetryResult, MediaReuploadRequest};

use crate::support::http::agent;
use crate::support::{ANN, BOB, Client, TestNetwork};

fn made_up(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A file of a kind, uploaded by a client, in a message.
async fn uploaded(client: &Client, kind: &str, data: Vec<u8>) -> wa::Message {
    let media_type = match kind {
        "image" => MediaType::Image,
        "video" => MediaType::Video,
        "audio" | "voice" => MediaType::Audio,
        "document" => MediaType::Document,
        _ => MediaType::Sticker,
    };
    let up = client
        .client()
        .upload(data, media_type, UploadOptions::new())
        .await
        .unwrap();
    macro_rules! file {
        ($field:ident, $kind:ident, $($more:tt)*) => {
            wa::Message {
                $field: MessageField::some(wa::message::$kind {
                    url: Some(up.url),
                    direct_path: Some(up.direct_path),
                    media_key: Some(up.media_key.to_vec()),
                    file_sha256: Some(up.file_sha256.to_vec()),
                    file_enc_sha256: Some(up.file_enc_sha256.to_vec()),
                    file_length: Some(up.file_length),
                    mimetype: Some(format!("{kind}/x")),
                    $($more)*
                    ..Default::default()
                }),
                ..Default::default()
            }
        };
    }
    match kind {
        "image" => file!(image_message, ImageMessage, caption: Some("an image".to_owned()),),
        "video" => file!(video_message, VideoMessage, seconds: Some(3),),
        "audio" => file!(audio_message, AudioMessage, ptt: Some(false),),
        "voice" => file!(audio_message, AudioMessage, ptt: Some(true),),
        "document" => file!(document_message, DocumentMessage, file_name: Some("a.txt".to_owned()),),
        _ => file!(sticker_message, StickerMessage, is_animated: Some(true),),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_file_goes_from_a_client_to_a_phone() {
    let network = TestNetwork::with_phones("pn").await;
    let client = network.linked(ANN).await;
    for (size, kind) in [
        (1, "image"),
        (100_000, "video"),
        (70_000, "audio"),
        (16, "voice"),
        (0, "document"),
        (2_000, "sticker"),
    ] {
        let data = made_up(size);
        let message = uploaded(&client, kind, data.clone()).await;
        let id = client.send_message(BOB, message).await;
        let got = network.in_inbox(BOB, &id).await;
        assert_eq!(got["type"], kind, "{got}");
        assert_eq!(got["mimetype"], format!("{kind}/x"));
        assert_eq!(got["media"]["sha256"], sha256(&data));
        assert_eq!(got["media"]["bytes"], size);
        let path = format!("/phones/{BOB}/messages/{id}/media");
        let checked = network.get(&format!("{path}?check=1")).await;
        assert_eq!(
            (&checked["sha256"], &checked["bytes"]),
            (&json!(sha256(&data)), &json!(size))
        );
        let bytes = network.bytes(&path).await;
        assert_eq!(bytes, data, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_file_goes_from_a_phone_to_a_client() {
    let network = TestNetwork::with_phones("lid").await;
    let client = network.linked(ANN).await;
    for kind in [
        "image",
        "video",
        "gif",
        "videoNote",
        "audio",
        "voice",
        "document",
        "sticker",
    ] {
        let sent = network
            .say(
                BOB,
                ANN,
                json!({ "type": kind, "bytes": 50_000, "mimetype": "x/y" }),
            )
            .await;
        assert_eq!(sent["type"], kind);
        let got = client.message(sent["id"].as_str().unwrap()).await.message;
        let client = client.client();
        let data = match kind {
            "image" => client.download(&*got.image_message).await,
            "video" | "gif" => client.download(&*got.video_message).await,
            "videoNote" => client.download(&*got.ptv_message).await,
            "audio" | "voice" => client.download(&*got.audio_message).await,
            "document" => client.download(&*got.document_message).await,
            _ => client.download(&*got.sticker_message).await,
        };
        assert_eq!(data.unwrap(), made_up(50_000), "{kind}");
    }
    let sample = network
        .say(
            BOB,
            ANN,
            json!({ "type": "image", "caption": "a sample", "viewOnce": true }),
        )
        .await;
    let got = client.message(sample["id"].as_str().unwrap()).await.message;
    let image = &got.view_once_message_v2.message.image_message;
    assert_eq!(image.caption.as_deref(), Some("a sample"));
    assert_eq!(image.view_once, Some(true));
    let data = client.client().download(&**image).await.unwrap();
    assert!(data.starts_with(b"\x89PNG"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_is_resumed() {
    const SIZE: usize = 6 * 1024 * 1024;
    let network = TestNetwork::with_phones("pn").await;
    let client = network.linked(ANN).await;
    network
        .put(
            "/media/faults",
            &json!({ "cutUploads": { "afterBytes": SIZE / 2 } }),
        )
        .await;
    let upload = || async {
        let options = UploadOptions::new().with_media_key([7; 32]);
        client
            .client()
            .upload(made_up(SIZE), MediaType::Document, options)
            .await
            .unwrap()
    };
    let first = upload().await;
    let media = network.get("/media").await;
    assert_eq!(
        (&media["uploads"], &media["resumed"]),
        (&json!(1), &json!(1)),
        "{media}"
    );
    assert_eq!(media["files"].as_array().unwrap().len(), 1);

    let second = upload().await;
    assert_eq!(
        first.direct_path, second.direct_path,
        "the file is there, nothing is sent"
    );
    let media = network.get("/media").await;
    assert_eq!(media["uploads"], 1, "{media}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_expired_is_uploaded_again_by_the_phone() {
    for addressing in ["pn", "lid"] {
        let network = TestNetwork::with_phones(addressing).await;
        let client = network.linked(ANN).await;
        let sent = network
            .say(BOB, ANN, json!({ "type": "image", "bytes": 5000 }))
            .await;
        let id = sent["id"].as_str().unwrap();
        let got = client.message(id).await;
        let mut image = (*got.message.image_message).clone();

        let expired = network
            .post(
                "/media/expire",
                &json!({ "phone": ANN, "message": id, "status": 410 }),
            )
            .await;
        assert_eq!(expired, (200, json!({ "expired": 1 })));
        let refused = client.client().download(&image).await.unwrap_err();
        assert!(format!("{refused:#}").contains("410"), "{refused:#}");

        let ask = || async {
            let request = MediaReuploadRequest {
                msg_id: id,
                chat_jid: &got.chat,
                media_key: image.media_key.as_deref().unwrap(),
                is_from_me: false,
                participant: None,
            };
            client.client().media_reupload().request(&request).await.unwrap()
        };
        let MediaRetryResult::Success { direct_path } = ask().await else {
            panic!("the phone did not upload the file again");
        };
        let lost = json!({ "phone": ANN, "message": id, "status": 404, "lost": true });
        let again = wa::message::ImageMessage {
            direct_path: Some(direct_path),
            ..image.clone()
        };
        assert_eq!(client.client().download(&again).await.unwrap(), made_up(5000));

        network.post("/media/expire", &lost).await;
        assert!(matches!(ask().await, MediaRetryResult::NotFound));
        image.direct_path = Some("/v/image/nothing".to_owned());
        let refused = client.client().download(&image).await.unwrap_err();
        assert!(format!("{refused:#}").contains("404"), "{refused:#}");
        network
            .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_does_not_know_the_message_says_so() {
    let network = TestNetwork::with_phones("pn").await;
    let client = network.linked(ANN).await;
    let request = MediaReuploadRequest {
        msg_id: "NOTHING",
        chat_jid: &Jid::pn(BOB),
        media_key: &[1; 32],
        is_from_me: false,
        participant: None,
    };
    let answer = client.client().media_reupload().request(&request).await.unwrap();
    assert!(matches!(answer, MediaRetryResult::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_misbehaves_does_so_as_often_as_asked() {
    let network = TestNetwork::with_phones("pn").await;
    let client = network.linked(ANN).await;
    let sent = network
        .say(BOB, ANN, json!({ "type": "document", "bytes": 30_000 }))
        .await;
    let got = client.message(sent["id"].as_str().unwrap()).await.message;
    let document = &*got.document_message;
    // Its history is a download as well.
    network.settled(ANN).await;
    client.history(1).await;

    network
        .put(
            "/media/faults",
            &json!({ "failDownloads": { "status": 503, "times": 2 } }),
        )
        .await;
    assert!(
        client.client().download(document).await.is_err(),
        "both hosts failed"
    );
    assert_eq!(client.client().download(document).await.unwrap().len(), 30_000);

    network
        .put("/media/faults", &json!({ "bytesPerSecond": 100_000 }))
        .await;
    let started = Instant::now();
    client.client().download(document).await.unwrap();
    assert!(
        started.elapsed() > Duration::from_millis(250),
        "{:?}",
        started.elapsed()
    );

    let (status, wrong) = network
        .put("/media/faults", &json!({ "delayMs": 3_600_000 }))
        .await;
    assert_eq!(
        (status, wrong["field"].as_str()),
        (400, Some("delayMs")),
        "{wrong}"
    );
    let (status, wrong) = network.put("/media/faults", &json!({ "dealyMs": 1 })).await;
    assert_eq!(status, 400, "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_trusts_the_authority_is_served_and_parts_can_be_asked_for() {
    let network = TestNetwork::with_phones("pn").await;
    let picture = made_up(1000);
    let placed: Value = network.picture(picture.clone()).await;
    let url = placed["url"].as_str().unwrap().to_owned();
    let ca = network.network.media_ca_pem().to_owned();
    assert_eq!(network.text("/media/ca.pem").await, ca);

    tokio::task::spawn_blocking(move || {
        assert!(
            agent(None).get(&url).call().is_err(),
            "a stranger does not trust the host"
        );
        let agent = agent(Some(&ca));
        let mut whole = agent.get(&url).call().unwrap();
        assert_eq!(whole.headers()["content-type"], "image/png");
        assert_eq!(whole.body_mut().read_to_vec().unwrap(), picture);
        for (range, first, last) in [
            ("bytes=0-9", 0, 9),
            ("bytes=990-", 990, 999),
            ("bytes=-5", 995, 999),
        ] {
            let mut part = agent.get(&url).header("range", range).call().unwrap();
            assert_eq!(part.status(), 206, "{range}");
            assert_eq!(
                part.headers()["content-range"],
                format!("bytes {first}-{last}/1000")
            );
            assert_eq!(part.body_mut().read_to_vec().unwrap(), picture[first..=last]);
        }
        let beyond = agent.get(&url).header("range", "bytes=2000-").call().unwrap();
        assert_eq!(beyond.status(), 416);
        let upload = format!("{}/mms/image/AAAA", url.split("/v/").next().unwrap());
        let stranger = agent.post(&upload).send("x").unwrap();
        assert_eq!(stranger.status(), 401);
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_pictures_are_there_after_a_network_was_resumed() {
    let network = TestNetwork::with_phones("pn").await;
    let sent = network
        .say(BOB, ANN, json!({ "type": "image", "bytes": 5000 }))
        .await;
    let id = sent["id"].as_str().unwrap().to_owned();
    let picture = json!({ "picture": BASE64_STANDARD.encode(b"a picture") });
    let (status, answer) = network.post(&format!("/phones/{BOB}/profile"), &picture).await;
    assert_eq!(status, 200, "{answer}");

    let network = network.stop_and_resume().await;
    let path = format!("/phones/{ANN}/messages/{id}/media");
    assert_eq!(network.bytes(&path).await.len(), 5000);
    let client = network.linked(ANN).await;
    let picture = client
        .client()
        .contacts()
        .get_profile_picture(&Jid::pn(BOB), false)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(network.fetch(&picture.url).await, (200, b"a picture".to_vec()));
}
