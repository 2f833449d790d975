//! Scenarios: read, refused, played.

use std::time::Instant;

use serde_json::json;
use wagate_sandbox::Scenario;

use crate::support::{ANN, BOB, TestNetwork};

const ECHO: &str = r#"
name = "echo"

[clock]
start = 2026-01-05T09:00:00Z

[[people]]
name = "Ann"
number = "15550001001"
addressing = "lid"
contacts = [{ who = "Bob", name = "Robert" }]
history = { chats = [{ with = "Bob", lines = [{ from = "them", text = "before", ago = 60 }] }] }

[[people]]
name = "Bob"
number = "15550001002"

[[step]]
by = "Ann"
online = true
within = "20s"

[[step]]
after = "2h"
by = "Bob"
send = { to = "Ann", text = "ping {n}" }
repeat = 3

[[step]]
by = "Bob"
receives = { from = "Ann", text = "echo: ping 3", type = "text" }
as = "answer"

[[step]]
by = "Bob"
read = { chat = "Ann" }

[[step]]
by = "Bob"
send = { to = "Ann", type = "reaction", message = "answer", emoji = "👍" }
as = "thumb"

[[step]]
by = "Bob"
receipt = { of = "thumb", type = "delivered" }

[[step]]
by = "Bob"
receives-nothing = { contains = "ping 4" }
within = "100ms"

[[step]]
by = "Ann"
app-state = { type = "archive", chat = "Bob", archived = true }

[[step]]
expect = { path = "/phones/{Ann}/app-state", at = "/chats/{Bob}", is = { archived = true, pinned = false } }

[[step]]
request = { method = "PUT", path = "/media/faults", body = { delayMs = 99999999 }, status = 400 }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_scenario_is_played_against_a_bot() {
    let scenario = Scenario::parse(ECHO, "echo.toml", None).unwrap();
    assert_eq!((scenario.name(), scenario.steps()), (Some("echo"), 10));
    let network = TestNetwork::start().await;
    network.network.set_up(&scenario).await.unwrap();
    let bot = network.linked(ANN).await;
    let answering = async {
        for round in 1..=3 {
            let text = bot.texts(round).await.pop().unwrap();
            bot.send(BOB, &format!("echo: {text}")).await;
        }
    };
    let started = Instant::now();
    let playing = network.network.play(&scenario, |step| println!("{step}"));
    let (report, ()) = tokio::join!(playing, answering);
    assert!(report.passed(), "{report:?}");
    assert_eq!(report.steps.len(), 10);
    assert!(started.elapsed().as_secs() < 20, "six hours pass at once");
    let inbox = network.inbox(ANN, 3).await;
    // Her bot's answers are there as well.
    let pings: Vec<_> = inbox
        .iter()
        .filter(|message| {
            message["text"]
                .as_str()
                .is_some_and(|text| text.starts_with("ping"))
        })
        .collect();
    let at = |index: usize| pings[index]["timestamp"].as_u64().unwrap();
    // 2026-01-05T11:00:00Z and two hours more each time.
    assert!((1_767_610_800..1_767_610_830).contains(&at(0)), "{}", at(0));
    assert!(at(2) >= at(0) + 4 * 3600);
    // Whatever an inbox shows a step can ask for.
    for field in inbox
        .iter()
        .flat_map(|message| message.as_object().unwrap().keys())
    {
        let step = format!("{ECHO}\n[[step]]\nby = \"Ann\"\nreceives = {{ {field} = 1 }}\n");
        Scenario::parse(&step, "s.toml", None).unwrap();
    }
    let contact = network.get(&format!("/phones/{ANN}/app-state")).await;
    assert_eq!(contact["contacts"][BOB]["name"], "Robert");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_not_as_expected_ends_the_scenario() {
    let text = r#"
[[people]]
name = "Ann"
number = "15550001001"
[[people]]
name = "Bob"
number = "15550001002"
[[step]]
by = "Bob"
send = { to = "Ann", text = "hello" }
[[step]]
by = "Ann"
receives = { from = "Bob", text = "goodbye" }
within = "50ms"
[[step]]
by = "Ann"
send = { to = "Bob", text = "never" }
"#;
    let scenario = Scenario::parse(text, "s.toml", None).unwrap();
    let network = TestNetwork::start().await;
    network.network.set_up(&scenario).await.unwrap();
    let report = network.network.play(&scenario, |_| {}).await;
    assert!(!report.passed());
    assert_eq!(report.steps.len(), 2);
    let failed = report.steps[1].to_string();
    assert!(
        failed.contains("line 11") && failed.contains("text: wanted \"goodbye\", it is \"hello\""),
        "{failed}"
    );
}

#[test]
fn a_scenario_that_makes_no_sense_is_refused_with_line_and_column() {
    let people = "[[people]]\nname = \"Ann\"\nnumber = \"15550001001\"\n";
    let cases = [
        ("x = \n", 1, ""),
        ("people = []\n", 1, "somebody has to be there"),
        ("[[people]]\nname = \"A\"\nnumber = \"1x\"\n", 3, "7 to 15 digits"),
        (
            "[[people]]\nname = \"A\"\nnumbr = \"1\"\n",
            3,
            "unknown field `numbr`",
        ),
    ];
    for (text, line, message) in cases {
        let error = Scenario::parse(text, "s.toml", None).unwrap_err();
        assert_eq!(error.line, line, "{text:?} -> {error}");
        assert!(error.message.contains(message), "{error}");
    }
    let steps = [
        (
            "[[step]]\nby = \"Eve\"\nsend = { to = \"Ann\", text = \"x\" }\n",
            5,
            6,
            "nobody here is called \"Eve\"",
        ),
        (
            "[[step]]\nby = \"Ann\"\nsend = { to = \"Ann\", txt = \"x\" }\n",
            6,
            8,
            "txt",
        ),
        (
            "[[step]]\nby = \"Ann\"\nsend = { to = \"Eve\", text = \"x\" }\n",
            6,
            8,
            "to: nobody",
        ),
        ("[[step]]\nafter = \"soon\"\n", 5, 9, "is not a duration"),
        ("[[step]]\nby = \"Ann\"\n", 4, 1, "does nothing"),
        (
            "[[step]]\nby = \"Ann\"\nonline = true\nlinked = true\n",
            4,
            1,
            "several things",
        ),
        (
            "[[step]]\nby = \"Ann\"\nreceipt = { of = \"x\", type = \"read\" }\n",
            6,
            18,
            "no message before",
        ),
        (
            "[[step]]\nby = \"Ann\"\nreceives = { matches = \"(\" }\n",
            6,
            12,
            "matches",
        ),
        (
            "[[step]]\nby = \"Ann\"\nreceives = { matchs = \"x\" }\n",
            6,
            12,
            "matchs: a message has no such field",
        ),
        (
            "[[step]]\nby = \"Ann\"\nsend = { to = \"Ann\", type = \"reaction\", message = \"x\", emoji = \"+\" }\n",
            6,
            8,
            "message: no message before",
        ),
        (
            "[[step]]\nexpect = { path = \"/state\", is = { id = \"$x\" } }\n",
            4,
            1,
            "no message before is called \"x\"",
        ),
        ("[[groups]]\nby = \"Eve\"\nsubject = \"x\"\n", 4, 1, "by: nobody"),
        (
            "[[groups]]\nby = \"Ann\"\nsubject = \"Ann\"\n",
            4,
            1,
            "there are two called",
        ),
        (
            "[[step]]\nexpect = { path = \"/phones/{Eve}/inbox\", is = 1 }\n",
            5,
            19,
            "names somebody",
        ),
    ];
    for (step, line, column, message) in steps {
        let text = format!("{people}{step}");
        let error = Scenario::parse(&text, "s.toml", None).unwrap_err();
        assert_eq!((error.line, error.column), (line, column), "{step:?} -> {error}");
        assert!(error.message.contains(message), "{error}");
        assert!(error.to_string().starts_with("s.toml:"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scenario_has_groups_and_faults() {
    let text = r#"
[[people]]
name = "Ann"
number = "15550001001"
[[people]]
name = "Bob"
number = "15550001002"
[[people]]
name = "Cat"
number = "15550001003"

[[groups]]
by = "Bob"
subject = "The plans"
members = ["Ann", "Cat"]

[[faults]]
action = "delay"
tag = "message"
number = "Ann"
delayMs = 20

[[step]]
by = "Bob"
send = { to = "The plans", type = "poll", question = "when?", options = ["now", "later"] }
as = "poll"

[[step]]
by = "Cat"
receives = { from = "Bob", chat = "The plans", poll = { question = "when?" } }

[[step]]
by = "Cat"
send = { to = "The plans", type = "vote", poll = "poll", options = ["later"] }

[[step]]
by = "Ann"
receives = { from = "Cat", chat = "The plans", vote = { options = ["later"] } }

[[step]]
by = "Bob"
typing = { to = "The plans" }

[[step]]
by = "Cat"
read = { chat = "The plans" }

[[step]]
by = "Bob"
receipt = { of = "poll", type = "read" }

[[step]]
by = "Ann"
send = { to = "Bob", text = "just us" }

[[step]]
by = "Bob"
receives = { from = "Ann", chat = "Ann" }

[[step]]
request = { path = "/phones/{Bob}/groups/{The plans}/rename", body = { subject = "Done" } }

[[step]]
expect = { path = "/groups/{The plans}", at = "/subject", is = "Done" }

[[step]]
expect = { path = "/faults", at = "/faults/0/action", is = "delay" }
"#;
    let scenario = Scenario::parse(text, "g.toml", None).unwrap();
    let network = TestNetwork::start().await;
    network.network.set_up(&scenario).await.unwrap();
    let report = network.network.play(&scenario, |_| {}).await;
    assert!(report.passed(), "{report:#?}");
    let renamed = report.steps[9].to_string();
    assert!(renamed.contains("/groups/The plans/rename"), "{renamed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_beside_a_scenario_can_be_sent() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("cat.bin"), b"meow").unwrap();
    let text = r#"
[[people]]
name = "Ann"
number = "15550001001"
[[people]]
name = "Bob"
number = "15550001002"
[[step]]
by = "Bob"
send = { to = "Ann", type = "document", file = "cat.bin", file-name = "cat.txt" }
"#
    .replace("file-name", "fileName");
    let path = dir.path().join("s.toml");
    std::fs::write(&path, text).unwrap();
    let scenario = Scenario::load(&path).unwrap();
    let network = TestNetwork::start().await;
    network.network.set_up(&scenario).await.unwrap();
    assert!(network.network.play(&scenario, |_| {}).await.passed());
    let got = network.inbox(ANN, 1).await;
    let id = got[0]["id"].as_str().unwrap();
    assert_eq!(
        network.bytes(&format!("/phones/{ANN}/messages/{id}/media")).await,
        b"meow"
    );
    assert_eq!(got[0]["media"]["fileName"], "cat.txt");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_moves_forward_and_can_be_set() {
    let network = TestNetwork::with_phones("pn").await;
    let before = network.get("/clock").await["now"].as_u64().unwrap();
    let (status, moved) = network.post("/clock", &json!({ "advance": 3_600_000 })).await;
    assert_eq!(status, 200);
    assert!(moved["now"].as_u64().unwrap() >= before + 3_600_000);
    network
        .post("/clock", &json!({ "set": 1_000_000_000_000_u64 }))
        .await;
    network.write(BOB, ANN, "long ago").await;
    let got = network.inbox(ANN, 1).await;
    assert!((1_000_000_000..1_000_000_060).contains(&got[0]["timestamp"].as_u64().unwrap()));
    let (status, wrong) = network.post("/clock", &json!({})).await;
    assert_eq!(
        (status, wrong["field"].as_str()),
        (400, Some("advance")),
        "{wrong}"
    );
}
