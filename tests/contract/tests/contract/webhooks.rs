//! Webhooks: made, tried, changed, told, deleted.

use serde_json::json;
use wagate_contract::world::{FRIENDS, OWNER};
use wagate_contract::{Call, World};
use wagate_e2e::Receiver;

const CREATE: &str = "POST /webhooks/{sessionId}";
const LIST: &str = "GET /webhooks/{sessionId}";
const UPDATE: &str = "PUT /webhooks/{sessionId}/{id}";
const DELETE: &str = "DELETE /webhooks/{sessionId}/{id}";
const DELETE_OLD: &str = "DELETE /webhooks/{sessionId}";
const TEST: &str = "POST /webhooks/{sessionId}/{id}/test";
const LOGS: &str = "GET /webhooks/{sessionId}/{id}/logs";

pub(crate) async fn run(world: &World) {
    let receiver = Receiver::start().await;
    let hook = json!({
        "name": "till", "url": receiver.url("/till"), "secret": "a secret of some length",
        "events": ["message.received"],
    });
    let made = world.works(Call::to(CREATE).json(hook.clone())).await;
    let id = made.text("/data/id");
    world
        .refused(
            Call::to(CREATE).json(hook.clone()).with("events", json!([])),
            &[400],
            "event",
        )
        .await;
    world
        .refused(
            Call::to(CREATE)
                .json(hook.clone())
                .with("url", json!("ftp://example.test")),
            &[400],
            "url",
        )
        .await;
    let listed = world.works(Call::to(LIST)).await.rows();
    world.holds(
        LIST,
        "it is listed",
        listed.iter().any(|row| row["id"] == id.as_str()),
    );

    world
        .control
        .sends(
            FRIENDS[0],
            OWNER,
            json!({ "type": "text", "text": "for the till" }),
        )
        .await;
    let told = async || {
        let taken = receiver.taken();
        let found = taken
            .iter()
            .find(|hook| hook.body.contains("for the till"))?
            .clone();
        Some(found)
    };
    let told = world
        .seen(CREATE, "the receiver is told of a message", told)
        .await;
    let is_signed = told.is_some_and(|hook| {
        let event = hook.json();
        let is_event = event["event"] == "message.received" && event["sessionId"] == "shop";
        is_event && hook.header("x-webhook-signature").starts_with("sha256=")
    });
    world.holds(CREATE, "the envelope, signed", is_signed);

    let tried = world.works(Call::to(TEST).at("id", &id)).await;
    world.holds(
        TEST,
        "the receiver took it",
        tried.body["data"]["success"] == true,
    );
    let logged = async || {
        let logs = world.asked(&Call::to(LOGS).at("id", &id)).await;
        (!logs.list("/data").is_empty()).then_some(())
    };
    world.seen(LOGS, "deliveries are logged", logged).await;
    world
        .works(Call::to(LOGS).at("id", &id).query("limit=5&offset=0"))
        .await;
    world
        .refused(Call::to(LOGS).at("id", &id).query("limit=0"), &[400], "limit")
        .await;

    let change =
        json!({ "name": "other till", "url": receiver.url("/other"), "events": ["*"], "isActive": false });
    let changed = world.works(Call::to(UPDATE).at("id", &id).json(change)).await;
    let is_so = changed.body["name"] == "other till" && changed.body["isActive"] == false;
    world.holds(UPDATE, "another name, and off", is_so);
    world.works(Call::to(DELETE).at("id", &id)).await;
    let listed = world.asked(&Call::to(LIST)).await.rows();
    world.holds(
        DELETE,
        "it is gone",
        listed.iter().all(|row| row["id"] != id.as_str()),
    );

    // A webhook in the place of the session: the older route.
    let other = world.again(Call::to(CREATE).json(hook)).await.text("/data/id");
    world.works(Call::to(DELETE_OLD).at("sessionId", &other)).await;
    let listed = world.asked(&Call::to(LIST)).await.rows();
    world.holds(
        DELETE_OLD,
        "it is gone",
        listed.iter().all(|row| row["id"] != other.as_str()),
    );
}
