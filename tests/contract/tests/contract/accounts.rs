//! Accounts: registration, logins, users, keys.

use reqwest::Method;
use serde_json::json;
use wagate_contract::call::Body;
use wagate_contract::{Call, World};
use wagate_e2e::Caller;

const PASSWORD: &str = "a long enough password";

pub(crate) async fn run(world: &World) {
    registration(world).await;
    logins(world).await;
    users(world).await;
    keys(world).await;
}

async fn registration(world: &World) {
    let register = Call::to("POST /auth/register").by(&world.nobody);
    let ann = json!({ "name": "Ann", "email": "ann@example.test", "password": PASSWORD });
    let register = register.json(ann);
    world.refused(register.clone(), &[403], "disabled").await;
    let open = Body::Json(json!({ "enableRegistration": true }));
    world.admin.send(&Method::POST, "/settings/system", &open).await;
    let made = world.works(register.clone()).await;
    world.holds(
        "POST /auth/register",
        "it is Ann",
        made.body["user"]["email"] == "ann@example.test",
    );
    world.refused(register.clone(), &[400], "already exists").await;
    let short = register
        .with("email", json!("ben@example.test"))
        .with("password", json!("12345"));
    world.refused(short, &[400], "password").await;
    let shut = Body::Json(json!({ "enableRegistration": false }));
    world.admin.send(&Method::POST, "/settings/system", &shut).await;
}

async fn logins(world: &World) {
    let token = world.works(Call::to("GET /auth/csrf").by(&world.nobody)).await;
    world.holds(
        "GET /auth/csrf",
        "the token is not empty",
        token.text("/csrfToken").len() > 16,
    );
    let nobody = world
        .asked(&Call::to("GET /auth/session").by(&world.nobody))
        .await;
    world.holds("GET /auth/session", "null for nobody", nobody.bytes == b"null");
    let base = world.gateway.url("");
    let (_, ann) = Caller::log_in(&base, "ann@example.test", PASSWORD).await;
    let shown = ann.get("/api/auth/session").await;
    let is_ann = shown.body["user"]["email"] == "ann@example.test" && shown.body["user"]["role"] == "OWNER";
    world.holds(
        "GET /auth/session",
        "it is Ann, an OWNER",
        shown.status == 200 && is_ann,
    );
    world.shape_of("GET /auth/session", &shown.body);
}

async fn users(world: &World) {
    let new = json!({ "name": "Kim", "email": "kim@example.test", "password": PASSWORD, "role": "STAFF" });
    let made = world.works(Call::to("POST /users").json(new.clone())).await;
    let id = made.text("/data/id");
    world
        .refused(Call::to("POST /users").json(new), &[400, 409], "email")
        .await;
    let listed = world.works(Call::to("GET /users")).await;
    let kim = listed.rows().into_iter().find(|user| user["id"] == id.as_str());
    world.holds(
        "GET /users",
        "Kim is listed as STAFF",
        kim.is_some_and(|kim| kim["role"] == "STAFF"),
    );
    let change = Call::to("PATCH /users/{id}").at("id", &id);
    let changed = world
        .works(change.json(json!({ "name": "Kim Lee", "role": "OWNER" })))
        .await;
    let is_so = changed.body["data"]["name"] == "Kim Lee" && changed.body["data"]["role"] == "OWNER";
    world.holds("PATCH /users/{id}", "another name and role", is_so);
    let me = world.asked(&Call::to("GET /users")).await.rows();
    let me = me.iter().find(|user| user["email"] == "admin@example.test");
    let me = me
        .and_then(|user| user["id"].as_str())
        .unwrap_or("nothing")
        .to_owned();
    world
        .refused(Call::to("DELETE /users/{id}").at("id", &me), &[400], "yourself")
        .await;
    world.works(Call::to("DELETE /users/{id}").at("id", &id)).await;
    let left = world.asked(&Call::to("GET /users")).await.rows();
    world.holds(
        "DELETE /users/{id}",
        "Kim is gone",
        left.iter().all(|user| user["id"] != id.as_str()),
    );
}

async fn keys(world: &World) {
    let (_, sue) = world.gateway.admin().make_user("sue", "OWNER").await;
    let sue = world.nobody.with_key(&sue.key.unwrap_or_default());
    let shown = world.works(Call::to("GET /user/api-key").by(&sue)).await;
    world.holds(
        "GET /user/api-key",
        "it is a key",
        shown.text("/data/apiKey").starts_with("wag_"),
    );
    let made = world.works(Call::to("POST /user/api-key").by(&sue)).await;
    let key = made.text("/data/apiKey");
    let is_key = key.starts_with("wag_") && made.text("/apiKey") == key;
    world.holds("POST /user/api-key", "a key, in both places", is_key);
    let old = world.asked(&Call::to("GET /user/api-key").by(&sue)).await;
    world.holds(
        "POST /user/api-key",
        "the old key is worth nothing",
        old.status == 401,
    );
    let sue = world.nobody.with_key(&key);
    world.works(Call::to("DELETE /user/api-key").by(&sue)).await;
    let gone = world.asked(&Call::to("GET /user/api-key").by(&sue)).await;
    world.holds(
        "DELETE /user/api-key",
        "the key is worth nothing",
        gone.status == 401,
    );
}
