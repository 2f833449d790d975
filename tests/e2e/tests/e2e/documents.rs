//! The commands of README.md, of host/docs and of the sandbox's README, as a reader types them: every block of `sh` runs,
//! from top to bottom, and has to succeed. A block of `sh not-run` is left out; host/docs/contributing.md says when a block may be one.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use wagate_e2e::{Gateway, Network, Receiver};

use crate::WAGATE;

const KEY: &str = wagate_e2e::gateway::ADMIN_KEY;

/// What a request of a document may take: answered with an error, it has failed. A stream (`-sSN`) has no end, and is left
/// after a moment.
const CURL: &str = r#"#!/usr/bin/env bash
PATH=${PATH#*:}
case " $* " in
  *" -sSN "*) timeout 3 curl --fail-with-body "$@"; [ $? -eq 124 ] ;;
  *) exec curl --fail-with-body --max-time 60 "$@" ;;
esac
"#;

/// A document says once that `--config` and `--data` are as for `serve`.
const WAGATE_AS_SERVED: &str = r#"#!/usr/bin/env bash
case "$1" in
  admin | backup) exec "$BINARY" "$@" --config config --data data ;;
  *) exec "$BINARY" "$@" ;;
esac
"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The blocks that are to be run, each with the line it begins in.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    let mut is_other = false;
    for (n, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some("")) => blocks.extend(open.take()),
            (Some((_, block)), _) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, Some("")) => is_other = !is_other,
            (None, Some("sh")) if !is_other => open = Some((n + 2, String::new())),
            (None, Some(_)) => is_other = true,
            (None, None) => {}
        }
    }
    blocks
}

/// One place where documents are tried.
struct Desk<'a> {
    /// Has `config` and `data` in it, as the folder a reader stands in.
    folder: &'a Path,
    /// What the examples call it, and what it is here.
    names: Vec<(&'a str, String)>,
}

impl Desk<'_> {
    /// Runs a document.
    fn run(&self, document: &str) {
        let text = fs::read_to_string(root().join(document)).expect("a document");
        let mut script =
            "set -Eeuo pipefail; shopt -s inherit_errexit\ntrap 'echo \"line $BLOCK: $BASH_COMMAND\" >&2' ERR\n"
                .to_owned();
        let found = blocks(&text);
        assert!(!found.is_empty(), "{document} has commands");
        for (line, block) in found {
            script.extend([format!("BLOCK={line}\n"), block]);
        }
        for (said, meant) in &self.names {
            script = script.replace(said, meant);
        }
        let bin = self.folder.join("bin");
        fs::create_dir_all(&bin).expect("a folder");
        for (name, shim) in [("curl", CURL), ("wagate", WAGATE_AS_SERVED)] {
            fs::write(bin.join(name), shim).expect("a shim");
            fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).expect("it may run");
        }
        let path = std::env::var("PATH").expect("a path");
        let output = Command::new("bash")
            .args(["-c", &script])
            .current_dir(self.folder)
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("BINARY", WAGATE)
            .stdin(Stdio::null())
            .output()
            .expect("bash and curl are here");
        assert!(
            output.status.success(),
            "{document}: {}\n{}",
            String::from_utf8_lossy(&output.stderr),
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_documents_work() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::start_with(WAGATE, &network, &[("allow_private", r#"["127.0.0.1"]"#)]);
    // The people of the tour, as far as the README goes on with them.
    let olivia = network.phone("12025550109", "pn").await;
    let carl = network.phone("12025550102", "pn").await;
    gateway.pair("demo", &olivia).await;
    gateway.send("demo", &carl.jid, "the story's answer").await;
    gateway.admin().make_user("ann", "OWNER").await;
    let receiver = Receiver::start().await;

    let config = gateway.config_dir();
    let folder = config.parent().expect("a folder");
    fs::create_dir(folder.join("backups")).expect("a folder");
    let golden = root().join("tests/goldens/1.0/example.wasm");
    let shown = |path: &Path| path.display().to_string();
    let mut desk = Desk {
        folder,
        names: vec![
            (
                "http://127.0.0.1:45693",
                gateway.url("").trim_end_matches('/').to_owned(),
            ),
            ("http://127.0.0.1:45271", network.control().to_owned()),
            (
                "http://127.0.0.1:3000",
                gateway.url("").trim_end_matches('/').to_owned(),
            ),
            ("wag_...", KEY.to_owned()),
            ("https://example.com/hook", receiver.url("/hook")),
            (r#"\"...\""#, r#"\"password of ann\""#.to_owned()),
        ],
    };
    desk.run("README.md");
    let answers = gateway.messages("shop", &carl.jid).await;
    let words = answers.iter().filter_map(|message| message["content"].as_str());
    let words: Vec<&str> = words.collect();
    assert_eq!(
        words,
        [
            "hello Carl",
            "your hours?",
            "9 to 17",
            "address",
            "1 Example Street",
            // The same with a mistake in the file.
            "address",
            "1 Example Street"
        ],
        "what the README promises"
    );
    desk.run("host/docs/api.md");

    // These go on in a shell in which the ones of the API stand.
    let shell = format!(
        "set -Eeuo pipefail\nAPI={}\nKEY={KEY}\n",
        gateway.url("").trim_end_matches('/')
    );
    desk.names.push(("set -Eeuo pipefail;", shell));
    desk.run("host/docs/webhooks.md");
    assert!(!receiver.taken().is_empty(), "the receiver got the test");

    desk.names.extend([
        ("ann@example.test", "olive@example.test".to_owned()),
        ("--config DIR", "--config config".to_owned()),
        ("FILE.wasm", shown(&golden)),
        ("FILE.toml", shown(&root().join("plugins/example/example.toml"))),
        ("/backups/", format!("{}/", shown(&folder.join("backups")))),
        ("/new/place", shown(&folder.join("restored"))),
    ]);
    desk.run("host/docs/operations.md");
    assert!(folder.join("restored/wagate.db").is_file());

    let control = format!("set -Eeuo pipefail\nCONTROL={}\n", network.control());
    desk.names.insert(0, ("set -Eeuo pipefail;", control));
    desk.run("host/docs/sandbox.md");
    assert_eq!(
        json!(network.state().await["phones"].as_array().map(Vec::len)),
        json!(4)
    );
    the_sandbox_readme(&network, &gateway, folder).await;
}

/// Its people are new on this network, and link two sessions. What is only known by an answer is taken from there.
async fn the_sandbox_readme(network: &Network, gateway: &Gateway, folder: &Path) {
    gateway.create_session("scanned").await;
    gateway.create_session("typed").await;
    let pair = format!(
        r#"pair() {{
  curl -sS -H "X-API-Key: {KEY}" -H "Content-Type: application/json" {} -d '{{"phoneNumber": "12025550171"}}' |
    grep -o '"pairingCode":"[^"]*"' | cut -d '"' -f 4
}}"#,
        gateway.url("/api/sessions/typed/pair")
    );
    let shell = format!("set -Eeuo pipefail\nBASE={}\n{pair}\n", network.control());
    let members = r#"-d '{"subject": "Plans", "members": ["12025550172"]}'"#;
    let group = format!("{members} | tee made; GROUP=$(grep -o '[0-9]*@g.us' made | head -n 1)");
    let desk = Desk {
        folder,
        names: vec![
            ("set -Eeuo pipefail;", shell),
            ("12025550101", "12025550171".to_owned()),
            ("12025550102", "12025550172".to_owned()),
            ("2@...,...,...,...,9", gateway.qr("scanned").await),
            (r#""ABCD-1234""#, r#""'$(pair)'""#.to_owned()),
            (members, group),
            (r#""120363...@g.us""#, r#""'$GROUP'""#.to_owned()),
            // Nobody writes to Bob.
            ("wait=5000", "wait=50".to_owned()),
        ],
    };
    desk.run("host/sandbox/README.md");
}

#[test]
fn blocks_are_found_with_their_lines() {
    let text = "a\n```sh\none\n```\n\n```sh not-run\ntwo\n```\n```js\n```\n```text\n```sh\n```\n```sh\nthree\nfour\n```\n";
    let found = blocks(text);
    assert_eq!(found[0], (3, "one\n".to_owned()));
    assert_eq!(
        found.last().map(|(_, block)| block.as_str()),
        Some("three\nfour\n")
    );
    assert_eq!(found.len(), 2);
}
