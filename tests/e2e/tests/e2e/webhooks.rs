//! Webhooks over a receiver that misbehaves and a gateway that is killed: everything arrives, in order in each chat, and
//! next to nothing twice.

use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rand::RngExt as _;
use reqwest::Method;
use serde_json::json;
use wagate_e2e::receiver::Hook;
use wagate_e2e::{Act, Gateway, Network, Receiver};

use crate::WAGATE;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// Nightly: 2,000 and 20 (`WAGATE_E2E_MESSAGES`, `WAGATE_E2E_KILLS`).
const MESSAGES: usize = 300;
const KILLS: usize = 3;
const CHATS: usize = 5;
/// Between two messages, so that the kills fall into the stream and not behind it.
const PACE: Duration = Duration::from_millis(20);
const SOON: Duration = Duration::from_mins(2);
/// Receivers of tests are on this machine, and are tried again at once.
pub(crate) const SETTINGS: &[(&str, &str)] = &[
    ("allow_private", "[\"127.0.0.0/8\"]"),
    (
        "retry_ms",
        "[50, 100, 200, 400, 800, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000]",
    ),
    ("timeout_ms", "1500"),
];

pub(crate) fn number(name: &str, default: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

pub(crate) async fn add(gateway: &Gateway, url: &str, events: &[&str]) -> String {
    let webhook = json!({ "url": url, "events": events, "secret": SECRET });
    let answer = gateway.post("/api/webhooks/shop", webhook).await;
    answer["data"]["id"].as_str().expect("an id").to_owned()
}

/// Texts by chat, in the order in which they came first.
pub(crate) fn first_sight(hooks: &[Hook]) -> HashMap<String, Vec<String>> {
    let mut seen = HashSet::new();
    let mut chats: HashMap<String, Vec<String>> = HashMap::new();
    for hook in hooks {
        if seen.insert(hook.header("webhook-id").to_owned()) {
            let data = &hook.json()["data"];
            let text = |field: &str| data[field].as_str().unwrap_or_default().to_owned();
            chats.entry(text("chat")).or_default().push(text("content"));
        }
    }
    chats
}

#[tokio::test]
async fn everything_arrives_over_a_flaky_receiver_and_kill_9() {
    let (messages, kills) = (
        number("WAGATE_E2E_MESSAGES", MESSAGES),
        number("WAGATE_E2E_KILLS", KILLS),
    );
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559001", "pn").await;
    let mut contacts = Vec::new();
    for n in 0..CHATS {
        contacts.push(network.phone(&format!("1202555910{n}"), "pn").await);
    }
    let (flaky, steady) = (Receiver::start().await, Receiver::start().await);
    let mut gateway = Gateway::start_with(WAGATE, &network, SETTINGS);
    gateway.pair("shop", &owner).await;
    add(&gateway, &flaky.url("/flaky"), &["message.received"]).await;
    add(&gateway, &steady.url("/steady"), &["message.received"]).await;
    flaky.decide(|_| match rand::rng().random_range(0..100) {
        0..=4 => Act::Drop,
        5..=9 => Act::Refuse(500),
        10..=14 => Act::TakeSlowly(200),
        15..=18 => Act::Reset,
        _ => Act::Take,
    });

    let writing = async {
        for n in 0..messages {
            contacts[n % CHATS]
                .write(&owner.jid, &format!("message {n}"))
                .await;
            tokio::time::sleep(PACE).await;
        }
    };
    let killing = async {
        let stretch =
            u64::try_from(messages).expect("not so many") * 20 / (u64::try_from(kills).expect("few") + 1);
        for _ in 0..kills {
            let pause = rand::rng().random_range(stretch / 2..stretch);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            gateway.kill();
            gateway.start_again();
        }
    };
    tokio::join!(writing, killing);

    let different = |hooks: &[Hook]| {
        let ids: HashSet<&str> = hooks.iter().map(|hook| hook.header("webhook-id")).collect();
        ids.len()
    };
    let written = Instant::now();
    for (name, receiver) in [("flaky", &flaky), ("steady", &steady)] {
        let what = format!("the {name} receiver has every message");
        let taken = receiver
            .wait(&what, SOON, |hooks| different(hooks) >= messages)
            .await;
        assert_eq!(
            different(&taken),
            messages,
            "{name}: each message is one delivery"
        );
        let chats = first_sight(&taken);
        for (n, contact) in contacts.iter().enumerate() {
            let expected: Vec<String> = (0..messages)
                .filter(|message| message % CHATS == n)
                .map(|message| format!("message {message}"))
                .collect();
            assert_eq!(chats[&contact.jid], expected, "{name}: in order in each chat");
        }
        let repeats = taken.len() - messages;
        println!(
            "{name}: {messages} messages, {kills} kills, {repeats} repeats; all there {:.1} s after the last was written",
            written.elapsed().as_secs_f64()
        );
        assert!(repeats * 50 < messages, "{name}: {repeats} repeats of {messages}");
        let sequences = taken
            .iter()
            .map(|hook| hook.json()["sequence"].as_i64().expect("a number"));
        assert_eq!(
            sequences.collect::<HashSet<_>>().len(),
            messages,
            "{name}: one event a message"
        );
    }
    verify(&flaky.taken());
}

/// The signatures, by an implementation that shares nothing with ours.
fn verify(hooks: &[Hook]) {
    const SCRIPT: &str = r#"
import base64, hashlib, hmac, json, sys
work = json.load(sys.stdin)
secret = work["secret"]
key = base64.b64decode(secret[len("whsec_"):])
for hook in work["hooks"]:
    body = hook["body"].encode()
    contract = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(contract, hook["contract"]), "X-Webhook-Signature"
    signed = (hook["id"] + "." + hook["timestamp"] + ".").encode() + body
    standard = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert standard in hook["standard"].split(" "), "webhook-signature"
print(len(work["hooks"]))
"#;
    let python = Command::new("python3")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut python) = python else {
        assert!(std::env::var_os("CI").is_none(), "python3 is missing");
        return;
    };
    let hooks: Vec<_> = hooks
        .iter()
        .map(|hook| {
            json!({
                "id": hook.header("webhook-id"), "timestamp": hook.header("webhook-timestamp"),
                "standard": hook.header("webhook-signature"), "contract": hook.header("x-webhook-signature"),
                "body": hook.body,
            })
        })
        .collect();
    let work = json!({ "secret": SECRET, "hooks": hooks }).to_string();
    let mut stdin = python.stdin.take().expect("stdin is piped");
    stdin.write_all(work.as_bytes()).expect("python reads");
    drop(stdin);
    let output = python.wait_with_output().expect("python ends");
    assert!(output.status.success(), "a signature does not verify");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        hooks.len().to_string()
    );
}

#[tokio::test]
async fn a_webhook_lives_through_all_its_routes() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559201", "pn").await;
    let contact = network.phone("12025559202", "pn").await;
    let receiver = Receiver::start().await;
    let gateway = Gateway::start_with(WAGATE, &network, SETTINGS);
    gateway.pair("shop", &owner).await;
    // What leads inside is refused with the setting that would open it.
    let inside = json!({ "url": "http://10.1.2.3/hook", "events": ["*"] });
    let (status, refused) = gateway
        .call(Method::POST, "/api/webhooks/shop", Some(inside))
        .await;
    assert_eq!(status, 400, "{refused}");
    assert!(
        refused["error"]
            .as_str()
            .expect("a text")
            .contains("allow_private"),
        "{refused}"
    );

    let id = add(&gateway, &receiver.url("/hook"), &["message.*"]).await;
    let path = format!("/api/webhooks/shop/{id}");
    let test = gateway.post(&format!("{path}/test"), json!({})).await;
    assert_eq!(test["data"]["success"], true, "{test}");
    contact.write(&owner.jid, "hello").await;
    gateway.send("shop", &contact.number, "hello back").await;
    let kind = |hooks: &[Hook], kind: &str| hooks.iter().any(|hook| hook.json()["event"] == kind);
    let taken = receiver
        .wait("received and sent", SOON, |hooks| {
            kind(hooks, "message.received") && kind(hooks, "message.sent")
        })
        .await;
    let sent = taken
        .iter()
        .find(|hook| hook.json()["event"] == "message.sent")
        .expect("it came");
    assert_eq!(
        sent.json()["data"]["from"],
        contact.jid.as_str(),
        "as the contract's version has it"
    );
    verify(&taken);

    let logs = gateway.get(&format!("{path}/logs")).await;
    assert!(logs["total"].as_u64().expect("a number") >= 3, "{logs}");
    let deliveries = gateway
        .get(&format!("{path}/deliveries?status=delivered&limit=1"))
        .await;
    let delivery = deliveries["data"][0]["id"].as_str().expect("an id").to_owned();
    let before = receiver.taken().len();
    gateway
        .post(&format!("{path}/deliveries/{delivery}/redeliver"), json!({}))
        .await;
    let again = receiver
        .wait("it comes again", SOON, |hooks| hooks.len() > before)
        .await;
    assert_eq!(again.last().expect("one").header("webhook-id"), delivery);
    gateway
        .post(&format!("{path}/replay"), json!({ "fromSequence": 1 }))
        .await;
    receiver
        .wait("all come again", SOON, |hooks| hooks.len() > before + 3)
        .await;

    let list = gateway.get("/api/webhooks/shop").await;
    assert!(!list.to_string().contains(SECRET), "no secret is shown");
    assert_eq!(list["data"][0]["secret"], "********");
    let rotated = gateway.post(&format!("{path}/rotate-secret"), json!({})).await;
    assert!(
        rotated["data"]["secret"]
            .as_str()
            .expect("a secret")
            .starts_with("whsec_")
    );
    let database = std::fs::read(gateway.database_file()).expect("the database is read");
    let secret = SECRET.as_bytes();
    assert!(
        !database.windows(secret.len()).any(|window| window == secret),
        "no secret stands in the database"
    );
    let (status, gone) = gateway
        .call(Method::DELETE, &format!("/api/webhooks/{id}"), None)
        .await;
    assert_eq!((status, &gone["success"]), (200, &json!(true)), "the older form");
    assert_eq!(gateway.get("/api/webhooks/shop").await["data"], json!([]));
}
