//! Notifications.

use serde_json::json;
use wagate_contract::{Call, World};

const SEND: &str = "POST /notifications";
const LIST: &str = "GET /notifications";
const READ: &str = "PATCH /notifications/read";
const DELETE: &str = "DELETE /notifications/delete";

pub(crate) async fn run(world: &World) {
    let (id, zoe) = world.gateway.admin().make_user("zoe", "OWNER").await;
    let zoe = world.nobody.with_key(&zoe.key.unwrap_or_default());
    let all = json!({
        "title": "Tonight", "message": "The server rests.", "type": "WARNING", "href": "/dashboard", "broadcast": true,
    });
    let sent = world.works(Call::to(SEND).json(all.clone())).await;
    world.holds(
        SEND,
        "several people",
        sent.body["count"].as_u64().is_some_and(|count| count > 1),
    );
    let one = json!({ "title": "Zoe", "message": "Only you.", "targetUserId": id });
    world.again(Call::to(SEND).json(one.clone())).await;
    world
        .refused(
            Call::to(SEND).json(one).without("targetUserId"),
            &[400],
            "targetUserId",
        )
        .await;
    let unknown =
        json!({ "title": "x", "message": "y", "targetUserId": "00000000-0000-7000-8000-000000000000" });
    world.refused(Call::to(SEND).json(unknown), &[404], "user").await;

    let listed = world.works(Call::to(LIST).by(&zoe)).await.rows();
    let find = |title: &str| {
        listed
            .iter()
            .find(|row| row["title"] == title)
            .cloned()
            .unwrap_or_default()
    };
    let (tonight, own) = (find("Tonight"), find("Zoe"));
    let is_whole =
        tonight["type"] == "WARNING" && tonight["href"] == "/dashboard" && tonight["read"] == false;
    world.holds(
        LIST,
        "both, the first as it was sent",
        is_whole && own["message"] == "Only you.",
    );
    world
        .works(Call::to(READ).by(&zoe).json(json!({ "ids": [own["id"]] })))
        .await;
    let read = async || -> Vec<bool> {
        let rows = world.asked(&Call::to(LIST).by(&zoe)).await.rows();
        rows.iter().map(|row| row["read"] == true).collect()
    };
    world.holds(
        READ,
        "one is read",
        read().await.iter().filter(|read| **read).count() == 1,
    );
    world.again(Call::to(READ).by(&zoe)).await;
    world.holds(
        READ,
        "without ids: all are read",
        read().await.iter().all(|read| *read),
    );
    world.refused(Call::to(DELETE).by(&zoe), &[400], "id").await;
    let own = own["id"].as_str().unwrap_or("nothing");
    world
        .works(Call::to(DELETE).by(&zoe).query(&format!("id={own}")))
        .await;
    let left = world.asked(&Call::to(LIST).by(&zoe)).await.rows();
    world.holds(
        DELETE,
        "it is gone",
        left.iter().all(|row| row["id"] != own) && !left.is_empty(),
    );
}
