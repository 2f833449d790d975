//! Everything that is sent: texts, files, polls, places, cards, lists, stickers, broadcasts.

use reqwest::Method;
use serde_json::{Value, json};
use wagate_contract::call::Body;
use wagate_contract::files::{document, film, picture, sound};
use wagate_contract::world::{FRIENDS, SESSION, jid};
use wagate_contract::{Call, Part, World};

const SEND: &str = "POST /messages/{sessionId}/{jid}/send";
const MEDIA: &str = "POST /messages/{sessionId}/{jid}/media";
const STICKER: &str = "POST /messages/{sessionId}/{jid}/sticker";
const SPAM: &str = "POST /messages/{sessionId}/{jid}/spam";
const BROADCAST: &str = "POST /messages/{sessionId}/broadcast";
const HISTORY: &str = "GET /messages/{sessionId}/broadcast/history";
const DETAIL: &str = "GET /messages/{sessionId}/broadcast/history/{logId}";
/// Who gets it.
const TO: &str = FRIENDS[0];

/// To the first friend.
fn to(operation: &'static str) -> Call {
    Call::to(operation).at("jid", &jid(TO))
}

pub(crate) async fn run(world: &World) {
    sends(world).await;
    files(world).await;
    things(world).await;
    stickers(world).await;
    spam(world).await;
    broadcast(world).await;
}

async fn sends(world: &World) {
    let sent = world
        .works(to(SEND).json(json!({ "message": { "text": "a plain text" }, "mentions": [] })))
        .await;
    let id = sent.text("/data/key/id");
    world
        .arrives(SEND, TO, "the text", |message| {
            message["id"] == id.as_str() && message["text"] == "a plain text"
        })
        .await;
    world
        .refused(to(SEND).json(json!({ "message": {} })), &[400], "message")
        .await;
    world
        .refused(
            to(SEND)
                .at("jid", "no-number")
                .json(json!({ "message": { "text": "x" } })),
            &[400, 404],
            "",
        )
        .await;

    let url = |file: &str| json!({ "url": world.files.url(file) });
    for (content, kind, what) in [
        (
            json!({ "image": url("picture.png"), "caption": "look" }),
            "image",
            "look",
        ),
        (
            json!({ "video": url("film.mp4"), "text": "a film" }),
            "video",
            "a film",
        ),
        (
            json!({ "document": url("paper.pdf"), "mimetype": "application/pdf", "fileName": "paper.pdf", "caption": "read" }),
            "document",
            "read",
        ),
        (
            json!({ "audio": url("sound.mp3"), "mimetype": "audio/mpeg" }),
            "audio",
            "",
        ),
        (json!({ "sticker": url("picture.png") }), "sticker", ""),
    ] {
        let sent = world.again(to(SEND).json(json!({ "message": content }))).await;
        let id = sent.text("/data/key/id");
        let is = |message: &Value| {
            message["id"] == id.as_str()
                && message["type"] == kind
                && (what.is_empty() || message["caption"] == what || message["text"] == what)
        };
        world.arrives(SEND, TO, kind, is).await;
    }
    let quoting = json!({ "message": { "text": "an answer" }, "quotedMessageId": id });
    world.again(to(SEND).json(quoting)).await;
    let quotes = |message: &Value| message["text"] == "an answer" && message["quoted"]["id"] == id.as_str();
    world.arrives(SEND, TO, "a text that quotes", quotes).await;
    let secret = json!({ "message": { "document": { "url": "file:///etc/passwd" } } });
    world.refused(to(SEND).json(secret), &[400, 403, 422], "").await;

    let away = Call::to("POST /sessions").json(json!({ "name": "Away", "sessionId": "away" }));
    world.asked(&away).await;
    let text = json!({ "message": { "text": "nobody hears it" } });
    world
        .refused(to(SEND).at("sessionId", "away").json(text), &[503], "")
        .await;
    world
        .asked(&Call::to("DELETE /sessions/{id}/settings").at("id", "away"))
        .await;
}

async fn files(world: &World) {
    let part =
        |file, bytes: &[u8], kind: &str| vec![Part::file("file", file, bytes), Part::text("type", kind)];
    let mut form = part(("sea.png", "image/png"), &picture(), "image");
    form.push(Part::text("caption", "the sea"));
    form.push(Part::text("fileName", "sea.png"));
    let sent = world.works(to(MEDIA).form(form)).await;
    let id = sent.text("/data/key/id");
    let arrived = world
        .arrives(MEDIA, TO, "the picture", |message| {
            message["id"] == id.as_str() && message["type"] == "image" && message["caption"] == "the sea"
        })
        .await;
    if arrived.is_some() {
        let file = format!("/phones/{TO}/messages/{id}/media?check=1");
        let file = world.control.get(&file).await;
        world.holds(
            MEDIA,
            "the phone can open the picture",
            file["bytes"].as_u64().is_some_and(|bytes| bytes > 100),
        );
    }
    let odd = part(("sea.png", "image/png"), &picture(), "image");
    let odd = to(MEDIA).form(odd).with_part(Part::text("quotedMessageId", "?"));
    world.refused(odd, &[400], "quotedMessageId").await;
    for kind in ["image", "video", "audio", "voice", "sticker"] {
        let note = part(("note.txt", "text/plain"), b"only a text", kind);
        world.refused(to(MEDIA).form(note), &[400], "file:").await;
    }
    for (file, bytes, kind) in [
        (("film.mp4", "video/mp4"), film(), "video"),
        (("sound.mp3", "audio/mpeg"), sound(), "audio"),
        (("paper.pdf", "application/pdf"), document(), "document"),
        (("sea.png", "image/png"), picture(), "sticker"),
    ] {
        let sent = world.again(to(MEDIA).form(part(file, &bytes, kind))).await;
        let id = sent.text("/data/key/id");
        world
            .arrives(MEDIA, TO, kind, |message| {
                message["id"] == id.as_str() && message["type"] == kind
            })
            .await;
    }
    // A voice note needs ffmpeg; without one it is refused in as many words.
    let voice = world
        .asked(&to(MEDIA).form(part(("sound.mp3", "audio/mpeg"), &sound(), "voice")))
        .await;
    let is_clear = voice.status == 200 || (voice.status == 422 && voice.text("/message").len() > 10);
    world.holds(
        MEDIA,
        &format!("a voice note, or why not: {}", voice.excerpt()),
        is_clear,
    );
}

async fn things(world: &World) {
    const POLL: &str = "POST /messages/{sessionId}/{jid}/poll";
    const LOCATION: &str = "POST /messages/{sessionId}/{jid}/location";
    const CONTACT: &str = "POST /messages/{sessionId}/{jid}/contact";
    const LIST: &str = "POST /messages/{sessionId}/{jid}/list";

    let poll =
        json!({ "question": "Tea or coffee?", "options": ["Tea", "Coffee", "Both"], "selectableCount": 2 });
    world.works(to(POLL).json(poll.clone())).await;
    let is_poll = |message: &Value| {
        message["poll"]
            == json!({ "question": "Tea or coffee?", "options": ["Tea", "Coffee", "Both"], "selectable": 2 })
    };
    world.arrives(POLL, TO, "the poll", is_poll).await;
    let many = to(POLL).json(poll).with("selectableCount", json!(4));
    world.refused(many, &[400], "selectableCount").await;

    let place =
        json!({ "latitude": 52.5, "longitude": 13.4, "name": "The office", "address": "Main Street 1" });
    world.works(to(LOCATION).json(place)).await;
    let is_place = |message: &Value| {
        message["location"]["latitude"] == 52.5 && message["location"]["name"] == "The office"
    };
    world.arrives(LOCATION, TO, "the place", is_place).await;

    let card = "BEGIN:VCARD\nVERSION:3.0\nFN:Ben\nTEL;type=CELL;waid=12025557003:+1 202 555 7003\nEND:VCARD";
    let contacts = json!({ "contacts": [{ "displayName": "Ben", "vcard": card }] });
    world.works(to(CONTACT).json(contacts)).await;
    world
        .arrives(CONTACT, TO, "the card", |message| {
            message["contacts"][0]["name"] == "Ben"
        })
        .await;
    let without = json!({ "contacts": [{ "displayName": "Ben" }] });
    world.refused(to(CONTACT).json(without), &[400], "vcard").await;
    world
        .refused(to(CONTACT).json(json!({ "contacts": [] })), &[400], "contact")
        .await;

    let list = json!({ "title": "Menu", "options": ["Soup", "Bread"], "footer": "until noon" });
    world.works(to(LIST).json(list)).await;
    let is_list = |message: &Value| {
        let text = message["text"].as_str().unwrap_or_default();
        ["Menu", "1. Soup", "2. Bread", "until noon"]
            .iter()
            .all(|part| text.contains(part))
    };
    world.arrives(LIST, TO, "the list", is_list).await;
    let none = json!({ "title": "Menu", "options": [] });
    world.refused(to(LIST).json(none), &[400], "option").await;
}

async fn stickers(world: &World) {
    let form = vec![
        Part::file("file", ("sea.png", "image/png"), &picture()),
        Part::text("pack", "Sea"),
        Part::text("packId", "sea.1"),
        Part::text("author", "Ann"),
        Part::text("type", "circle"),
        Part::text("quality", "60"),
    ];
    let stickers = async || -> usize {
        let inbox = world.control.inbox(TO).await;
        inbox
            .iter()
            .filter(|message| message["type"] == "sticker")
            .count()
    };
    let before = stickers().await;
    world.works(to(STICKER).form(form.clone())).await;
    world
        .seen(STICKER, "a sticker at the phone", async || {
            (stickers().await > before).then_some(())
        })
        .await;
    for (name, value) in [
        ("quality", "0"),
        ("quality", "101"),
        ("quality", "1.5"),
        ("nobg", "maybe"),
        ("emojis", "a,b,c,d,e,f,g,h,i"),
    ] {
        let changed = to(STICKER).form(form.clone()).with_part(Part::text(name, value));
        world.refused(changed, &[400], name).await;
    }
}

async fn spam(world: &World) {
    let body = json!({ "message": "again and again", "count": 2, "delay": 500 });
    // It is off until the administrator wants it.
    world
        .refused(to(SPAM).json(body.clone()), &[403, 404, 409, 422, 501], "")
        .await;
    let file = world.gateway.config_dir().join("plugins").join("messages.toml");
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let on = text.replacen("[settings]", "[settings]\nspam = true", 1);
    world.gateway.write_plugin_toml("messages", &on);
    let is_on = async || {
        let once = json!({ "message": "is it on", "count": 1 });
        (world.asked(&to(SPAM).json(once)).await.status == 200).then_some(())
    };
    world.seen(SPAM, "switched on", is_on).await;
    // One at a time in a chat.
    let path = format!("/messages/{SESSION}/{}/spam", jid(TO));
    world.admin.send(&Method::DELETE, &path, &Body::None).await;
    world.works(to(SPAM).json(body)).await;
    let twice = async || {
        let inbox = world.control.inbox(TO).await;
        let count = inbox
            .iter()
            .filter(|message| message["text"] == "again and again")
            .count();
        (count == 2).then_some(())
    };
    world.seen(SPAM, "it arrives twice", twice).await;
    let endless = json!({ "message": "x", "count": 1_000_000 });
    world.refused(to(SPAM).json(endless), &[400], "count").await;
}

async fn broadcast(world: &World) {
    let recipients: Vec<String> = FRIENDS.iter().map(|number| jid(number)).collect();
    let body = json!({ "recipients": recipients, "message": "news for all", "delay": 100 });
    let started = world.works(Call::to(BROADCAST).json(body)).await;
    let total = started.body["data"]["total"] == FRIENDS.len();
    world.holds(BROADCAST, "three recipients", total);
    for number in FRIENDS {
        world
            .arrives(BROADCAST, number, "the broadcast", |message| {
                message["text"] == "news for all"
            })
            .await;
    }
    let id = started.text("/data/broadcastId");
    let detail = Call::to(DETAIL).at("logId", &id);
    let done = async || {
        let shown = world.asked(&detail).await;
        (shown.body["data"]["status"] == "completed").then_some(())
    };
    world.seen(BROADCAST, "completed", done).await;
    let shown = world.works(detail.clone()).await;
    let sent =
        shown.body["data"]["sent"] == FRIENDS.len() && shown.list("/data/recipients").len() == FRIENDS.len();
    world.holds(DETAIL, "sent to all three", sent);
    let listed = world.works(Call::to(HISTORY).query("limit=5&offset=0")).await;
    let is_there = listed.list("/data").iter().any(|row| row["id"] == id.as_str());
    world.holds(HISTORY, "it is listed", is_there);
    world
        .refused(Call::to(HISTORY).query("limit=0"), &[400], "limit")
        .await;
    let other = Call::to(DETAIL).at("logId", &id).at("sessionId", SESSION);
    world.again(other).await;
}
