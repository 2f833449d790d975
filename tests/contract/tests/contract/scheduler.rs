//! Messages for later.

use serde_json::json;
use wagate_contract::world::{FRIENDS, jid, later};
use wagate_contract::{Call, World};

const CREATE: &str = "POST /scheduler/{sessionId}";
const CREATE_OLD: &str = "POST /scheduler";
const LIST: &str = "GET /scheduler/{sessionId}";
const UPDATE: &str = "PUT /scheduler/{sessionId}/{scheduleId}";
const DELETE: &str = "DELETE /scheduler/{sessionId}/{scheduleId}";
const DELETE_ALL: &str = "DELETE /scheduler/{sessionId}";
const WHO: &str = FRIENDS[2];
/// Long ago: at the next tick.
const NOW: &str = "2020-01-01T10:00:00.000Z";

async fn count(world: &World) -> usize {
    world.asked(&Call::to(LIST)).await.rows().len()
}

pub(crate) async fn run(world: &World) {
    let message = json!({ "jid": jid(WHO), "content": "happy new year", "sendAt": later() });
    let made = world.works(Call::to(CREATE).json(message.clone())).await;
    let id = made.text("/data/id");
    world.holds(CREATE, "it waits", made.text("/data/status") == "PENDING");
    let odd = Call::to(CREATE)
        .json(message.clone())
        .with("sendAt", json!("soon"));
    world.refused(odd, &[400], "sendAt").await;
    let listed = world.works(Call::to(LIST)).await.rows();
    world.holds(
        LIST,
        "it is listed",
        listed.iter().any(|row| row["id"] == id.as_str()),
    );

    let change = Call::to(UPDATE).at("scheduleId", &id).json(message.clone());
    let changed = change
        .with("content", json!("right now"))
        .with("sendAt", json!(NOW));
    world.works(changed).await;
    world
        .arrives(UPDATE, WHO, "what was due", |message| {
            message["text"] == "right now"
        })
        .await;
    let is_sent = async || {
        let rows = world.asked(&Call::to(LIST).query("tab=history")).await.rows();
        rows.iter()
            .any(|row| row["id"] == id.as_str() && row["status"] == "SENT")
            .then_some(())
    };
    world.seen(UPDATE, "it is known to be sent", is_sent).await;

    let picture = json!({
        "jid": jid(WHO), "content": "a view", "sendAt": NOW,
        "mediaUrl": world.files.url("picture.png"), "mediaType": "image",
    });
    world.again(Call::to(CREATE).json(picture)).await;
    let is = |message: &serde_json::Value| message["type"] == "image" && message["caption"] == "a view";
    world.arrives(CREATE, WHO, "a picture that was due", is).await;

    let old = json!({ "sessionId": "shop", "jid": jid(WHO), "content": "the old way", "sendAt": later() });
    let old = world.works(Call::to(CREATE_OLD).json(old)).await;
    let listed = world.asked(&Call::to(LIST)).await.rows();
    let is_there = listed.iter().any(|row| row["id"] == old.text("/id").as_str());
    world.holds(CREATE_OLD, "it is listed", is_there);
    let before = count(world).await;
    world
        .works(Call::to(DELETE).at("scheduleId", &old.text("/id")))
        .await;
    world.holds(DELETE, "it is gone", count(world).await + 1 == before);
    world.again(Call::to(CREATE).json(message)).await;
    world.works(Call::to(DELETE_ALL)).await;
    world.holds(DELETE_ALL, "all of the session are gone", count(world).await == 0);
}
