//! What the n8n node (n8n-nodes-wa-akg 1.1.3) sends, all 98 operations of it: method, path, body as they leave it. An
//! empty body is no body at all, addresses stand raw in paths, and only the status decides.

use std::io::Write as _;

use reqwest::Method;
use serde_json::{Value, json};
use wagate_contract::call::Body;
use wagate_contract::control::soon;
use wagate_contract::files::picture;
use wagate_contract::world::{FRIENDS, OWNER, announce_release, base64, jid, later};
use wagate_contract::{World, book::Book};

use crate::WAGATE;

/// How many operations the node has.
const OPERATIONS: usize = 98;

/// What has to come of a call.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    /// 2xx.
    Works,
    /// Refused with this status, for this reason.
    Refused(u16, &'static str),
}
use Outcome::{Refused, Works};

/// A call of the node.
struct Replay {
    operation: &'static str,
    method: Method,
    path: String,
    body: Option<Value>,
    outcome: Outcome,
}

/// What rows of the gateway are called.
struct Ids {
    theirs: String,
    own: String,
    regretted: String,
    picture: String,
    file: String,
    group: String,
    other_group: String,
    code: String,
    rule: String,
    schedule: String,
    webhook: String,
    label: String,
    spare_label: String,
    user: String,
    guest: String,
    broadcast_to: Vec<String>,
}

fn row(operation: &'static str, call: &str, body: Value, outcome: Outcome) -> Replay {
    let (method, path) = call.split_once(' ').expect("a method and a path");
    Replay {
        operation,
        method: method.parse().expect("a method"),
        path: path.to_owned(),
        body: Some(body).filter(|body| !body.is_null() && *body != json!({})),
        outcome,
    }
}

#[tokio::test]
async fn the_n8n_node_works_unchanged() {
    let mut world = World::start(WAGATE, Book::default()).await;
    let ids = prepare(&world).await;
    let mut rows = Vec::new();
    rows.extend(messages(&world, &ids));
    rows.extend(sessions(&ids));
    rows.extend(chats());
    rows.extend(groups(&world, &ids));
    rows.extend(people(&world));
    rows.extend(automation(&ids));
    rows.extend(webhooks(&world, &ids));
    rows.extend(labels(&ids));
    rows.extend(users(&ids));
    rows.extend(rest(&ids));
    let mut names: Vec<&str> = rows.iter().map(|row| row.operation).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), OPERATIONS, "{names:?}");
    world.book = Book::new(names.into_iter().map(str::to_owned));
    for row in &rows {
        replay(&world, row).await;
    }
    effects(&world).await;
    let (table, is_good) = world.book.table();
    let _ = writeln!(std::io::stderr(), "{table}");
    assert!(is_good, "the node would fail, see the table above");
}

async fn replay(world: &World, row: &Replay) {
    let body = row.body.clone().map_or(Body::None, Body::Json);
    let answer = world.admin.send(&row.method, &row.path, &body).await;
    let is_good = match row.outcome {
        Works => (200..300).contains(&answer.status),
        Refused(status, _) => answer.status == status && !answer.text("/message").is_empty(),
    };
    let problem = (!is_good).then(|| {
        let body = row.body.as_ref().map(Value::to_string).unwrap_or_default();
        let wanted = match row.outcome {
            Works => "2xx".to_owned(),
            Refused(status, why) => format!("{status} ({why})"),
        };
        format!(
            "{wanted} wanted: {} {} {body}: {}",
            row.method,
            row.path,
            answer.excerpt()
        )
    });
    world.book.checked(row.operation, problem);
}

/// What the calls are about.
async fn prepare(world: &World) -> Ids {
    announce_release(&world.gateway, &world.files);
    let make = async |path: &str, body: Value, pointer: &str| {
        let made = world.admin.send(&Method::POST, path, &Body::Json(body)).await;
        made.text(pointer)
    };
    let text = |text: &str| json!({ "message": { "text": text } });
    let send = format!("/messages/shop/{}/send", jid(FRIENDS[0]));
    let theirs = world
        .control
        .sends(
            FRIENDS[0],
            OWNER,
            json!({ "type": "text", "text": "n8n umbrellas" }),
        )
        .await;
    let image = json!({ "type": "image", "data": base64(&picture()), "mimetype": "image/png" });
    let image = world.control.sends(FRIENDS[0], OWNER, image).await;
    let listed = async || {
        let files = world
            .admin
            .send(&Method::GET, "/media", &Body::None)
            .await
            .list("/data/files");
        files.into_iter().find(|file| file["messageId"] == image.as_str())
    };
    let file = soon(listed).await.unwrap_or_default();
    let group = json!({ "subject": "n8n", "participants": [jid(FRIENDS[0])] });
    let theirs_group = json!({ "subject": "Guests", "members": [FRIENDS[1]] });
    let made = world
        .control
        .post(&format!("/phones/{}/groups", FRIENDS[0]), theirs_group)
        .await;
    let later = json!({ "jid": jid(FRIENDS[0]), "content": "later", "sendAt": later() });
    let hook = json!({ "name": "n8n", "url": world.files.url("hook"), "events": ["*"] });
    let guest =
        json!({ "name": "Guest", "email": "guest@example.test", "password": "a long enough password" });
    let user = json!({ "name": "User", "email": "user@example.test", "password": "a long enough password" });
    Ids {
        theirs,
        own: make(&send, text("own"), "/data/key/id").await,
        regretted: make(&send, text("regretted"), "/data/key/id").await,
        picture: image,
        file: file["name"].as_str().unwrap_or("nothing").to_owned(),
        group: make("/groups/shop/create", group.clone(), "/group/id").await,
        other_group: make("/groups/shop/create", group, "/group/id").await,
        code: made["group"]["invite"].as_str().unwrap_or("nothing").to_owned(),
        rule: make(
            "/autoreplies/shop",
            json!({ "keyword": "k", "response": "r" }),
            "/data/id",
        )
        .await,
        schedule: make("/scheduler/shop", later, "/data/id").await,
        webhook: make("/webhooks/shop", hook, "/data/id").await,
        label: make(
            "/labels/shop",
            json!({ "name": "First", "color": 1 }),
            "/label/id",
        )
        .await,
        spare_label: make(
            "/labels/shop",
            json!({ "name": "Second", "color": 2 }),
            "/label/id",
        )
        .await,
        user: make("/users", user, "/data/id").await,
        guest: make("/users", guest, "/data/id").await,
        broadcast_to: FRIENDS.iter().map(|number| jid(number)).collect(),
    }
}

/// 17 operations.
fn messages(world: &World, ids: &Ids) -> Vec<Replay> {
    let chat = format!("/messages/shop/{}", jid(FRIENDS[0]));
    let at = |rest: &str| format!("POST {chat}/{rest}");
    let url = |file: &str| json!({ "url": world.files.url(file) });
    let (theirs, own) = (&ids.theirs, &ids.own);
    let sections = json!([{ "title": "Food", "rows": [
        { "title": "Soup", "rowId": "1", "description": "hot" }, { "title": "Bread", "rowId": "2", "description": "" },
    ] }]);
    vec![
        row(
            "message.sendText",
            &at("send"),
            json!({ "message": { "text": "from n8n" } }),
            Works,
        ),
        row(
            "message.sendText",
            &at("send"),
            json!({ "message": { "text": "hi" }, "mentions": [jid(FRIENDS[0])] }),
            Works,
        ),
        row(
            "message.sendMedia",
            &at("send"),
            json!({ "message": { "image": url("picture.png"), "caption": "n8n sea" } }),
            Works,
        ),
        row(
            "message.sendMedia",
            &at("send"),
            json!({ "message": { "video": url("film.mp4") } }),
            Works,
        ),
        row(
            "message.sendMedia",
            &at("send"),
            json!({ "message": { "audio": url("sound.mp3"), "mimetype": "audio/mp4" } }),
            Works,
        ),
        row(
            "message.sendMedia",
            &at("send"),
            json!({ "message": {
                "document": url("paper.pdf"), "mimetype": "application/pdf", "fileName": "paper.pdf", "caption": "x",
            } }),
            Works,
        ),
        row(
            "message.sendLocation",
            &at("location"),
            json!({ "latitude": 1.5, "longitude": 2.5, "name": "n8n place" }),
            Works,
        ),
        row(
            "message.sendContact",
            &at("contact"),
            json!({ "contacts": [{ "displayName": "Ben", "vcard": "BEGIN:VCARD\nVERSION:3.0\nFN:Ben\nEND:VCARD" }] }),
            Works,
        ),
        row(
            "message.sendPoll",
            &at("poll"),
            json!({ "question": "n8n?", "options": ["a", "b"], "selectableCount": 1 }),
            Works,
        ),
        row(
            "message.sendList",
            &at("list"),
            json!({ "title": "n8n menu", "description": "today", "buttonText": "Choose", "sections": sections }),
            Works,
        ),
        row(
            "message.sendSticker",
            &at("sticker"),
            json!({ "url": world.files.url("picture.png"), "pack": "p", "author": "a" }),
            Works,
        ),
        row(
            "message.reply",
            &at(&format!("{theirs}/reply")),
            json!({ "message": { "text": "n8n answer" } }),
            Works,
        ),
        row(
            "message.react",
            &at(&format!("{theirs}/react")),
            json!({ "emoji": "🚀" }),
            Works,
        ),
        row(
            "message.star",
            &at(&format!("{own}/star")),
            json!({ "star": true }),
            Works,
        ),
        row(
            "message.delete",
            &format!("DELETE {chat}/{}", ids.regretted),
            Value::Null,
            Works,
        ),
        row(
            "message.forward",
            "POST /messages/shop/forward",
            json!({ "to": jid(FRIENDS[1]), "messageId": theirs, "jid": jid(FRIENDS[0]) }),
            Works,
        ),
        row(
            "message.broadcast",
            "POST /messages/shop/broadcast",
            json!({ "recipients": ids.broadcast_to, "message": "n8n news" }),
            Works,
        ),
        row(
            "message.search",
            "GET /messages/shop/search?q=umbrellas",
            Value::Null,
            Works,
        ),
        row(
            "message.downloadMedia",
            &format!("GET /messages/shop/download/{}/media", ids.picture),
            Value::Null,
            Works,
        ),
        row(
            "message.getMediaFile",
            &format!("GET /media/{}", ids.file),
            Value::Null,
            Works,
        ),
        row(
            "message.spam",
            &at("spam"),
            Value::Null,
            Refused(400, "the node takes it for a report, and sends nothing"),
        ),
    ]
}

/// 12 operations.
fn sessions(ids: &Ids) -> Vec<Replay> {
    vec![
        row("session.getAll", "GET /sessions", Value::Null, Works),
        row("session.getOne", "GET /sessions/shop", Value::Null, Works),
        row(
            "session.create",
            "POST /sessions",
            json!({ "name": "From n8n", "sessionId": "n8n" }),
            Works,
        ),
        row(
            "session.getQr",
            "GET /sessions/shop/qr",
            Value::Null,
            Refused(400, "already connected"),
        ),
        row("session.action", "POST /sessions/n8n/stop", Value::Null, Works),
        row("session.action", "POST /sessions/n8n/start", Value::Null, Works),
        row("session.action", "POST /sessions/n8n/restart", Value::Null, Works),
        row("session.action", "POST /sessions/n8n/logout", Value::Null, Works),
        row(
            "session.updateSettings",
            "PATCH /sessions/n8n/settings",
            json!({ "rejectCalls": true }),
            Works,
        ),
        row(
            "session.getBotConfig",
            "GET /sessions/n8n/bot-config",
            Value::Null,
            Works,
        ),
        row(
            "session.updateBotConfig",
            "POST /sessions/n8n/bot-config",
            json!({ "botName": "n8n", "enablePing": true }),
            Works,
        ),
        row(
            "session.grant",
            "POST /sessions/n8n/access",
            json!({ "email": "guest@example.test" }),
            Works,
        ),
        row(
            "session.getAccessList",
            "GET /sessions/n8n/access",
            Value::Null,
            Works,
        ),
        row(
            "session.revoke",
            "DELETE /sessions/n8n/access",
            json!({ "userId": ids.guest }),
            Works,
        ),
        row(
            "session.deleteSettings",
            "DELETE /sessions/n8n/settings",
            Value::Null,
            Works,
        ),
    ]
}

/// 9 operations.
fn chats() -> Vec<Replay> {
    let chat = format!("/chat/shop/{}", jid(FRIENDS[0]));
    let at = |method: &str, rest: &str| format!("{method} {chat}/{rest}");
    vec![
        row("chat.getAll", "GET /chat/shop", Value::Null, Works),
        row("chat.getOne", &format!("GET {chat}"), Value::Null, Works),
        row(
            "chat.check",
            "POST /chat/shop/check",
            json!({ "numbers": [FRIENDS[0]] }),
            Works,
        ),
        row("chat.read", &at("PUT", "read"), Value::Null, Works),
        row("chat.archive", &at("POST", "archive"), Value::Null, Works),
        row("chat.mute", &at("PUT", "mute"), Value::Null, Works),
        row("chat.pin", &at("PUT", "pin"), Value::Null, Works),
        row(
            "chat.presence",
            &at("POST", "presence"),
            json!({ "type": "composing" }),
            Works,
        ),
        row(
            "chat.profilePic",
            &at("POST", "profile-picture"),
            Value::Null,
            Works,
        ),
    ]
}

/// 14 operations.
fn groups(world: &World, ids: &Ids) -> Vec<Replay> {
    let group = format!("/groups/shop/{}", ids.group);
    let at = |method: &str, rest: &str| format!("{method} {group}/{rest}");
    let members = json!({ "action": "add", "participants": [jid(FRIENDS[2])] });
    let create = json!({ "subject": "Made by n8n", "participants": [jid(FRIENDS[0])] });
    vec![
        row("group.getAll", "GET /groups/shop", Value::Null, Works),
        row("group.getOne", &format!("GET {group}"), Value::Null, Works),
        row("group.create", "POST /groups/shop/create", create, Works),
        row(
            "group.updateSubject",
            &at("PUT", "subject"),
            json!({ "subject": "n8n subject" }),
            Works,
        ),
        row(
            "group.updateDescription",
            &at("PUT", "description"),
            json!({ "description": "n8n description" }),
            Works,
        ),
        row("group.updateMembers", &at("PUT", "members"), members, Works),
        row(
            "group.updateSettings",
            &at("PUT", "settings"),
            json!({ "announce": true }),
            Works,
        ),
        row(
            "group.updateSettings",
            &at("PUT", "settings"),
            json!({ "announce": false, "restrict": true }),
            Works,
        ),
        row("group.getInvite", &at("GET", "invite"), Value::Null, Works),
        row("group.resetInvite", &at("PUT", "invite"), Value::Null, Works),
        row(
            "group.acceptInvite",
            "POST /groups/shop/invite/accept",
            json!({ "code": ids.code }),
            Works,
        ),
        row(
            "group.updatePicture",
            &at("PUT", "picture"),
            json!({ "url": world.files.url("picture.png") }),
            Works,
        ),
        row(
            "group.deletePicture",
            &at("DELETE", "picture"),
            Value::Null,
            Works,
        ),
        row(
            "group.setEphemeral",
            &at("PUT", "ephemeral"),
            json!({ "expiration": 86_400 }),
            Works,
        ),
        row(
            "group.leave",
            &format!("POST /groups/shop/{}/leave", ids.other_group),
            Value::Null,
            Works,
        ),
    ]
}

/// Contacts and the profile: 8 operations.
fn people(world: &World) -> Vec<Replay> {
    let contact = format!("/contacts/shop/{}", jid(FRIENDS[2]));
    vec![
        row("contact.getAll", "GET /contacts/shop", Value::Null, Works),
        row(
            "contact.block",
            &format!("POST {contact}/block"),
            Value::Null,
            Works,
        ),
        row(
            "contact.unblock",
            &format!("POST {contact}/unblock"),
            Value::Null,
            Works,
        ),
        row("profile.get", "GET /profile/shop", Value::Null, Works),
        row(
            "profile.updateName",
            "PUT /profile/shop/name",
            json!({ "name": "n8n shop" }),
            Works,
        ),
        row(
            "profile.updateStatus",
            "PUT /profile/shop/status",
            json!({ "status": "n8n about" }),
            Works,
        ),
        row(
            "profile.updatePicture",
            "PUT /profile/shop/picture",
            json!({ "url": world.files.url("picture.png") }),
            Works,
        ),
        row(
            "profile.deletePicture",
            "DELETE /profile/shop/picture",
            Value::Null,
            Works,
        ),
    ]
}

/// Answers and schedules: 8 operations. The bodies are the hints the node shows.
fn automation(ids: &Ids) -> Vec<Replay> {
    let later = json!({ "to": jid(FRIENDS[0]), "message": "n8n later", "time": later() });
    vec![
        row("autoreply.getAll", "GET /autoreplies/shop", Value::Null, Works),
        row(
            "autoreply.create",
            "POST /autoreplies/shop",
            json!({ "keyword": "n8n", "reply": "yes" }),
            Works,
        ),
        row(
            "autoreply.deleteOne",
            &format!("DELETE /autoreplies/shop/{}", ids.rule),
            Value::Null,
            Works,
        ),
        row(
            "autoreply.deleteAll",
            "DELETE /autoreplies/shop",
            Value::Null,
            Works,
        ),
        row("scheduler.getAll", "GET /scheduler/shop", Value::Null, Works),
        row("scheduler.create", "POST /scheduler/shop", later, Works),
        row(
            "scheduler.deleteOne",
            &format!("DELETE /scheduler/shop/{}", ids.schedule),
            Value::Null,
            Works,
        ),
        row(
            "scheduler.deleteAll",
            "DELETE /scheduler/shop",
            Value::Null,
            Works,
        ),
    ]
}

/// 4 operations.
fn webhooks(world: &World, ids: &Ids) -> Vec<Replay> {
    let hook = json!({ "url": world.files.url("n8n"), "events": ["message.received"], "secret": "" });
    let at = format!("/webhooks/shop/{}", ids.webhook);
    vec![
        row("webhook.getAll", "GET /webhooks/shop", Value::Null, Works),
        row("webhook.create", "POST /webhooks/shop", hook.clone(), Works),
        row("webhook.update", &format!("PUT {at}"), hook, Works),
        row("webhook.delete", &format!("DELETE {at}"), Value::Null, Works),
    ]
}

/// 8 operations.
fn labels(ids: &Ids) -> Vec<Replay> {
    let label = &ids.label;
    let chat = format!("/labels/shop/chat/{}/labels", jid(FRIENDS[0]));
    vec![
        row("label.getAll", "GET /labels/shop", Value::Null, Works),
        row(
            "label.create",
            "POST /labels/shop",
            json!({ "name": "n8n", "color": 5 }),
            Works,
        ),
        row(
            "label.update",
            &format!("PUT /labels/shop/{label}"),
            json!({ "name": "n8n too", "color": 6 }),
            Works,
        ),
        row(
            "label.setChatLabels",
            &format!("PUT {chat}"),
            json!({ "labelIds": [label] }),
            Works,
        ),
        row("label.getChatLabels", &format!("GET {chat}"), Value::Null, Works),
        row(
            "label.getChatsByLabel",
            &format!("GET /chats/shop/by-label/{label}"),
            Value::Null,
            Works,
        ),
        row(
            "label.getLabelChats",
            &format!("GET /labels/shop/chats?labelId={label}"),
            Value::Null,
            Works,
        ),
        row(
            "label.delete",
            &format!("DELETE /labels/shop/{}", ids.spare_label),
            Value::Null,
            Works,
        ),
    ]
}

/// Users: 7 operations. The key itself is changed at the very end, see `rest`.
fn users(ids: &Ids) -> Vec<Replay> {
    let new =
        json!({ "name": "n8n user", "email": "n8n@example.test", "password": "a long enough password" });
    vec![
        row("user.getAll", "GET /users", Value::Null, Works),
        row("user.create", "POST /users", new, Works),
        row(
            "user.update",
            &format!("PATCH /users/{}", ids.user),
            json!({ "name": "n8n renamed" }),
            Works,
        ),
        row(
            "user.delete",
            &format!("DELETE /users/{}", ids.user),
            Value::Null,
            Works,
        ),
        row("user.getApiKey", "GET /user/api-key", Value::Null, Works),
    ]
}

/// Notifications, status, system, media: 11 operations, and the two that take the key away.
fn rest(ids: &Ids) -> Vec<Replay> {
    vec![
        row(
            "notification.create",
            "POST /notifications",
            json!({ "title": "n8n", "message": "hi", "broadcast": true }),
            Works,
        ),
        row("notification.getAll", "GET /notifications", Value::Null, Works),
        row(
            "notification.markRead",
            "PATCH /notifications/read",
            Value::Null,
            Works,
        ),
        row(
            "notification.delete",
            "DELETE /notifications/delete",
            Value::Null,
            Refused(400, "the node sends no id"),
        ),
        row(
            "status.post",
            "POST /status/shop/update",
            json!({ "text": "n8n status" }),
            Works,
        ),
        row("system.getSettings", "GET /settings/system", Value::Null, Works),
        row(
            "system.updateSettings",
            "POST /settings/system",
            json!({ "appName": "n8n gateway" }),
            Works,
        ),
        row(
            "system.checkUpdates",
            "POST /system/check-updates",
            Value::Null,
            Works,
        ),
        row("media.list", "GET /media", Value::Null, Works),
        row(
            "media.getFile",
            &format!("GET /media/{}", ids.file),
            Value::Null,
            Works,
        ),
        row(
            "media.bulkDelete",
            "DELETE /media",
            json!({ "filenames": [ids.file] }),
            Works,
        ),
        row("user.generate", "POST /user/api-key", Value::Null, Works),
        // The key that was used is worth nothing now, which is what generating one is for.
        row(
            "user.deleteApiKey",
            "DELETE /user/api-key",
            Value::Null,
            Refused(401, "the key was replaced a moment ago"),
        ),
    ]
}

/// A status alone is easily given: what was done has to be seen on the phones.
async fn effects(world: &World) {
    let got = |operation: &'static str, number: &'static str, field: &'static str, wanted: &'static str| async move {
        let is = |message: &Value| {
            message
                .pointer(field)
                .and_then(Value::as_str)
                .is_some_and(|text| text.contains(wanted))
        };
        world.arrives(operation, number, wanted, is).await;
    };
    got("message.sendText", FRIENDS[0], "/text", "from n8n").await;
    got("message.sendMedia", FRIENDS[0], "/caption", "n8n sea").await;
    got("message.sendLocation", FRIENDS[0], "/location/name", "n8n place").await;
    got("message.sendContact", FRIENDS[0], "/contacts/0/name", "Ben").await;
    got("message.sendPoll", FRIENDS[0], "/poll/question", "n8n?").await;
    got("message.sendList", FRIENDS[0], "/text", "Soup").await;
    got("message.sendSticker", FRIENDS[0], "/type", "sticker").await;
    got("message.reply", FRIENDS[0], "/text", "n8n answer").await;
    got("message.react", FRIENDS[0], "/reaction/emoji", "🚀").await;
    got("message.forward", FRIENDS[1], "/text", "n8n umbrellas").await;
    // The others get it after the pause a broadcast makes between two.
    got("message.broadcast", FRIENDS[0], "/text", "n8n news").await;
    got("status.post", FRIENDS[0], "/text", "n8n status").await;
    let screen = async |field: &'static str| {
        let screen = world.control.screen(OWNER).await;
        (screen["chats"][FRIENDS[0]][field] == true).then_some(())
    };
    for (operation, field) in [
        ("chat.archive", "archived"),
        ("chat.mute", "muted"),
        ("chat.pin", "pinned"),
    ] {
        world.seen(operation, field, async || screen(field).await).await;
    }
    let groups = async || {
        let groups = world.control.get("/groups").await;
        let groups = groups["groups"].as_array()?.clone();
        let group = groups
            .into_iter()
            .find(|group| group["subject"] == "n8n subject")?;
        let is_so = group["description"] == "n8n description"
            && group["locked"] == true
            && group["announce"] == false;
        is_so.then_some(())
    };
    world
        .seen("group.updateSettings", "the group as it was set", groups)
        .await;
    let profile = async || (world.control.profile(OWNER).await["about"] == "n8n about").then_some(());
    world.seen("profile.updateStatus", "the about", profile).await;
}
