//! One route table for everyone.

use wagate_plugin_host::{Lookup, PluginState};

use crate::harness::{World, replace_text, versioned, wasm};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_of_the_host_cannot_be_taken() {
    let versioned = versioned(1000);
    let files: [(&str, &[u8]); 2] = [
        ("versioned.toml", b"enabled = true\n"),
        ("versioned.wasm", &versioned),
    ];
    let world = World::start_with(&files, &[], &[("GET", "/api/versioned")]).await;
    let status = world.status("versioned");
    assert_eq!(status.state, PluginState::Refused);
    assert!(
        status
            .last_error
            .unwrap()
            .message
            .contains("GET /api/versioned is already taken by the host")
    );
    assert!(matches!(
        world.host.find("GET", "/api/versioned"),
        Lookup::NotFound
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plugin_that_came_first_keeps_its_route() {
    let first = versioned(1000);
    let world = World::start(&[
        ("versioned.toml", b"enabled = true\n"),
        ("versioned.wasm", &first),
    ])
    .await;
    world.put(
        "versionez.wasm",
        &replace_text(first, "id = \"versioned\"", "id = \"versionez\""),
    );
    world.put("versionez.toml", b"enabled = true\n");
    let second = world
        .until("versionez", |status| status.last_error.is_some())
        .await;
    assert!(
        second
            .last_error
            .unwrap()
            .message
            .contains("already taken by versioned")
    );
    assert_eq!(world.call("GET", "/api/versioned", "").await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_word_in_place_of_anothers_parameter_takes_nothing_from_it() {
    let hostile = wasm("hostile");
    let world = World::start(&[("hostile.toml", b"enabled = true\n"), ("hostile.wasm", &hostile)]).await;
    let thief = replace_text(hostile, "id = \"hostile\"", "id = \"hostilf\"");
    world.put(
        "hostilf.wasm",
        &replace_text(thief, "/api/hostile/{what}", "/api/hostile/polite"),
    );
    world.put("hostilf.toml", b"enabled = true\n");
    let thief = world.until("hostilf", |status| status.last_error.is_some()).await;
    let message = thief.last_error.unwrap().message;
    assert!(message.contains("are for the same requests"), "{message}");
    let route = match world.host.find("POST", "/api/hostile/polite") {
        Lookup::Match(route) => route.plugin().to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(route, "hostile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lookups_tell_the_method_from_the_path() {
    let world = World::start(&[
        ("hostile.toml", b"enabled = true\n"),
        ("hostile.wasm", &wasm("hostile")),
    ])
    .await;
    assert!(
        matches!(world.host.find("GET", "/api/hostile/polite"), Lookup::MethodNotAllowed(allowed) if allowed == ["POST"])
    );
    assert!(matches!(
        world.host.find("POST", "/api/hostile/a/b"),
        Lookup::NotFound
    ));
    let Lookup::Match(route) = world.host.find("POST", "/api/hostile/a%20b%2Fc") else {
        panic!("no match")
    };
    assert_eq!((route.plugin(), route.param("what")), ("hostile", Some("a b/c")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_must_be_named_like_the_plugin() {
    let world = World::start(&[
        ("other.toml", b"enabled = true\n"),
        ("other.wasm", &wasm("hostile")),
    ])
    .await;
    assert!(
        world
            .status("other")
            .last_error
            .unwrap()
            .message
            .contains("this is the plugin \"hostile\"")
    );
}
