//! Files behind handles: whose they are, how many there may be, how long they live; and what is made of them.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};
use wagate_plugin_host::{Lookup, PluginState};
use wagate_protocol::error::HostError;

use crate::harness::{SESSION, World, json as body_of, replace_text, wasm};
use crate::receiver::Receiver;

/// A picture of one pixel.
const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 13, 10, 26, 10, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 10, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63, 0x60, 0, 0, 0,
    2, 0, 1, 0x48, 0xaf, 0xa4, 0x71, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];
const DAY_MS: i64 = 24 * 3600 * 1000;

fn admin(more: &str) -> String {
    format!("enabled = true\n[grants]\ncapabilities = [\"media\", \"http-client\"]\n{more}\n")
}

async fn world(more: &str) -> World {
    World::start(&[
        ("filer.toml", admin(more).as_bytes()),
        ("filer.wasm", &wasm("filer")),
    ])
    .await
}

/// The answer's `data`, or its refusal.
async fn ask(world: &World, plugin: &str, task: Value) -> Result<Value, (u16, String)> {
    ask_for(world, SESSION, plugin, task).await
}

/// The same for another session.
async fn ask_for(world: &World, session: &str, plugin: &str, task: Value) -> Result<Value, (u16, String)> {
    let path = format!("/api/{plugin}/shop/call");
    match world.call_for(session, "POST", &path, &task.to_string()).await {
        Ok(answer) if answer.status == 200 => Ok(body_of(&answer)["data"].clone()),
        Ok(answer) => {
            let text = body_of(&answer)["message"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            Err((answer.status, text))
        }
        Err(error) => Err((error.status(), error.to_string())),
    }
}

fn put(text: &str, times: usize) -> Value {
    json!({ "do": "put", "text": text, "times": times, "name": "../notes.txt", "mime": "text/plain" })
}

fn handle(info: &Value) -> &str {
    info["handle"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_put_is_there_until_it_is_dropped() {
    let world = world("").await;
    let info = ask(&world, "filer", put("abc", 100)).await.unwrap();
    assert_eq!(info["bytes"], 300);
    assert_eq!(
        (&info["mimeType"], &info["fileName"]),
        (&json!("text/plain"), &json!("notes.txt"))
    );
    assert_eq!(info["sha256"].as_str().unwrap().len(), 64);
    let got = ask(&world, "filer", json!({ "do": "get", "handle": handle(&info) }))
        .await
        .unwrap();
    assert_eq!(
        (&got["bytes"], got["text"].as_str().unwrap().starts_with("abcabc")),
        (&json!(300), true)
    );
    let task = json!({ "do": "drop", "handle": handle(&info) });
    ask(&world, "filer", task.clone()).await.unwrap();
    assert_eq!(ask(&world, "filer", task).await.unwrap_err().0, 404);
    assert_eq!(
        world.handle_files(),
        [] as [String; 0],
        "nothing is left on the disk"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handle_is_its_plugins_own() {
    let twin = replace_text(wasm("filer"), "filer", "filex");
    let world = World::start(&[
        ("filer.toml", admin("").as_bytes()),
        ("filer.wasm", &wasm("filer")),
        ("filex.toml", admin("").as_bytes()),
        ("filex.wasm", &twin),
    ])
    .await;
    let info = ask(&world, "filer", put("mine", 1)).await.unwrap();
    for task in ["get", "drop", "probe"] {
        let task = json!({ "do": task, "handle": handle(&info) });
        let (status, text) = ask(&world, "filex", task).await.unwrap_err();
        assert_eq!(status, 404, "{text}");
    }
    for guess in [
        "",
        "..",
        "../filer",
        "0",
        &"0".repeat(32),
        &handle(&info).to_uppercase(),
    ] {
        let task = json!({ "do": "get", "handle": guess });
        assert_eq!(ask(&world, "filer", task).await.unwrap_err().0, 404, "{guess}");
    }
    ask(&world, "filer", json!({ "do": "get", "handle": handle(&info) }))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_quota_counts_what_is_there_and_no_more() {
    let world = world("[limits]\nmedia_mb = 1").await;
    let first = ask(&world, "filer", put("x", 600_000)).await.unwrap();
    for _ in 0..3 {
        // What was refused is not counted.
        let (status, text) = ask(&world, "filer", put("x", 600_000)).await.unwrap_err();
        assert_eq!(status, 409);
        assert!(
            text.contains("media_mb under [limits] in plugins/filer.toml"),
            "{text}"
        );
    }
    ask(&world, "filer", json!({ "do": "drop", "handle": handle(&first) }))
        .await
        .unwrap();
    ask(&world, "filer", put("x", 600_000)).await.unwrap();
    assert_eq!(world.handle_files().len(), 2, "a file and its sheet");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_users_sessions_leave_the_room_of_others_alone() {
    let world = world("[limits]\nmedia_mb = 1").await;
    world.add_session("second", "user-1").await;
    world.add_session("theirs", "user-2").await;
    let large = || put("x", 600_000);
    let first = ask(&world, "filer", large()).await.unwrap();
    ask_for(&world, "theirs", "filer", large()).await.unwrap();
    // As many sessions as somebody may have, their room is the same; and it is after a restart.
    let world = world.restart().await;
    for session in [SESSION, "second", "theirs"] {
        let (status, text) = ask_for(&world, session, "filer", large()).await.unwrap_err();
        assert_eq!(status, 409, "{session}");
        assert!(
            text.contains("1 MiB for the sessions of a user, see media_mb"),
            "{text}"
        );
    }
    // An upload counts before the plugin hears of it.
    let Lookup::Match(route) = world.host.find("POST", "/api/filer/shop/upload") else {
        panic!("no such route");
    };
    let upload = async |user: &str| {
        let mut writer = world.host.receive_file(&route, user).unwrap();
        writer.write(&[0; 600_000]).await
    };
    let refused = upload("user-2").await.unwrap_err();
    assert!(matches!(refused, HostError::Conflict(_)), "{refused}");
    upload("user-3").await.unwrap();

    ask(&world, "filer", json!({ "do": "drop", "handle": handle(&first) }))
        .await
        .unwrap();
    assert_eq!(
        ask_for(&world, "theirs", "filer", large()).await.unwrap_err().0,
        409
    );
    ask_for(&world, "second", "filer", large()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handles_outlive_a_restart_and_not_their_day() {
    let world = world("").await;
    let info = ask(&world, "filer", put("kept", 10)).await.unwrap();
    let cut = ask(&world, "filer", put("cut off", 10)).await.unwrap();
    // What a crash may leave: a file that is not whole, one without its sheet, a sheet without its file.
    let path = |name: &str| world.handle_dir().join(name);
    std::fs::write(path(handle(&cut)), "cut").unwrap();
    std::fs::write(path("00000000000000000000000000000000.part"), "half").unwrap();
    std::fs::write(path("11111111111111111111111111111111"), "no sheet").unwrap();
    std::fs::write(path("22222222222222222222222222222222.json"), "{}").unwrap();
    let world = world.restart_at(DAY_MS / 2).await;
    let get = |info: &Value| json!({ "do": "get", "handle": handle(info) });
    assert_eq!(ask(&world, "filer", get(&info)).await.unwrap()["bytes"], 40);
    assert_eq!(ask(&world, "filer", get(&cut)).await.unwrap_err().0, 404);
    assert_eq!(world.handle_files().len(), 2);
    world.clock.advance(DAY_MS);
    assert_eq!(ask(&world, "filer", get(&info)).await.unwrap_err().0, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_are_probed_and_made_into_something_else() {
    let world = world("").await;
    // As an upload arrives: by the route, in pieces.
    let route = match world.host.find("POST", "/api/filer/shop/upload") {
        Lookup::Match(route) => route,
        other => panic!("{other:?}"),
    };
    let mut writer = world.host.receive_file(&route, "user-1").unwrap();
    for piece in PNG.chunks(10) {
        writer.write(piece).await.unwrap();
    }
    let file = writer
        .finish(Some("text/html"), Some("dot.png"), Vec::new())
        .await
        .unwrap();
    assert_eq!(file.mime, "image/png", "by its content");
    let info = json!({ "handle": file.handle });
    let probe = json!({ "do": "probe", "handle": file.handle });
    let probed = ask(&world, "filer", probe).await.unwrap();
    assert_eq!(
        (&probed["width"], &probed["height"], &probed["frames"]),
        (&json!(1), &json!(1), &json!(1))
    );
    let jpeg =
        json!({ "do": "transcode", "handle": file.handle, "recipe": "square", "arguments": "{\"size\":64}" });
    let made = ask(&world, "filer", jpeg).await.unwrap();
    assert_eq!(
        (&made["mimeType"], &made["fileName"]),
        (&json!("image/jpeg"), &json!("dot.jpg"))
    );
    assert_eq!(world.handle_files().len(), 4, "two files and their sheets");
    let voice = json!({ "do": "transcode", "handle": handle(&info), "recipe": "voice", "arguments": "" });
    let (status, text) = ask(&world, "filer", voice).await.unwrap_err();
    assert_eq!(status, 503);
    assert!(text.contains("ffmpeg"), "{text}");
    let unknown = json!({ "do": "transcode", "handle": handle(&info), "recipe": "gold", "arguments": "" });
    let (status, text) = ask(&world, "filer", unknown).await.unwrap_err();
    assert_eq!(status, 400);
    assert!(text.contains("\"gold\" is not known"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_goes_where_the_administrator_allows_and_nowhere_else() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = std::thread::spawn(move || {
        let mut asked = 0;
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 1024];
            let read = stream.read(&mut head).unwrap();
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            asked += 1;
            let answer = if head.starts_with("GET /photo") {
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\nConnection: close\r\n\r\n\u{0}\u{0}\u{0}hello"
            } else if head.starts_with("GET /away") {
                "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2/secret\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            } else if head.starts_with("GET /empty") {
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            } else if head.starts_with("GET /large") {
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\nx"
            } else if head.starts_with("GET /end") {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx")
                    .unwrap();
                return asked;
            } else {
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            };
            stream.write_all(answer.as_bytes()).unwrap();
        }
        asked
    });
    let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let fetch = |url: String| json!({ "do": "fetch", "url": url });

    let closed = world("hosts = [\"*\"]").await;
    for refused in [
        url("/photo"),
        "http://169.254.169.254/x".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let (status, text) = ask(&closed, "filer", fetch(refused.clone())).await.unwrap_err();
        assert!([400, 403].contains(&status), "{refused}: {status} {text}");
    }

    let open = world(&format!(
        "hosts = [\"*\"]\nprivate_hosts = [\"127.0.0.1:{port}\"]"
    ))
    .await;
    let info = ask(&open, "filer", fetch(url("/photo%20one.bin?x=1")))
        .await
        .unwrap();
    assert_eq!(
        (&info["bytes"], &info["fileName"]),
        (&json!(8), &json!("photo one.bin"))
    );
    for (path, status, words) in [
        ("/away", 403, "redirects"),
        ("/empty", 400, "empty"),
        ("/large", 400, "larger than"),
        ("/none", 400, "404"),
    ] {
        let (found, text) = ask(&open, "filer", fetch(url(path))).await.unwrap_err();
        assert!(found == status && text.contains(words), "{path}: {found} {text}");
    }
    assert_eq!(open.handle_files().len(), 2, "what was refused left nothing");
    ask(&open, "filer", fetch(url("/end"))).await.unwrap();
    assert_eq!(serving.join().unwrap(), 6, "the closed world never asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_slow_is_no_fault_of_the_plugins() {
    let receiver = Receiver::start().await;
    receiver.holds();
    let url = receiver.url("/file");
    let address = url.trim_start_matches("http://").trim_end_matches("/file");
    let world = world(&format!(
        "hosts = [\"*\"]\nprivate_hosts = [\"{address}\"]\n[limits]\ncall_timeout_ms = 1500"
    ))
    .await;
    let fetch = || ask(&world, "filer", json!({ "do": "fetch", "url": url }));
    // As many as suspend a plugin that fails, and one more.
    for answer in futures::future::join_all((0..6).map(|_| fetch())).await {
        let (status, text) = answer.unwrap_err();
        assert!(status == 504 && text.contains("did not send"), "{status} {text}");
    }
    let filer = world.status("filer");
    assert_eq!((filer.state, filer.traps), (PluginState::Running, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_of_a_message_that_is_not_there_is_not_found() {
    let world = world("").await;
    let (status, text) = ask(&world, "filer", json!({ "do": "of-message", "id": "3EB0" }))
        .await
        .unwrap_err();
    assert_eq!(status, 404);
    assert!(
        text.contains("Session not found") || text.contains("Message not found"),
        "{text}"
    );
}
