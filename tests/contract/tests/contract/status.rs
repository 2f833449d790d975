//! Status posts.

use serde_json::{Value, json};
use wagate_contract::files::picture;
use wagate_contract::world::{FRIENDS, SESSION, jid};
use wagate_contract::{Call, Part, World};

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

    forms(world).await;
}

/// The same as forms, which have the file with them.
async fn forms(world: &World) {
    for (operation, words) in [(POST, "in a form"), (OLD, "in the older form")] {
        let mut parts = vec![
            Part::text("content", words),
            Part::text("type", "TEXT"),
            Part::text("backgroundColor", "4278190080"),
            Part::text("font", "1"),
            Part::text("mentions", &jid(FRIENDS[0])),
        ];
        let mut file = vec![
            Part::file("file", ("sea.png", "image/png"), &picture()),
            Part::text("content", words),
            Part::text("type", "IMAGE"),
        ];
        if operation == OLD {
            parts.push(Part::text("sessionId", SESSION));
            file.push(Part::text("sessionId", SESSION));
        }
        let text = Call::to(operation).form(parts);
        world.works(text.clone()).await;
        posted(world, operation, FRIENDS[0], "text", words).await;
        for (part, named) in [
            (Part::text("mentions", "nobody"), "mentions[0]"),
            (Part::text("font", "11"), "font"),
            (Part::text("backgroundColor", "red"), "backgroundColor"),
            (Part::text("file", "no file"), "file"),
            (Part::text("type", "IMAGE"), "media"),
            (Part::file("file", ("sea.png", "image/png"), &picture()), "type"),
        ] {
            world.refused(text.clone().with_part(part), &[400], named).await;
        }
        let image = Call::to(operation).form(file);
        world.works(image.clone()).await;
        posted(world, operation, FRIENDS[0], "image", words).await;
        let video = image.with_part(Part::text("type", "VIDEO"));
        world.refused(video, &[400], "file").await;
    }
}
