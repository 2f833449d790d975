//! Sessions: made, linked, started, stopped, shared, deleted.

use serde_json::json;
use wagate_contract::world::{SESSION, SPARE};
use wagate_contract::{Call, World};

const ACTION: &str = "POST /sessions/{id}/{action}";

pub(crate) async fn run(world: &World) {
    let new = json!({ "name": "Spare", "sessionId": "spare" });
    let made = world.works(Call::to("POST /sessions").json(new.clone())).await;
    world.holds(
        "POST /sessions",
        "it is the session asked for",
        made.body["sessionId"] == "spare",
    );
    world
        .refused(Call::to("POST /sessions").json(new), &[409], "")
        .await;
    let odd = json!({ "name": "Odd", "sessionId": "../../etc" });
    world
        .refused(Call::to("POST /sessions").json(odd), &[400], "sessionId")
        .await;

    let listed = world.works(Call::to("GET /sessions")).await.rows();
    let is_there = |slug: &str| listed.iter().any(|session| session["sessionId"] == slug);
    world.holds(
        "GET /sessions",
        "both are listed",
        is_there("spare") && is_there(SESSION),
    );
    let shown = world.works(Call::to("GET /sessions/{id}")).await;
    world.holds(
        "GET /sessions/{id}",
        "it is connected",
        shown.body["status"] == "CONNECTED",
    );
    world
        .refused(
            Call::to("GET /sessions/{id}").at("id", "nowhere"),
            &[404],
            "not found",
        )
        .await;
    codes(world).await;
    actions(world).await;
    settings(world).await;
    access(world).await;
    world
        .works(Call::to("DELETE /sessions/{id}/settings").at("id", "spare"))
        .await;
    let gone = world
        .asked(&Call::to("GET /sessions/{id}").at("id", "spare"))
        .await;
    world.holds("DELETE /sessions/{id}/settings", "it is gone", gone.status == 404);
}

async fn codes(world: &World) {
    let qr = Call::to("GET /sessions/{id}/qr");
    world.refused(qr.clone(), &[400], "Already connected").await;
    let spare = qr.at("id", "spare");
    world.gateway.qr("spare").await;
    let shown = world.works(spare).await;
    let is_picture = shown.text("/base64").starts_with("data:image/png;base64,");
    world.holds(
        "GET /sessions/{id}/qr",
        "the code and its picture",
        is_picture && shown.body["qr"].is_string(),
    );
}

async fn actions(world: &World) {
    let act = |action: &str| Call::to(ACTION).at("id", "spare").at("action", action);
    world.refused(act("explode"), &[400, 404, 405], "").await;
    world.refused(act("pair").json(json!({})), &[400], "phone").await;
    let paired = world
        .works(act("pair").json(json!({ "phoneNumber": SPARE })))
        .await;
    let code = paired.text("/data/pairingCode");
    let path = format!("/phones/{SPARE}/link-code");
    world.control.post(&path, json!({ "code": code })).await;
    let status = async |wanted: &str| {
        world
            .seen(ACTION, &format!("spare is {wanted}"), async || {
                (world.gateway.status("spare").await == wanted).then_some(())
            })
            .await
    };
    status("CONNECTED").await;
    for (action, wanted) in [
        ("stop", "STOPPED"),
        ("start", "CONNECTED"),
        ("restart", "CONNECTED"),
        ("logout", "LOGGED_OUT"),
    ] {
        world.again(act(action)).await;
        status(wanted).await;
    }
    let linked = async || {
        let state = world.control.get("/state").await;
        let phones = state["phones"].as_array()?.clone();
        let spare = phones.into_iter().find(|phone| phone["number"] == SPARE)?;
        spare["devices"].as_array()?.is_empty().then_some(())
    };
    world
        .seen(ACTION, "after the logout the phone has no linked device", linked)
        .await;
}

async fn settings(world: &World) {
    let change = Call::to("PATCH /sessions/{id}/settings");
    world
        .works(change.clone().json(json!({ "config": { "rejectCalls": true } })))
        .await;
    // The n8n node sends the keys bare.
    world
        .again(change.clone().json(json!({ "readReceipts": true })))
        .await;
    let shown = world.works(Call::to("GET /sessions/{id}/settings")).await;
    let config = &shown.body["data"]["config"];
    let both = config["rejectCalls"] == true && config["readReceipts"] == true;
    world.holds("GET /sessions/{id}/settings", "both changes are there", both);
    world
        .refused(
            change
                .clone()
                .json(json!({ "config": { "rejectCalls": "maybe" } })),
            &[400],
            "rejectCalls",
        )
        .await;
    world
        .again(change.json(json!({ "rejectCalls": null, "readReceipts": null })))
        .await;
}

async fn access(world: &World) {
    let (id, ben) = world.gateway.admin().make_user("ben", "OWNER").await;
    let ben = world.nobody.with_key(&ben.key.unwrap_or_default());
    let grant = Call::to("POST /sessions/{sessionId}/access");
    let granted = world
        .works(grant.clone().json(json!({ "email": "ben@example.test" })))
        .await;
    world.holds(
        grant.operation,
        "it is Ben's",
        granted.body["data"]["user"]["email"] == "ben@example.test",
    );
    let twice = grant.clone().json(json!({ "email": "ben@example.test" }));
    world.refused(twice, &[409], "already").await;
    world
        .refused(
            grant.clone().json(json!({ "email": "who@example.test" })),
            &[404],
            "email",
        )
        .await;
    let listed = world
        .works(Call::to("GET /sessions/{sessionId}/access"))
        .await
        .rows();
    let is_bens = listed.iter().any(|row| row["userId"] == id.as_str());
    world.holds("GET /sessions/{sessionId}/access", "Ben is listed", is_bens);
    let sees = Call::to("GET /sessions/{id}").by(&ben);
    world.holds(
        grant.operation,
        "Ben sees the session",
        world.asked(&sees).await.status == 200,
    );
    let revoke = Call::to("DELETE /sessions/{sessionId}/access");
    world.works(revoke.clone().json(json!({ "userId": id }))).await;
    world.holds(
        revoke.operation,
        "Ben sees it no longer",
        world.asked(&sees).await.status == 403,
    );
    world
        .refused(revoke.json(json!({ "userId": id })), &[404], "access")
        .await;
}
