//! Files over REST: uploads to a plugin, downloads in parts, and names that try to be paths.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use wagate_e2e::gateway::ADMIN_KEY;
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const FILER: &str = "enabled = true\n[grants]\ncapabilities = [\"media\", \"http-client\"]\n";
/// Stands in files that no answer may hold.
const SECRET: &str = "only the gateway reads this";
/// More than may come of a form before there is content.
const HEADS: usize = 2_200_000;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/// A gateway with the plugin `filer` and a session `shop` that nobody links.
async fn gateway(network: &Network, settings: &[(&str, &str)]) -> Gateway {
    let mut gateway = Gateway::start(WAGATE, network);
    if !settings.is_empty() {
        for (shipped, wanted) in settings {
            gateway.set("wagate.toml", shipped, wanted);
        }
        gateway.terminate();
        gateway.start_again();
    }
    let plugins = gateway.config_dir().join("plugins");
    std::fs::copy(env!("GUEST_FILER"), plugins.join("filer.wasm")).unwrap();
    gateway.write_plugin_toml("filer", FILER);
    eventually("filer serves", Duration::from_secs(30), async || {
        let body = gateway.get("/api/plugins").await;
        let is_there = body["data"]
            .as_array()?
            .iter()
            .any(|plugin| plugin["name"] == "filer" && plugin["state"] == "running");
        is_there.then_some(())
    })
    .await;
    gateway.create_session("shop").await;
    gateway
}

/// A part of a form: name, file name, type, content.
type Part<'a> = (&'a str, Option<&'a str>, Option<&'a str>, &'a [u8]);

fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, kind, content) in parts {
        body.extend(format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"").bytes());
        if let Some(file) = file {
            body.extend(format!("; filename=\"{file}\"").bytes());
        }
        if let Some(kind) = kind {
            body.extend(format!("\r\nContent-Type: {kind}").bytes());
        }
        body.extend(b"\r\n\r\n");
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--XX--\r\n");
    body
}

async fn upload(gateway: &Gateway, path: &str, body: Vec<u8>) -> (u16, Value) {
    let answer = reqwest::Client::new()
        .post(gateway.url(path))
        .header("X-API-Key", ADMIN_KEY)
        .header("Content-Type", "multipart/form-data; boundary=XX")
        .body(body)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

fn handles(gateway: &Gateway) -> usize {
    std::fs::read_dir(gateway.data_dir().join("media-handles"))
        .unwrap()
        .count()
}

#[tokio::test]
async fn a_form_reaches_the_plugin_and_its_file_comes_back_in_parts() {
    let network = Network::start(WAGATE);
    let gateway = gateway(&network, &[]).await;
    let content: Vec<u8> = PNG
        .iter()
        .copied()
        .chain((0..=250_u8).cycle().take(200_000))
        .collect();
    let body = form(&[
        ("caption", None, None, "Grüße".as_bytes()),
        (
            "file",
            Some("../holi\u{202e}day.png"),
            Some("text/html"),
            &content,
        ),
    ]);
    let (status, answer) = upload(&gateway, "/api/filer/shop/upload", body).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["data"]["fields"]["caption"], "Grüße");
    let file = &answer["data"]["files"][0];
    assert_eq!(file["mimeType"], "image/png", "by its content");
    assert_eq!(
        (&file["fileName"], &file["bytes"]),
        (&json!("holiday.png"), &json!(content.len()))
    );

    let url = gateway.url(&format!(
        "/api/filer/shop/files/{}",
        file["handle"].as_str().unwrap()
    ));
    let get = async |range: Option<&str>| {
        let mut request = reqwest::Client::new().get(&url).header("X-API-Key", ADMIN_KEY);
        if let Some(range) = range {
            request = request.header("Range", range);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        (status, headers, answer.bytes().await.unwrap())
    };
    let (status, headers, whole) = get(None).await;
    assert_eq!((status, &whole[..]), (200, &content[..]));
    assert_eq!(headers["content-type"], "image/png");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["content-disposition"], "inline; filename=\"holiday.png\"");
    assert!(headers.get("x-wagate-media").is_none());
    let (status, headers, part) = get(Some("bytes=100000-100009")).await;
    assert_eq!((status, &part[..]), (206, &content[100_000..100_010]));
    assert_eq!(
        headers["content-range"],
        format!("bytes 100000-100009/{}", content.len())
    );
    assert_eq!(get(Some("bytes=999999-")).await.0, 416);

    // The same route takes JSON as before, and a client cannot call it a form.
    let (status, answer) = gateway
        .call(
            Method::POST,
            "/api/filer/shop/upload",
            Some(json!({ "plain": true })),
        )
        .await;
    assert_eq!((status, &answer["data"]["plain"]), (200, &json!(true)));
    let answer = reqwest::Client::new()
        .post(gateway.url("/api/filer/shop/upload"))
        .header("X-API-Key", ADMIN_KEY)
        .header("x-wagate-form", "1")
        .json(&json!({ "fields": { "refuse": "1" }, "files": {} }))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200, "taken for what it is");
    // What the parser has to keep is bounded by itself, far below what a file may have.
    let endless_name = format!(
        "--XX\r\nContent-Disposition: form-data; name=\"{}",
        "x".repeat(HEADS)
    );
    for body in [vec![b'x'; HEADS], endless_name.into_bytes()] {
        let (status, answer) = upload(&gateway, "/api/filer/shop/upload", body).await;
        assert_eq!(status, 400, "{answer}");
        let text = answer["message"].as_str().unwrap_or_default();
        assert!(text.contains("2097152"), "{text}");
    }
    // A session that a field names is checked as any other.
    let body = form(&[
        ("sessionId", None, None, b"shop"),
        ("file", Some("a.txt"), None, b"text"),
    ]);
    assert_eq!(upload(&gateway, "/api/filer/upload", body).await.0, 200);
    let before = handles(&gateway);
    let body = form(&[
        ("sessionId", None, None, b"none"),
        ("file", Some("a.txt"), None, b"text"),
    ]);
    assert_eq!(upload(&gateway, "/api/filer/upload", body).await.0, 404);
    assert_eq!(handles(&gateway), before, "a refused form leaves no file");
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_said_and_nothing_stays() {
    let network = Network::start(WAGATE);
    let gateway = gateway(
        &network,
        &[("max_upload_bytes = 104857600", "max_upload_bytes = 65536")],
    )
    .await;
    let file: Part<'_> = ("file", Some("a.bin"), None, b"content");
    let many: Vec<(String, Vec<u8>)> = (0..65).map(|n| (format!("f{n}"), vec![b'x'])).collect();
    let many: Vec<Part<'_>> = many
        .iter()
        .map(|(name, text)| (name.as_str(), None, None, &text[..]))
        .collect();
    let large = vec![b'x'; 100_000];
    for (name, body, status, words) in [
        (
            "an empty file",
            form(&[("file", Some("a.bin"), None, b"")]),
            400,
            "file is an empty file",
        ),
        ("a field twice", form(&[file, file]), 400, "twice"),
        ("no name", form(&[file, ("", None, None, b"x")]), 400, "name"),
        ("too many fields", form(&many), 400, "at most 64"),
        (
            "too large",
            form(&[("file", Some("a.bin"), None, &large)]),
            413,
            "65536",
        ),
        (
            "not UTF-8",
            form(&[file, ("text", None, None, b"\xff\xfe")]),
            400,
            "text is not UTF-8",
        ),
        ("no end", form(&[file])[..80].to_vec(), 400, "malformed"),
        ("no form", b"nothing of the kind".to_vec(), 400, "malformed"),
        (
            "refused by the plugin",
            form(&[file, ("refuse", None, None, b"1")]),
            400,
            "told to",
        ),
    ] {
        let (found, answer) = upload(&gateway, "/api/filer/shop/upload", body).await;
        assert_eq!(found, status, "{name}: {answer}");
        let text = answer["message"].as_str().unwrap_or_default();
        assert!(text.contains(words), "{name}: {text}");
        assert_eq!(handles(&gateway), 0, "{name}");
    }
}

#[tokio::test]
async fn a_hundred_aborted_uploads_leave_nothing() {
    let network = Network::start(WAGATE);
    let gateway = gateway(&network, &[]).await;
    let address = gateway.url("").strip_prefix("http://").unwrap().to_owned();
    let content = vec![b'x'; 300_000];
    let body = form(&[
        ("first", Some("a.bin"), None, b"whole"),
        ("file", Some("b.bin"), None, &content),
    ]);
    for round in 0..100_usize {
        let mut stream = TcpStream::connect(&address).unwrap();
        let head = format!(
            "POST /api/filer/shop/upload HTTP/1.1\r\nHost: x\r\nX-API-Key: {ADMIN_KEY}\r\n\
             Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // Cut somewhere else each time; the reset reaches the gateway in the middle of its work.
        stream.write_all(&body[..body.len() * round / 100]).unwrap();
        drop(stream);
    }
    eventually(
        "the temporary files are gone",
        Duration::from_secs(20),
        async || (handles(&gateway) == 0).then_some(()),
    )
    .await;
    // The quota is whole again.
    let body = form(&[("file", Some("b.bin"), None, &content)]);
    assert_eq!(upload(&gateway, "/api/filer/shop/upload", body).await.0, 200);
}

#[tokio::test]
async fn a_page_that_was_uploaded_does_not_run() {
    let network = Network::start(WAGATE);
    let gateway = gateway(&network, &[]).await;
    for (name, content) in [
        ("a.html", &b"<!DOCTYPE html><script>alert(1)</script>"[..]),
        (
            "a.svg",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>",
        ),
        ("a.png", b"<html><script>alert(1)</script></html>"),
    ] {
        let body = form(&[("file", Some(name), Some("image/svg+xml"), content)]);
        let (_, answer) = upload(&gateway, "/api/filer/shop/upload", body).await;
        let handle = answer["data"]["files"][0]["handle"].as_str().unwrap().to_owned();
        let answer = reqwest::Client::new()
            .get(gateway.url(&format!("/api/filer/shop/files/{handle}")))
            .header("X-API-Key", ADMIN_KEY)
            .send()
            .await
            .unwrap();
        let headers = answer.headers();
        assert!(
            headers["content-disposition"]
                .to_str()
                .unwrap()
                .starts_with("attachment"),
            "{name}"
        );
        assert_eq!(headers["content-type"], "application/octet-stream", "{name}");
        assert!(
            headers["content-security-policy"]
                .to_str()
                .unwrap()
                .contains("sandbox"),
            "{name}"
        );
    }
}

/// More than 200 ways to write `..` and `/`, with files that are really there at their ends.
#[tokio::test]
async fn no_name_of_a_file_is_a_path() {
    let network = Network::start(WAGATE);
    let gateway = gateway(&network, &[]).await;
    for file in ["secret", "media/secret", "media-handles/secret"] {
        let path = gateway.data_dir().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, SECRET).unwrap();
    }
    let dots = [
        "..",
        "%2e%2e",
        ".%2e",
        "%2e.",
        "%252e%252e",
        "..%00",
        "%c0%ae%c0%ae",
        "%uff0e%uff0e",
        "..;",
        ". .",
        "....",
    ];
    let slashes = ["/", "%2f", "%5c", "%252f", "%c0%af", "\\", "%2f%2f"];
    let mut names = vec![
        "secret".to_owned(),
        "%2fetc%2fpasswd".to_owned(),
        "file:%2f%2f%2fetc%2fpasswd".to_owned(),
        "secret%00.jpg".to_owned(),
        "%00".to_owned(),
        "%ff%fe".to_owned(),
        "CON".to_owned(),
        "shop-..%2fsecret".to_owned(),
        "shop-secret".to_owned(),
    ];
    for dot in dots {
        for slash in slashes {
            for target in ["secret", "wagate.db", "media-handles%2fsecret"] {
                names.push(format!("{dot}{slash}{target}"));
            }
            names.push(format!("shop-{}secret", format!("{dot}{slash}").repeat(6)));
        }
    }
    assert!(names.len() > 200, "{} names", names.len());
    let address = gateway.url("").strip_prefix("http://").unwrap().to_owned();
    for name in names {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let request = format!(
            "GET /api/media/{name} HTTP/1.1\r\nHost: x\r\nX-API-Key: {ADMIN_KEY}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let status: u16 = answer.get(9..12).and_then(|code| code.parse().ok()).unwrap_or(0);
        assert!([400, 403, 404].contains(&status), "{name}: {answer}");
        assert!(
            !answer.contains(SECRET) && !answer.contains("SQLite format"),
            "{name}"
        );
    }
    let body = json!({ "filenames": ["../secret", "secret", "shop-../../secret", "/etc/passwd"] });
    let (status, answer) = gateway.call(Method::DELETE, "/api/media", Some(body)).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        (&answer["data"]["deleted"], &answer["data"]["failed"]),
        (&json!(0), &json!(4))
    );
    assert!(gateway.data_dir().join("secret").exists());
    let (status, answer) = gateway.call(Method::DELETE, "/api/media", Some(json!({}))).await;
    assert_eq!((status, &answer["message"]), (400, &json!("Invalid payload")));
    assert_eq!(answer["error"], "filenames array is required");
    let list = gateway.get("/api/media").await;
    assert_eq!(
        list["data"],
        json!({ "files": [], "totalSize": 0, "totalCount": 0 })
    );
}
