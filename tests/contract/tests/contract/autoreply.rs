//! Answers that are given by themselves.

use serde_json::{Value, json};
use wagate_contract::world::{FRIENDS, OWNER};
use wagate_contract::{Call, World};

const CREATE: &str = "POST /autoreplies/{sessionId}";
const LIST: &str = "GET /autoreplies/{sessionId}";
const UPDATE: &str = "PUT /autoreplies/{sessionId}/{replyId}";
const DELETE: &str = "DELETE /autoreplies/{sessionId}/{replyId}";
const DELETE_ALL: &str = "DELETE /autoreplies/{sessionId}";
const WHO: &str = FRIENDS[1];

async fn asks(world: &World, text: &str) {
    world
        .control
        .sends(WHO, OWNER, json!({ "type": "text", "text": text }))
        .await;
}

async fn count(world: &World) -> usize {
    world.asked(&Call::to(LIST)).await.rows().len()
}

pub(crate) async fn run(world: &World) {
    let rule = json!({
        "keyword": "opening hours", "response": "nine to six", "matchType": "CONTAINS", "triggerType": "PRIVATE",
    });
    let made = world.works(Call::to(CREATE).json(rule.clone())).await;
    let id = made.text("/data/id");
    asks(world, "what are your opening hours?").await;
    world
        .arrives(CREATE, WHO, "the answer", |message| {
            message["text"] == "nine to six"
        })
        .await;
    let listed = world.works(Call::to(LIST)).await.rows();
    world.holds(
        LIST,
        "the rule is listed",
        listed.iter().any(|row| row["id"] == id.as_str()),
    );

    let change = Call::to(UPDATE)
        .at("replyId", &id)
        .json(rule)
        .with("response", json!("always"));
    world.works(change).await;
    asks(world, "and now, your opening hours?").await;
    world
        .arrives(UPDATE, WHO, "the other answer", |message| {
            message["text"] == "always"
        })
        .await;
    let broken = json!({ "keyword": "(", "response": "x", "matchType": "REGEX" });
    world
        .refused(Call::to(CREATE).json(broken), &[400], "keyword")
        .await;
    let picture = json!({
        "keyword": "show me", "response": "here", "isMedia": true, "mediaType": "image",
        "mediaUrl": world.files.url("picture.png"),
    });
    world.again(Call::to(CREATE).json(picture)).await;
    asks(world, "show me").await;
    let is_picture = |message: &Value| message["type"] == "image" && message["caption"] == "here";
    world
        .arrives(CREATE, WHO, "the answer with a picture", is_picture)
        .await;

    world.works(Call::to(DELETE).at("replyId", &id)).await;
    world.holds(DELETE, "only that one is gone", count(world).await == 1);
    world
        .again(Call::to(CREATE).json(json!({ "keyword": "one more", "response": "x" })))
        .await;
    world.works(Call::to(DELETE_ALL)).await;
    world.holds(DELETE_ALL, "all of the session are gone", count(world).await == 0);
}
