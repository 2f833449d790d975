//! A plugin that misbehaves on purpose: what the limits are tested with. One route, the last segment says how.

use std::hint::black_box;
use std::time::Duration;

use serde::Deserialize;
use wagate_plugin_api::{Body, Error, Host, OutgoingText, Plugin, Request, Response, Route, route};

/// The plugin.
pub struct Hostile;

/// No settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

impl Plugin for Hostile {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = Settings;
    const ROUTES: &'static [Route<Self>] = &[route("POST", "/api/hostile/{what}", misbehave)];

    fn new(_settings: Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self)
    }
}

wagate_plugin_api::export!(Hostile);

#[expect(clippy::panic, reason = "that is the point")]
fn misbehave(_plugin: &Hostile, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    match request.param("what")? {
        "loop" => spin(),
        "bomb" => Response::json(&eat_memory()),
        "recurse" => Response::json(&recurse(1)),
        "panic" => panic!("on purpose"),
        // Neither spends much time of its own: only the time limit of the whole call ends them.
        "sleep" => {
            std::thread::sleep(Duration::from_mins(1));
            Response::message("awake again")
        }
        // Not a vice: for as many at once as there may be.
        "nap" => {
            std::thread::sleep(Duration::from_millis(20));
            Response::message("awake again")
        }
        "pester" => loop {
            host.store_get("nothing")?;
        },
        "huge-reply" => Ok(Response {
            status: 200,
            headers: Vec::new(),
            body: Body::Bytes(vec![b'x'; 20 * 1024 * 1024]),
        }),
        "ungranted" => Response::json(&host.chats("any", 1)?.len()),
        "undeclared" => Response::json(&host.send_text("any", &OutgoingText::new("15550100", "hi"))?.id),
        "fill-store" => fill_store(host),
        "polite" => Response::message("hello"),
        other => Err(Error::not_found(format!("no such vice: {other}"))),
    }
}

fn spin() -> Result<Response, Error> {
    let mut n: u64 = 0;
    loop {
        n = black_box(n.wrapping_add(1));
    }
}

fn eat_memory() -> usize {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        hoard.push(vec![1; 1024 * 1024]);
        black_box(&hoard);
    }
}

#[expect(unconditional_recursion, reason = "that is the point")]
fn recurse(depth: u64) -> u64 {
    let here = black_box([depth; 64]);
    recurse(depth + 1) + here.iter().sum::<u64>()
}

fn fill_store(host: &dyn Host) -> Result<Response, Error> {
    let megabyte = vec![0; 1024 * 1024];
    for n in 0..100 {
        host.store_put(&format!("fill/{n}"), &megabyte)?;
    }
    Response::message("the store has no quota")
}
