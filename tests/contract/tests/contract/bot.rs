//! The bot of a session, as its settings tell it to be.

use serde_json::json;
use wagate_contract::world::{FRIENDS, OWNER};
use wagate_contract::{Call, World};

const CHANGE: &str = "POST /sessions/{id}/bot-config";

pub(crate) async fn run(world: &World) {
    let shown = world.works(Call::to("GET /sessions/{id}/bot-config")).await;
    world.holds(
        "GET /sessions/{id}/bot-config",
        "the prefix is #",
        shown.body["data"]["prefix"] == "#",
    );
    let config = json!({
        "enabled": true, "botMode": "ALL", "botAllowedJids": [FRIENDS[0]], "botBlockedJids": [],
        "autoReplyMode": "ALL", "autoReplyAllowedJids": [], "autoReplyBlockedJids": [],
        "botName": "Parrot", "enableSticker": true, "enableVideoSticker": false, "maxStickerDuration": 10,
        "enablePing": true, "enableUptime": true, "removeBgApiKey": "sample", "prefix": "!",
        "antiSpamEnabled": false, "spamLimit": 5, "spamInterval": 10, "spamDelayMin": 1000, "spamDelayMax": 3000,
        "welcomeMessage": null, "autoRead": false, "alwaysOnline": false,
    });
    let changed = world.works(Call::to(CHANGE).json(config)).await;
    world.holds(
        CHANGE,
        "another name",
        changed.body["data"]["botName"] == "Parrot",
    );
    let text = json!({ "to": OWNER, "text": "!ping" });
    world
        .control
        .post(&format!("/phones/{}/messages", FRIENDS[0]), text)
        .await;
    let is_pong = |message: &serde_json::Value| {
        message["fromMe"] == false && message["text"].as_str().is_some_and(|text| text.contains("Pong"))
    };
    world.arrives(CHANGE, FRIENDS[0], "Pong", is_pong).await;
    // So that it does not get in the way of what follows.
    let quiet = json!({ "enabled": true, "prefix": "#", "botMode": "OWNER", "botName": "WA-AKG Bot" });
    world.again(Call::to(CHANGE).json(quiet)).await;
}
