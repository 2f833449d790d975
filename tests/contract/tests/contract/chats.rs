//! Chats: listed, read, put in order, typed into, checked.

use serde_json::{Value, json};
use wagate_contract::world::{FRIENDS, OWNER, jid};
use wagate_contract::{Call, World};

const LIST: &str = "GET /chat/{sessionId}";
const HISTORY: &str = "GET /chat/{sessionId}/{jid}";
const READ: &str = "PUT /chat/{sessionId}/{jid}/read";
const ARCHIVE: &str = "PUT /chat/{sessionId}/{jid}/archive";
const MUTE: &str = "PUT /chat/{sessionId}/{jid}/mute";
const PIN: &str = "PUT /chat/{sessionId}/{jid}/pin";
const PRESENCE: &str = "POST /chat/{sessionId}/{jid}/presence";
const PICTURE: &str = "POST /chat/{sessionId}/{jid}/profile-picture";
const CHECK: &str = "POST /chat/{sessionId}/check";
const WITH: &str = FRIENDS[0];

fn at(operation: &'static str) -> Call {
    Call::to(operation).at("jid", &jid(WITH))
}

pub(crate) async fn run(world: &World) {
    let listed = world.works(Call::to(LIST)).await.rows();
    let is_there = listed.iter().any(|chat| chat["jid"] == jid(WITH).as_str());
    world.holds(LIST, "the friend's chat is listed", is_there);
    let shown = world.works(at(HISTORY)).await.rows();
    let is_there = shown
        .iter()
        .any(|row| row["content"] == format!("hello from {WITH}").as_str());
    world.holds(HISTORY, "the greeting is there", is_there);
    read(world).await;
    order(world).await;
    people(world).await;
}

async fn read(world: &World) {
    let unread = world
        .control
        .sends(WITH, OWNER, json!({ "type": "text", "text": "read me" }))
        .await;
    let stored = async || {
        let texts = world.gateway.stored_texts(&jid(WITH), false).await;
        texts.iter().any(|text| text == "read me").then_some(())
    };
    world.seen(READ, "the message is stored", stored).await;
    world
        .works(at(READ).json(json!({ "messageIds": [unread] })))
        .await;
    let read = async || {
        let outbox = world.control.get(&format!("/phones/{WITH}/outbox?after=0")).await;
        let message = outbox["messages"]
            .as_array()?
            .iter()
            .find(|message| message["id"] == unread.as_str())?
            .clone();
        let receipts = message["receipts"].as_array()?.clone();
        receipts
            .iter()
            .any(|receipt| receipt["type"] == "read")
            .then_some(())
    };
    world.seen(READ, "the friend sees that it is read", read).await;
    world.again(at(READ)).await;
}

async fn order(world: &World) {
    for (operation, field, shown) in [
        (ARCHIVE, "archive", "archived"),
        (MUTE, "mute", "muted"),
        (PIN, "pin", "pinned"),
    ] {
        let seen = async |wanted: bool| {
            let screen = world.control.screen(OWNER).await;
            (screen["chats"][WITH][shown].as_bool().unwrap_or(false) == wanted).then_some(())
        };
        world.works(at(operation).json(json!({ field: true }))).await;
        world
            .seen(operation, &format!("{shown} on the owner's phone"), async || {
                seen(true).await
            })
            .await;
        world.again(at(operation).json(json!({ field: false }))).await;
        world
            .seen(operation, &format!("no longer {shown} there"), async || {
                seen(false).await
            })
            .await;
    }
    let hour = json!({ "mute": true, "duration": 3600 });
    world.again(at(MUTE).json(hour)).await;
    let until = async || {
        let screen = world.control.screen(OWNER).await;
        screen["chats"][WITH]["mutedUntil"]
            .as_i64()
            .filter(|until| *until > 0)
    };
    world
        .seen(MUTE, "muted for an hour on the owner's phone", until)
        .await;
    world
        .refused(
            at(MUTE).json(json!({ "mute": true, "duration": -1 })),
            &[400],
            "duration",
        )
        .await;
    world.again(at(MUTE).json(json!({ "mute": false }))).await;
}

async fn people(world: &World) {
    for presence in ["composing", "recording", "paused"] {
        let call = at(PRESENCE).json(json!({ "presence": presence }));
        if presence == "composing" {
            world.works(call).await;
        } else {
            world.again(call).await;
        }
        let seen = async || {
            let signals = world.control.signals(WITH).await;
            let is = |signal: &Value| {
                signal["kind"] == "typing" && signal["what"] == presence && signal["from"] == OWNER
            };
            signals.iter().any(is).then_some(())
        };
        world
            .seen(PRESENCE, &format!("{presence} at the friend's phone"), seen)
            .await;
    }
    let shown = world.works(at(PICTURE)).await;
    world.holds(
        PICTURE,
        "it has a URL",
        shown.text("/profilePicUrl").starts_with("http"),
    );
    let none = world.again(at(PICTURE).at("jid", &jid(FRIENDS[2]))).await;
    world.holds(
        PICTURE,
        "null without a picture",
        none.body["profilePicUrl"].is_null(),
    );

    let numbers = json!({ "numbers": [WITH, "12025550000", "not a number"] });
    let checked = world.works(Call::to(CHECK).json(numbers)).await.list("/results");
    let exist: Vec<bool> = checked.iter().map(|row| row["exists"] == true).collect();
    world.holds(
        CHECK,
        "the first exists, the others do not",
        exist == [true, false, false],
    );
    world.holds(
        CHECK,
        "the third says why",
        checked.len() == 3 && checked[2]["error"].is_string(),
    );
    let many: Vec<String> = (0..51).map(|number| format!("120255500{number:02}")).collect();
    world
        .refused(Call::to(CHECK).json(json!({ "numbers": many })), &[400], "50")
        .await;
    world
        .refused(Call::to(CHECK).json(json!({ "numbers": [] })), &[400], "number")
        .await;
}
