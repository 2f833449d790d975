//! `wagate check` finds what administrators get wrong: thirty mistakes, each with its place.

use std::path::Path;
use std::process::{Command, Stdio};

use wagate_e2e::gateway::share_cache;

use crate::WAGATE;

/// What stands in `wagate.toml`, and how the report begins and what it has in it.
const SETTINGS: &[(&str, &str, &str)] = &[
    (
        "[http]\nlisten = \"nowhere\"\n",
        "wagate.toml:2:10: ",
        "socket address",
    ),
    (
        "[http]\nlisten_on = \"127.0.0.1:1\"\n",
        "wagate.toml:2:1: ",
        "unknown field `listen_on`",
    ),
    ("[htpp]\n", "wagate.toml:1:2: ", "unknown field `htpp`"),
    (
        "[http]\nheader_timeout_ms = 5\n",
        "wagate.toml:2:21: ",
        "between 100 and 600000",
    ),
    (
        "[http]\nbody_timeout_ms = \"15s\"\n",
        "wagate.toml:2:19: ",
        "invalid type",
    ),
    (
        "[http]\nrequest_timeout_ms = -1\n",
        "wagate.toml:2:22: ",
        "invalid value",
    ),
    (
        "[http]\nmax_body_bytes = 1_000_000_000\n",
        "wagate.toml:2:18: ",
        "between 1024",
    ),
    (
        "[http]\nmax_connections = 0\n",
        "wagate.toml:2:19: ",
        "between 1 and",
    ),
    (
        "[http]\nmax_connections_per_address = 0\n",
        "wagate.toml:2:31: ",
        "between 1 and",
    ),
    (
        "[http]\ntrusted_proxies = [\"proxy\"]\n",
        "wagate.toml:2:19: ",
        "\"proxy\" is no network",
    ),
    (
        "[http]\ntrusted_proxies = \"10.0.0.0/8\"\n",
        "wagate.toml:2:19: ",
        "invalid type",
    ),
    (
        "[http]\ncors_origins = [\"*\"]\n",
        "wagate.toml:2:16: ",
        "\"*\" is no origin",
    ),
    (
        "[http]\ncors_origins = [\"https://a.example/\"]\n",
        "wagate.toml:2:16: ",
        "no origin",
    ),
    (
        "[auth]\nregistration = \"sometimes\"\n",
        "wagate.toml:2:16: ",
        "unknown variant `sometimes`",
    ),
    (
        "[auth]\nmin_password_length = 4\n",
        "wagate.toml:2:23: ",
        "between 6 and 64",
    ),
    (
        "[auth]\nlogin_idle_minutes = 0\n",
        "wagate.toml:2:22: ",
        "between 1 and",
    ),
    (
        "[auth]\nlogin_max_hours = 1.5\n",
        "wagate.toml:2:19: ",
        "invalid type",
    ),
    (
        "[limits]\nkey_per_second = -5\n",
        "wagate.toml:2:18: ",
        "invalid value",
    ),
    ("[limits]\nkey_burst = 0\n", "wagate.toml:2:13: ", "between 1 and"),
    (
        "[proxy]\nprivate_networks = [\"10.0.0.0/40\"]\n",
        "wagate.toml:2:20: ",
        "no network",
    ),
    ("[audit]\nkeep_days = 0\n", "wagate.toml:2:13: ", "between 1 and"),
    (
        "[metrics]\nlisten = \"9090\"\n",
        "wagate.toml:2:10: ",
        "no address",
    ),
    ("[log]\nlevel = \"\"\n", "wagate.toml:2:9: ", "is missing"),
    (
        "[log]\nformat = \"xml\"\n",
        "wagate.toml:2:10: ",
        "unknown variant `xml`",
    ),
    ("[storage]\ndata_dir = 5\n", "wagate.toml:2:12: ", "invalid type"),
    ("[storage\n", "wagate.toml:1:", ""),
    (
        "[log]\nlevel = \"info\"\nlevel = \"warn\"\n",
        "wagate.toml:3:1: ",
        "duplicate key `level`: the first one is in line 2",
    ),
];

/// What stands in a plugin's file.
const PLUGINS: &[(&str, &str, &str, &str)] = &[
    ("messages", "", "messages.toml: ", "empty"),
    (
        "chats",
        "enabled = true\n[limits]\nmemroy_mb = 5\n",
        "chats.toml:3:1: ",
        "memroy_mb",
    ),
    (
        "autoreply",
        "enabled = true\n[grants]\ncapabilities = [\"root\"]\n",
        "autoreply.toml:3:",
        "unknown variant `root`",
    ),
    ("greeter", "enabled = true\n", "greeter.wasm", ""),
    ("wisher", "enabled = treu\n", "wisher.toml:1:", ""),
];

fn write(dir: &Path, name: &str, text: &str) {
    let file = dir.join("config").join(name);
    std::fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
    std::fs::write(file, text).expect("the file is written");
}

/// One problem a line, and the exit code.
fn check(dir: &Path) -> (Option<i32>, Vec<String>) {
    let output = Command::new(WAGATE)
        .arg("check")
        .current_dir(dir)
        .stdin(Stdio::null())
        .output()
        .expect("the binary under test starts");
    let report = String::from_utf8_lossy(&output.stdout);
    (output.status.code(), report.lines().map(str::to_owned).collect())
}

#[test]
fn every_mistake_is_found_where_it_stands() {
    assert!(SETTINGS.len() + PLUGINS.len() >= 30);
    let dir = tempfile::tempdir().expect("a temporary directory");
    // Nothing to compile: it is the settings that are looked at.
    std::fs::create_dir(dir.path().join("data")).expect("a directory");
    share_cache(&dir.path().join("data"));
    assert_eq!(check(dir.path()), (Some(0), vec!["ok".to_owned()]));
    for (text, place, words) in SETTINGS {
        write(dir.path(), "wagate.toml", text);
        let (code, report) = check(dir.path());
        assert_eq!(code, Some(1), "{text}: {report:?}");
        let found = report
            .iter()
            .any(|line| line.contains(place) && line.contains(words));
        assert!(found, "{text}: {place}.. {words}.. is not in {report:?}");
    }
    write(dir.path(), "wagate.toml", "");
    for (plugin, text, place, words) in PLUGINS {
        write(dir.path(), &format!("plugins/{plugin}.toml"), text);
        let (code, report) = check(dir.path());
        assert_eq!(code, Some(1), "{plugin}: {report:?}");
        let found = report
            .iter()
            .any(|line| line.contains(place) && line.contains(words));
        assert!(found, "{plugin}: {place}.. {words}.. is not in {report:?}");
    }
}

#[test]
fn what_is_mistyped_is_told_before_anything_is_compiled() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::create_dir(dir.path().join("data")).expect("a directory");
    write(dir.path(), "wagate.toml", "[http]\nlisten = \"nowhere\"\n");
    write(dir.path(), "plugins/autoreply.toml", "enabled = treu\n");
    write(
        dir.path(),
        "plugins/chats.toml",
        "enabled = true\n[settings]\nmax_chat = 5\n",
    );
    let (code, report) = check(dir.path());
    assert_eq!(code, Some(1), "{report:?}");
    let wanted = [
        ("wagate.toml:2:10: ", "socket address"),
        ("chats.toml:3:1: ", "max_chat"),
        ("autoreply.toml:1:11: ", "expected `true` or `false`"),
    ];
    assert_eq!(report.len(), wanted.len(), "{report:?}");
    for (place, words) in wanted {
        let found = report
            .iter()
            .any(|line| line.contains(place) && line.contains(words));
        assert!(found, "{place}.. {words}.. is not in {report:?}");
    }
    assert!(
        !dir.path().join("data/cache").exists(),
        "compiled plugins would be kept here"
    );
}
