//! Status posts.

use serde_json::{Value, json};
use wagate_contract::world::{FRIENDS, jid};
use wagate_contract::{Call, World};

const POST: &str = "POST /status/{sessionId}/update";
const OLD: &str = "POST /status/update";

async fn posted(world: &World, operation: &str, number: &str, kind: &str, words: &str) {
    let is = |message: &Value| {
        message["chat"] == "status@broadcast"
            && message["type"] == kind
            && (message["text"] == words || message["caption"] == words)
    };
    world
        .arrives(operation, number, &format!("a {kind} in the status"), is)
        .await;
}

pub(crate) async fn run(world: &World) {
    let text =
        json!({ "content": "open today", "type": "TEXT", "backgroundColor": 4_278_190_080_u32, "font": 1 });
    world.works(Call::to(POST).json(text)).await;
    posted(world, POST, FRIENDS[0], "text", "open today").await;
    let image = json!({ "content": "the sea", "type": "IMAGE", "mediaUrl": world.files.url("picture.png") });
    world.again(Call::to(POST).json(image.clone())).await;
    posted(world, POST, FRIENDS[0], "image", "the sea").await;
    let video = json!({ "content": "a film", "type": "VIDEO", "mediaUrl": world.files.url("film.mp4") });
    world.again(Call::to(POST).json(video)).await;
    posted(world, POST, FRIENDS[0], "video", "a film").await;
    world
        .refused(Call::to(POST).json(image).without("mediaUrl"), &[400], "media")
        .await;

    let some = json!({
        "sessionId": "shop", "content": "for one only", "type": "TEXT", "mentions": [jid(FRIENDS[1])],
    });
    world.works(Call::to(OLD).json(some)).await;
    posted(world, OLD, FRIENDS[1], "text", "for one only").await;
    let others = world.control.inbox(FRIENDS[0]).await;
    let is_quiet = others.iter().all(|message| message["text"] != "for one only");
    world.holds(OLD, "nobody else sees it", is_quiet);
}
