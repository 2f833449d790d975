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
