//! The quickstart is what a newcomer sees first.

use std::process::{Command, Stdio};

use crate::WAGATE;

#[test]
fn the_tour_tells_its_story_and_ends_well() {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config");
    let told = Command::new(WAGATE)
        .args(["tour", "--once", "--config", config])
        .stdin(Stdio::null())
        .output()
        .expect("the binary under test starts");
    let story = String::from_utf8_lossy(&told.stdout);
    assert!(
        told.status.success(),
        "{story}\n{}",
        String::from_utf8_lossy(&told.stderr)
    );
    let first = story.lines().next().unwrap_or_default();
    let ready: serde_json::Value = serde_json::from_str(first).expect("the first line is the ready line");
    assert_eq!(ready["event"], "ready");
    assert!(story.contains("pong"), "{story}");
}

#[test]
fn a_mistyped_settings_directory_is_refused() {
    let checked = Command::new(WAGATE)
        .args(["check", "--config", "no-such-directory"])
        .stdin(Stdio::null())
        .output()
        .expect("the binary under test starts");
    assert!(!checked.status.success());
    assert!(String::from_utf8_lossy(&checked.stderr).contains("no-such-directory"));
}

/// Its bot cannot even start: nobody should have to wait for what a scenario expects of it.
#[test]
fn a_client_that_fails_ends_its_scenario() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = folder.path().join("waits.toml");
    let text = "[[people]]\nname = \"Ann\"\nnumber = \"12025559401\"\n\n\
        [[step]]\nby = \"Ann\"\nonline = true\nwithin = \"1h\"\n";
    std::fs::write(&scenario, text).expect("the scenario is written");
    let played = Command::new(WAGATE)
        .args(["sandbox", "--once", "--scenario"])
        .arg(&scenario)
        .args(["--", "false"])
        .stdin(Stdio::null())
        .output()
        .expect("the binary under test starts");
    assert_eq!(played.status.code(), Some(1));
    let said = String::from_utf8_lossy(&played.stdout);
    assert!(
        said.contains("FAILED  the client ended: exit status: 1"),
        "{said}"
    );
}
