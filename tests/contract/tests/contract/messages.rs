//! What is done with messages that are there: answered, reacted to, starred, forwarded, changed, taken back, found.

use serde_json::{Value, json};
use wagate_contract::world::{FRIENDS, OWNER, jid};
use wagate_contract::{Call, World};

const REACT: &str = "POST /messages/{sessionId}/{jid}/{messageId}/react";
const REPLY: &str = "POST /messages/{sessionId}/{jid}/{messageId}/reply";
const REPLY_BODY: &str = "POST /messages/{sessionId}/{jid}/reply";
const STAR: &str = "POST /messages/{sessionId}/{jid}/{messageId}/star";
const SEARCH: &str = "GET /messages/{sessionId}/search";
const FORWARD: &str = "POST /messages/{sessionId}/forward";
const DELETE: &str = "DELETE /messages/{sessionId}/{jid}/{messageId}";
const EDIT: &str = "PATCH /messages/{sessionId}/{jid}/{messageId}";
const WITH: &str = FRIENDS[0];

/// A message a friend wrote, stored by the gateway.
async fn written(world: &World, text: &str) -> String {
    let id = world
        .control
        .sends(WITH, OWNER, json!({ "type": "text", "text": text }))
        .await;
    let stored = async || {
        let texts = world.gateway.stored_texts(&jid(WITH), false).await;
        texts.iter().any(|stored| stored == text).then_some(())
    };
    world.seen(SEARCH, &format!("{text} is stored"), stored).await;
    id
}

/// A message of our own.
async fn sent(world: &World, text: &str) -> String {
    let send = Call::to("POST /messages/{sessionId}/{jid}/send").at("jid", &jid(WITH));
    let sent = world
        .asked(&send.json(json!({ "message": { "text": text } })))
        .await;
    let id = sent.text("/data/key/id");
    world
        .arrives(EDIT, WITH, text, |message| message["id"] == id.as_str())
        .await;
    id
}

fn at(operation: &'static str, message: &str) -> Call {
    Call::to(operation).at("jid", &jid(WITH)).at("messageId", message)
}

pub(crate) async fn run(world: &World) {
    let theirs = written(world, "a question about umbrellas").await;
    reactions(world, &theirs).await;
    replies(world, &theirs).await;
    stars(world, &theirs).await;
    search(world, &theirs).await;
    forward(world, &theirs).await;
    changes(world).await;
}

async fn reactions(world: &World, theirs: &str) {
    let emoji = async |wanted: &'static str| {
        let is = |message: &Value| message["type"] == "reaction" && message["target"] == theirs;
        let inbox = world.control.inbox(WITH).await;
        let last = inbox.into_iter().rfind(is)?;
        (last["reaction"]["emoji"].as_str().unwrap_or_default() == wanted).then_some(())
    };
    world
        .works(at(REACT, theirs).json(json!({ "emoji": "👍" })))
        .await;
    world
        .seen(REACT, "the reaction at the phone", async || emoji("👍").await)
        .await;
    world.again(at(REACT, theirs).json(json!({ "emoji": "" }))).await;
    world
        .seen(REACT, "the reaction is taken back at the phone", async || {
            emoji("").await
        })
        .await;
}

async fn replies(world: &World, theirs: &str) {
    let quotes = |text: &'static str| {
        move |message: &Value| message["text"] == text && message["quoted"]["id"] == theirs
    };
    world
        .works(at(REPLY, theirs).json(json!({ "message": { "text": "by the path" } })))
        .await;
    world
        .arrives(REPLY, WITH, "an answer that quotes", quotes("by the path"))
        .await;
    let body = json!({ "messageId": theirs, "message": { "text": "by the body" } });
    let reply = Call::to(REPLY_BODY).at("jid", &jid(WITH));
    world.works(reply.json(body)).await;
    world
        .arrives(REPLY_BODY, WITH, "an answer that quotes", quotes("by the body"))
        .await;
}

async fn stars(world: &World, theirs: &str) {
    let starred = async |wanted: bool| {
        let screen = world.control.screen(OWNER).await;
        let starred = screen["starred"].as_array()?;
        (starred.iter().any(|message| message["id"] == theirs) == wanted).then_some(())
    };
    world.works(at(STAR, theirs).json(json!({ "star": true }))).await;
    world
        .seen(STAR, "starred on the owner's phone", async || starred(true).await)
        .await;
    world.again(at(STAR, theirs).json(json!({ "star": false }))).await;
    world
        .seen(STAR, "no longer starred there", async || starred(false).await)
        .await;
}

async fn search(world: &World, theirs: &str) {
    let search = Call::to(SEARCH);
    let found = world.works(search.clone().query("q=umbrellas&limit=5")).await;
    let rows = found.list("/data");
    world.holds(
        SEARCH,
        "the question is found",
        rows.iter().any(|row| row["keyId"] == theirs),
    );
    let of_chat = format!("jid={}&fromMe=false&type=text&page=1", jid(WITH));
    let found = world.again(search.clone().query(&of_chat)).await.list("/data");
    let only = !found.is_empty()
        && found
            .iter()
            .all(|row| row["fromMe"] == false && row["type"] == "TEXT");
    world.holds(SEARCH, "only texts they wrote", only);
    world.refused(search.clone(), &[400], "q").await;
    world
        .refused(search.clone().query("q=x&limit=101"), &[400], "limit")
        .await;
    world
        .refused(search.clone().query("q=x&page=0"), &[400], "page")
        .await;
    world
        .refused(search.query("q=x&type=NOTHING"), &[400], "type")
        .await;
}

async fn forward(world: &World, theirs: &str) {
    let body = json!({ "fromJid": jid(WITH), "messageId": theirs, "toJids": [jid(FRIENDS[1])] });
    world.works(Call::to(FORWARD).json(body.clone())).await;
    let is =
        |message: &Value| message["text"] == "a question about umbrellas" && message["forwarded"].is_u64();
    world
        .arrives(FORWARD, FRIENDS[1], "the words, marked as forwarded", is)
        .await;
    let unknown = Call::to(FORWARD)
        .json(body.clone())
        .with("messageId", json!("3EB0FFFFFFFFFFFFFFFF"));
    world.refused(unknown, &[404], "message").await;
    world
        .refused(Call::to(FORWARD).json(body).with("toJids", json!([])), &[400], "")
        .await;
}

async fn changes(world: &World) {
    let edited = sent(world, "a text with a mistaek").await;
    world
        .works(at(EDIT, &edited).json(json!({ "text": "a text without" })))
        .await;
    let is = |message: &Value| message["id"] == edited.as_str() && message["edited"] == "a text without";
    world.arrives(EDIT, WITH, "the edited text", is).await;
    let theirs = written(world, "nobody else edits this").await;
    world
        .refused(
            at(EDIT, &theirs).json(json!({ "text": "x" })),
            &[400, 403, 409, 422],
            "",
        )
        .await;

    let regretted = sent(world, "a text to regret").await;
    world.works(at(DELETE, &regretted)).await;
    let is = |message: &Value| message["id"] == regretted.as_str() && message["revoked"] == true;
    world.arrives(DELETE, WITH, "the message is taken back", is).await;
}
