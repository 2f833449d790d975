//! The request in each plugin's README, run as it stands there, answers as it says there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::Command;
use wagate_contract::world::{OWNER, announce_release};
use wagate_contract::{Call, World, book::Book, files};

use crate::WAGATE;

/// Whom the READMEs write to; the last one is called Ann.
const PEOPLE: [&str; 3] = ["12025550100", "12025550101", "12025550102"];
const SOON: Duration = Duration::from_secs(30);
/// What an author would not type: no progress bar, and a status that is no success is an error.
const CURLRC: &str = "silent\nshow-error\nfail-with-body\n";

fn plugins() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .expect("the plugins")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let readme = std::fs::read_to_string(entry.path().join("README.md")).expect("a README");
            (entry.file_name().to_string_lossy().into_owned(), readme)
        })
        .collect();
    found.sort();
    found
}

/// The first block of this language that holds a text, and what follows it.
fn block<'a>(readme: &'a str, language: &str, holds: &str) -> Option<(&'a str, &'a str)> {
    let start = format!("```{language}\n");
    let mut rest = readme;
    loop {
        let (_, after) = rest.split_once(&start)?;
        let (found, after) = after.split_once("```")?;
        if found.contains(holds) {
            return Some((found, after));
        }
        rest = after;
    }
}

/// Where an answer is not as it is shown: every field that is shown is there, of the same type.
fn differences(shown: &Value, real: &Value, place: &str, found: &mut Vec<String>) {
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => {
            for (name, value) in shown {
                differences(
                    value,
                    real.get(name).unwrap_or(&Value::Null),
                    &format!("{place}/{name}"),
                    found,
                );
            }
        }
        (Value::Array(shown), Value::Array(real)) => {
            if let Some(first) = shown.first() {
                differences(
                    first,
                    real.first().unwrap_or(&Value::Null),
                    &format!("{place}/0"),
                    found,
                );
            }
        }
        (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_))
        | (Value::Null, Value::Null) => {}
        _ => found.push(format!("{place}: {shown} is shown, and it is {real}")),
    }
}

/// People, a group, the example, a release: what the READMEs talk of.
async fn world() -> World {
    let world = World::start(WAGATE, Book::new([])).await;
    for number in PEOPLE {
        let phone = json!({ "number": number, "name": format!("Phone {number}") });
        world.control.post("/phones", phone).await;
    }
    let ann = json!({ "type": "contact", "number": PEOPLE[2], "name": "Ann" });
    let path = format!("/phones/{OWNER}/app-state");
    world.control.post(&path, json!({ "changes": [ann] })).await;
    let group = json!({ "subject": "Friends", "participants": [format!("{}@s.whatsapp.net", PEOPLE[2])] });
    world
        .asked(&Call::to("POST /groups/{sessionId}/create").json(group))
        .await;
    let plugins = world.gateway.config_dir().join("plugins");
    std::fs::copy(env!("PLUGIN_EXAMPLE"), plugins.join("example.wasm")).expect("the component is copied");
    let admin_file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/example/example.toml");
    let admin_file = std::fs::read_to_string(admin_file).expect("the example's file");
    world.gateway.write_plugin_toml("example", &admin_file);
    announce_release(&world.gateway, &world.files);
    wagate_e2e::eventually("all of it is there", SOON, async || {
        let release = world.asked(&Call::to("POST /system/check-updates")).await;
        let contacts = world.gateway.get("/api/contacts/shop?search=ann").await;
        let groups = world.gateway.get("/api/groups/shop").await;
        let (example, _) = world
            .gateway
            .call(reqwest::Method::GET, "/api/example/shop", None)
            .await;
        let is_there = release.status == 200 && example != 404 && groups[0].is_object();
        (is_there && contacts["data"][0].is_object()).then_some(())
    })
    .await;
    world
}

#[tokio::test]
async fn the_request_in_every_readme_works_and_is_answered_as_shown() {
    let world = world().await;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("readmes");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(".curlrc"), CURLRC).expect("curl's settings");
    std::fs::write(folder.join("picture.png"), files::picture()).expect("a picture");
    let mut wrong = Vec::new();
    for (name, readme) in plugins() {
        let Some((command, after)) = block(&readme, "sh", "curl -").or_else(|| block(&readme, "sh", "curl "))
        else {
            wrong.push(format!("{name}: no curl"));
            continue;
        };
        let run = Command::new("sh")
            .args(["-ec", command])
            .current_dir(&folder)
            .env("CURL_HOME", &folder)
            .env("WAGATE", world.gateway.url(""))
            .env("KEY", wagate_e2e::gateway::ADMIN_KEY)
            .output()
            .await
            .expect("a shell");
        let answer = String::from_utf8_lossy(&run.stdout).into_owned();
        if !run.status.success() {
            let error = String::from_utf8_lossy(&run.stderr).into_owned();
            wrong.push(format!("{name}: {error}{answer}"));
            continue;
        }
        let real: Value = serde_json::from_str(&answer).unwrap_or(Value::Null);
        let shown = block(after, "json", "").map(|(shown, _)| shown.to_owned());
        match shown.and_then(|shown| serde_json::from_str::<Value>(&shown).ok()) {
            Some(shown) => {
                let before = wrong.len();
                differences(&shown, &real, &name, &mut wrong);
                if wrong.len() > before {
                    wrong.push(format!("{name} answers {answer}"));
                }
            }
            None => wrong.push(format!("{name}: no answer is shown as JSON; it is {answer}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
