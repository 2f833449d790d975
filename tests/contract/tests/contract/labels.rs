//! Labels, and the chats that have them.

use serde_json::{Value, json};
use wagate_contract::world::{FRIENDS, jid};
use wagate_contract::{Call, World};

const CREATE: &str = "POST /labels/{sessionId}";
const LIST: &str = "GET /labels/{sessionId}";
const UPDATE: &str = "PUT /labels/{sessionId}/{labelId}";
const UPDATE_OLD: &str = "PUT /labels/{sessionId}";
const DELETE: &str = "DELETE /labels/{sessionId}/{labelId}";
const DELETE_ALL: &str = "DELETE /labels/{sessionId}";
const OF_CHAT: &str = "GET /labels/{sessionId}/chat/{jid}/labels";
const PUT: &str = "PUT /labels/{sessionId}/chat/{jid}/labels";
const CHATS: &str = "GET /labels/{sessionId}/chats";
const BY_LABEL: &str = "GET /chats/{sessionId}/by-label/{labelId}";
const BY_LABEL_OLD: &str = "GET /chats/by-label/{labelId}";

async fn make(world: &World, name: &str) -> String {
    let made = world
        .again(Call::to(CREATE).json(json!({ "name": name, "color": 3 })))
        .await;
    made.text("/label/id")
}

async fn names(world: &World) -> Vec<String> {
    let listed = world.asked(&Call::to(LIST)).await.list("/labels");
    listed
        .iter()
        .filter_map(|label| label["name"].as_str().map(str::to_owned))
        .collect()
}

pub(crate) async fn run(world: &World) {
    let new = json!({ "name": "New customer", "color": 7 });
    let made = world.works(Call::to(CREATE).json(new.clone())).await;
    let id = made.text("/label/id");
    world.refused(Call::to(CREATE).json(new), &[409], "name").await;
    let listed = world.works(Call::to(LIST)).await;
    let is_there = listed
        .list("/labels")
        .iter()
        .any(|label| label["id"] == id.as_str() && label["color"] == 7);
    world.holds(LIST, "it is listed", is_there);
    world
        .works(
            Call::to(UPDATE)
                .at("labelId", &id)
                .json(json!({ "name": "Customer", "color": 8 })),
        )
        .await;
    world.holds(UPDATE, "another name", names(world).await == ["Customer"]);
    chats(world, &id).await;

    // A label in the place of the session: the living server's older route.
    let old = Call::to(UPDATE_OLD)
        .at("sessionId", &id)
        .json(json!({ "name": "Regular", "color": 9 }));
    world.works(old).await;
    world.holds(UPDATE_OLD, "another name", names(world).await == ["Regular"]);
    world.works(Call::to(DELETE).at("labelId", &id)).await;
    world.holds(DELETE, "it is gone", names(world).await.is_empty());
    let one = make(world, "One").await;
    make(world, "Two").await;
    make(world, "Three").await;
    world.again(Call::to(DELETE_ALL).at("sessionId", &one)).await;
    world.holds(
        DELETE_ALL,
        "with a label's id: only that one",
        names(world).await.len() == 2,
    );
    world.works(Call::to(DELETE_ALL)).await;
    world.holds(
        DELETE_ALL,
        "all of the session are gone",
        names(world).await.is_empty(),
    );
}

async fn chats(world: &World, id: &str) {
    let chat = jid(FRIENDS[0]);
    let put = |ids: Value, action: &str| {
        Call::to(PUT)
            .at("jid", &chat)
            .json(json!({ "labelIds": ids, "action": action }))
    };
    world.works(put(json!([id]), "add")).await;
    let shown = world.works(Call::to(OF_CHAT).at("jid", &chat)).await;
    world.holds(OF_CHAT, "the chat has it", shown.body["labels"][0]["id"] == id);
    let by_label = world.works(Call::to(BY_LABEL).at("labelId", id)).await;
    let is_chat = by_label.body["chats"] == json!([chat]) && by_label.body["count"] == 1;
    world.holds(BY_LABEL, "the chat is found", is_chat);
    let old = world.works(Call::to(BY_LABEL_OLD).at("labelId", id)).await;
    world.holds(
        BY_LABEL_OLD,
        "the chat is found",
        old.body["chats"] == json!([chat]),
    );
    let rows = world
        .works(Call::to(CHATS).query(&format!("labelId={id}")))
        .await
        .list("/data");
    world.holds(
        CHATS,
        "the chat is listed",
        rows.len() == 1 && rows[0]["chatJid"] == chat.as_str(),
    );
    world.again(put(json!([id]), "remove")).await;
    let shown = world
        .asked(&Call::to(OF_CHAT).at("jid", &chat))
        .await
        .list("/labels");
    world.holds(PUT, "taken away", shown.is_empty());
    // Without an action: exactly these.
    let exactly = Call::to(PUT).at("jid", &chat).json(json!({ "labelIds": [id] }));
    let shown = world.again(exactly).await.list("/labels");
    world.holds(PUT, "set exactly", shown.len() == 1);
}
