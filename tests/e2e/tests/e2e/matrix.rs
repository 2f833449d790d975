//! Every route there is, by everybody there is: generated from the live document, so that a new route is covered by being
//! there. Who may not is told so, nothing fails, and no byte of another tenant is in any answer.

use std::time::Duration;

use futures::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};
use wagate_e2e::caller::Answer;
use wagate_e2e::{Caller, Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(30);
/// In everything that belongs to the first tenant, and in nothing of anybody else's.
const CANARY: &str = "canarytenant";
/// What they are about belongs to a session that only their id leads to: an unknown id is refused as a foreign one is.
const BEHIND_AN_ID: [&str; 2] = ["/api/media/{filename}", "/api/webhooks/{id}"];
/// Those before may do nothing with the session; this one only reads.
const FIRST_WITH_RIGHTS: &str = "out-of-scope key";
/// Requests at the same time.
const AT_ONCE: usize = 8;

/// What a route asks for, as the document says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    Nothing,
    /// A user, about themselves.
    Myself,
    Read,
    Send,
    Manage,
    Admin,
}

/// An operation of the document.
#[derive(Debug, Clone)]
struct Operation {
    method: Method,
    template: String,
    asks: Asks,
    /// The parameter that names a session, if there is one.
    session: Option<String>,
    /// The session stands in the body.
    in_body: bool,
    /// Only its owner may.
    owner_only: bool,
    /// Changes what the later requests need: asked only of those who must be refused.
    destructive: bool,
}

/// Somebody, and what they may.
struct Somebody {
    name: &'static str,
    caller: Caller,
    /// None: not let in at all.
    may: Option<&'static [Asks]>,
    /// What they are to the session.
    is_owner: bool,
    may_use: bool,
    sees_canary: bool,
}

/// Shows a secret, which is for whoever made the webhook.
const ROTATE: &str = "/rotate-secret";

fn operations(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (template, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let method: Method = method.to_uppercase().parse().expect("a method");
            let is_public = operation["security"].as_array().is_some_and(Vec::is_empty);
            let asks = match operation["x-action"].as_str() {
                Some("read") => Asks::Read,
                Some("send") => Asks::Send,
                Some("manage") => Asks::Manage,
                Some(action) => {
                    assert_eq!(action, "admin", "an unknown action");
                    Asks::Admin
                }
                None if is_public => Asks::Nothing,
                None if template.starts_with("/api/user") => Asks::Myself,
                None => Asks::Admin,
            };
            let session = session_parameter(template);
            let fields = &operation["requestBody"]["content"]["application/json"]["schema"]["properties"];
            // A session that is made is named in a body as well.
            let in_body = session.is_none() && template != "/api/sessions" && fields["sessionId"].is_object();
            // Whoever made the webhook made it as the owner here.
            let rotates = template.ends_with(ROTATE);
            let owner_only = template.ends_with("/access")
                || template.ends_with("/logout")
                || rotates
                || (method == Method::DELETE && template == "/api/sessions/{id}/settings");
            found.push(Operation {
                destructive: owner_only && !rotates && !template.ends_with("/access")
                    || template == "/api/auth/signout",
                method,
                template: template.clone(),
                asks,
                session,
                in_body,
                owner_only,
            });
        }
    }
    found
}

fn session_parameter(template: &str) -> Option<String> {
    if template.contains("{sessionId}") {
        return Some("{sessionId}".to_owned());
    }
    let of_session = template.starts_with("/api/sessions/{id}") || template == "/api/system/monitor/{id}";
    of_session.then(|| "{id}".to_owned())
}

/// What there is in the first tenant's session: what a path ends in, and the id that leads to it.
type Thing = (&'static str, String);

/// Whether the path leads to something that is there.
fn is_about_a_thing(operation: &Operation, things: &[Thing]) -> bool {
    things.iter().any(|(part, _)| operation.template.contains(part))
}

/// The path with its session named, and something that is there, or plausible, for the rest.
fn path(operation: &Operation, session: &str, things: &[Thing]) -> String {
    let mut path = operation.template.clone();
    if let Some(parameter) = &operation.session {
        path = path.replace(parameter.as_str(), session);
    }
    for (part, id) in things {
        if let Some((before, _)) = part.split_once('{') {
            path = path.replace(part, &format!("{before}{id}"));
        }
    }
    path = path.replace("{jid}", "12025550699@s.whatsapp.net");
    while let (Some(start), Some(end)) = (path.find('{'), path.find('}')) {
        path.replace_range(start..=end, "0190f5fe-0000-7000-8000-00000000000a");
    }
    path
}

async fn ask(operation: &Operation, caller: &Caller, session: &str, things: &[Thing]) -> Answer {
    let reads = matches!(operation.method, Method::GET | Method::HEAD);
    let body = (!reads).then(|| {
        if operation.in_body {
            json!({ "sessionId": session })
        } else {
            json!({})
        }
    });
    caller
        .call(operation.method.clone(), &path(operation, session, things), body)
        .await
}

/// One of everything, each with the canary in it.
async fn make_things(owner: &Caller, friend: &str) -> Vec<Thing> {
    let made = async |path: &str, body: Value| {
        let answer = owner.post(path, body).await;
        assert!(answer.status < 300, "{path}: {}", answer.text);
        answer.body
    };
    // The row is `data`, or the one thing in it.
    let id = |body: &Value| {
        let data = &body["data"];
        let inside = data.as_object().and_then(|fields| fields.values().next());
        let row = if data["id"].is_string() {
            data
        } else {
            inside.expect("a row")
        };
        row["id"].as_str().expect("an id").to_owned()
    };
    let rule = json!({ "keyword": format!("{CANARY} word"), "response": format!("{CANARY} answer") });
    let rule = made("/api/autoreplies/shop", rule).await;
    let hook = json!({ "name": CANARY, "url": format!("https://{CANARY}.example/in"), "events": ["message.received"] });
    let hook = made("/api/webhooks/shop", hook).await;
    #[expect(
        clippy::disallowed_methods,
        reason = "the gateway under test lives by the clock of this machine"
    )]
    let now = chrono::Utc::now();
    let next_year = (now + chrono::Duration::days(365)).to_rfc3339();
    let plan = json!({ "jid": friend, "content": format!("{CANARY} later"), "sendAt": next_year });
    let plan = made("/api/scheduler/shop", plan).await;
    let label = made("/api/labels/shop", json!({ "name": format!("{CANARY} label") })).await;
    let sent = json!({ "message": { "text": format!("{CANARY} sent") } });
    let sent = made(&format!("/api/messages/shop/{friend}/send"), sent).await;
    let all = json!({ "recipients": [friend], "message": format!("{CANARY} to all"), "delay": 0 });
    made("/api/messages/shop/broadcast", all).await;
    let history = owner.get("/api/messages/shop/broadcast/history").await.body;
    let key = made("/api/user/api-keys", json!({ "name": CANARY })).await;
    vec![
        ("/{replyId}", id(&rule)),
        ("/webhooks/{id}", id(&hook)),
        ("/webhooks/shop/{id}", id(&hook)),
        ("/webhooks/no-such-session/{id}", id(&hook)),
        ("/{scheduleId}", id(&plan)),
        ("/{labelId}", id(&label)),
        (
            "/{messageId}",
            sent["data"]["key"]["id"].as_str().expect("an id").to_owned(),
        ),
        (
            "/{logId}",
            history["data"][0]["id"].as_str().expect("an id").to_owned(),
        ),
        ("/api-keys/{id}", id(&key)),
    ]
}

/// Where the owner finds them.
const LISTS: [&str; 5] = [
    "/api/autoreplies/shop",
    "/api/webhooks/shop",
    "/api/scheduler/shop",
    "/api/labels/shop",
    "/api/user/api-keys",
];

/// Whether this is a decision against the caller.
fn is_refusal(status: u16) -> bool {
    matches!(status, 401 | 403)
}

#[tokio::test]
async fn everybody_gets_what_is_theirs_and_nothing_else() {
    let network = Network::start(WAGATE);
    let phone = network.phone("12025550690", "pn").await;
    let friend = network.phone("12025550691", "pn").await;
    let gateway = Gateway::start(WAGATE, &network);
    let base = gateway.url("");
    let admin = gateway.admin();
    let (_, owner) = admin.make_user(&format!("{CANARY}-ann"), "OWNER").await;
    let (_, shared) = admin.make_user("ben", "OWNER").await;
    let (_, staff) = admin.make_user("sue", "STAFF").await;
    let (_, other) = admin.make_user("eve", "OWNER").await;
    let (_, idle) = admin.make_user("ida", "STAFF").await;
    let (former_id, former) = admin.make_user("tom", "OWNER").await;
    let session = "shop";
    let name = format!("{CANARY} shop");
    owner
        .post("/api/sessions", json!({ "name": name, "sessionId": session }))
        .await;
    other
        .post("/api/sessions", json!({ "name": "Lair", "sessionId": "lair" }))
        .await;
    phone.scan(&gateway.qr(session).await).await;
    gateway.wait_status(session, "CONNECTED").await;
    friend.write(&phone.jid, &format!("{CANARY} message")).await;
    eventually("the message is stored", SOON, async || {
        (!gateway.stored_texts(&friend.jid, false).await.is_empty()).then_some(())
    })
    .await;
    let things = make_things(&owner, &friend.jid).await;
    for email in ["ben@example.test", "sue@example.test", "tom@example.test"] {
        let granted = owner
            .post("/api/sessions/shop/access", json!({ "email": email }))
            .await;
        assert_eq!(granted.status, 201, "{}", granted.text);
    }
    let body = json!({ "userId": former_id });
    let gone = owner
        .call(Method::DELETE, "/api/sessions/shop/access", Some(body))
        .await;
    assert_eq!(gone.status, 200, "{}", gone.text);
    let shed = json!({ "name": format!("{CANARY} shed"), "sessionId": "shed" });
    owner.post("/api/sessions", shed).await;
    let elsewhere = owner.make_key(json!({ "sessions": ["shed"] })).await;
    let out_of_scope = owner.make_key(json!({ "scopes": ["read"] })).await;
    let bound = other.make_key(json!({ "sessions": ["lair"] })).await;
    let revoked = owner.make_key(json!({})).await;
    let keys = owner.get("/api/user/api-keys").await.body;
    let id = keys["data"][0]["id"].as_str().expect("the newest key");
    owner
        .call(Method::DELETE, &format!("/api/user/api-keys/{id}"), None)
        .await;
    let expired = owner
        .make_key(json!({ "expiresAt": "2999-01-01T00:00:00Z" }))
        .await;
    sqlx::query("UPDATE api_keys SET expires_at = 1 WHERE expires_at IS NOT NULL")
        .execute(&mut gateway.database(true).await)
        .await
        .expect("the key expires");

    let operations = operations(&admin.get("/api/docs").await.body);
    assert!(operations.len() > 40, "{}", operations.len());
    const OWNER: &[Asks] = &[Asks::Nothing, Asks::Myself, Asks::Read, Asks::Send, Asks::Manage];
    const STAFF: &[Asks] = &[Asks::Nothing, Asks::Myself, Asks::Read, Asks::Send];
    const ADMIN: &[Asks] = &[
        Asks::Nothing,
        Asks::Myself,
        Asks::Read,
        Asks::Send,
        Asks::Manage,
        Asks::Admin,
    ];
    const READER: &[Asks] = &[Asks::Nothing, Asks::Read];
    const BOUND: &[Asks] = &[Asks::Nothing, Asks::Read, Asks::Send, Asks::Manage];
    let somebody = |name, caller: &Caller, may, is_owner, may_use, sees_canary| Somebody {
        name,
        caller: caller.clone(),
        may,
        is_owner,
        may_use,
        sees_canary,
    };
    // Those who get in last, because they change things.
    let everybody = [
        somebody("nobody", &Caller::nobody(&base), None, false, false, false),
        somebody("junk key", &gateway.caller("junk"), None, false, false, false),
        somebody("revoked key", &revoked, None, false, false, false),
        somebody("expired key", &expired, None, false, false, false),
        somebody("another tenant", &other, Some(OWNER), false, false, false),
        somebody(
            "another tenant's bound key",
            &bound,
            Some(BOUND),
            false,
            false,
            false,
        ),
        somebody("staff of nobody", &idle, Some(STAFF), false, false, false),
        somebody("no more shared", &former, Some(OWNER), false, false, false),
        somebody(
            "owner's key of another session",
            &elsewhere,
            Some(BOUND),
            false,
            false,
            true,
        ),
        somebody(FIRST_WITH_RIGHTS, &out_of_scope, Some(READER), true, true, true),
        somebody("shared staff", &staff, Some(STAFF), false, true, true),
        somebody("shared user", &shared, Some(OWNER), false, true, true),
        somebody("superadmin", &admin, Some(ADMIN), true, true, true),
        somebody("owner", &owner, Some(OWNER), true, true, true),
    ];
    let mut problems = Vec::new();
    for who in &everybody {
        if who.name == FIRST_WITH_RIGHTS {
            // Nobody so far could change anything.
            for list in LISTS {
                let there = owner.get(list).await.text;
                assert!(there.contains(CANARY), "{list}: {there}");
            }
        }
        let asked = operations
            .iter()
            .map(|operation| check(operation, who, session, &things));
        let found: Vec<Option<String>> = futures::stream::iter(asked).buffered(AT_ONCE).collect().await;
        problems.extend(found.into_iter().flatten());
    }
    assert!(
        problems.is_empty(),
        "{} problems:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

/// What is wrong with the answer, if anything.
/// Keys for some sessions.
const KEYS_FOR_SOME: &[&str] = &["another tenant's bound key", "owner's key of another session"];

async fn check(operation: &Operation, who: &Somebody, session: &str, things: &[Thing]) -> Option<String> {
    let names_session = operation.session.is_some() || operation.in_body;
    let allowed = who.may.is_some_and(|may| may.contains(&operation.asks))
        && (!names_session || who.may_use)
        && (!operation.owner_only || who.is_owner)
        // What is about no session is about more than what these keys are for.
        && !(KEYS_FOR_SOME.contains(&who.name) && operation.template.starts_with("/api/notifications"));
    let allowed = allowed || operation.asks == Asks::Nothing;
    if allowed && (operation.destructive || changes_ones_own_key(operation)) {
        return None;
    }
    let answer = ask(operation, &who.caller, session, things).await;
    let problem = |what: &str| {
        Some(format!(
            "{}: {} {}: {} {what}: {}",
            who.name,
            operation.method,
            operation.template,
            answer.status,
            answer.text.chars().take(200).collect::<String>()
        ))
    };
    if answer.status >= 500 && answer.status != 503 {
        return problem("fails");
    }
    if !who.sees_canary && answer.text.contains(CANARY) {
        return problem("tells of another tenant");
    }
    if operation.asks == Asks::Nothing {
        return None;
    }
    if !allowed && who.may_use && operation.template.ends_with(ROTATE) {
        // No stranger: told who decides, unless it was deleted a moment ago.
        return if matches!(answer.status, 403 | 404) {
            None
        } else {
            problem("is not refused")
        };
    }
    if !allowed {
        let expected = if who.may.is_none() { 401 } else { 403 };
        // The contract has a 401 for one of them.
        let is_expected = answer.status == expected
            || (operation.template == "/api/settings/system" && answer.status == 401);
        if !is_expected {
            return problem("is not refused");
        }
        return stranger_learns_something(operation, who, &answer, things).await;
    }
    // Only its id leads there: to others it is not.
    let is_theirs = if operation.template.starts_with("/api/user/") {
        who.name == "owner"
    } else {
        who.may_use
    };
    let is_foreign = !is_theirs && is_about_a_thing(operation, things);
    if is_foreign && !matches!(answer.status, 403 | 404) {
        return problem("is not hidden");
    }
    let is_behind_an_id = is_foreign || BEHIND_AN_ID.contains(&operation.template.as_str());
    let is_hidden = is_behind_an_id && answer.status == 403;
    if is_refusal(answer.status) && !is_hidden {
        return problem("is refused");
    }
    None
}

/// A session of somebody else and one that does not exist answer alike, byte for byte, but for the request's id.
async fn stranger_learns_something(
    operation: &Operation,
    who: &Somebody,
    answer: &Answer,
    things: &[Thing],
) -> Option<String> {
    if operation.session.is_none() && !operation.in_body {
        return None;
    }
    let unknown = ask(operation, &who.caller, "no-such-session", things).await;
    let plain = |answer: &Answer| {
        let mut body = answer.body.clone();
        body["requestId"] = Value::Null;
        (answer.status, body)
    };
    (plain(answer) != plain(&unknown)).then(|| {
        format!(
            "{}: {} {}: foreign {} and unknown {} differ",
            who.name, operation.method, operation.template, answer.text, unknown.text
        )
    })
}

/// Whoever calls it has another key afterwards.
fn changes_ones_own_key(operation: &Operation) -> bool {
    operation.template == "/api/user/api-key" && operation.method != Method::GET
}
