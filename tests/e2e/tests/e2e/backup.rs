//! A backup is taken while messages pour in, and restores to a gateway whose sessions connect without pairing.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use wagate_e2e::gateway::ADMIN_KEY;
use wagate_e2e::{EventStream, Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(40);
const MESSAGES: usize = 60;

fn wagate(args: &[&str]) -> Output {
    Command::new(WAGATE)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("the binary under test starts")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a printable path")
}

#[tokio::test]
async fn a_backup_under_load_restores_to_sessions_that_connect() {
    let network = Network::start(WAGATE);
    let phone = network.phone("12025550650", "pn").await;
    let friend = network.phone("12025550651", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &phone).await;
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join("backup.wgt");
    let url = gateway.url("/api/events?events=backup.progress");
    let mut stream = EventStream::open(&url, ADMIN_KEY, None).await.expect("it opens");
    assert_eq!(gateway.get("/api/system/backup").await["data"], Value::Null);

    let pouring = async {
        for n in 0..MESSAGES {
            friend.write(&phone.jid, &format!("before {n}")).await;
        }
    };
    let data = gateway.data_dir();
    let backing_up = async {
        let (file, data) = (file.clone(), data.clone());
        tokio::task::spawn_blocking(move || wagate(&["backup", text(&file), "--data", text(&data)]))
            .await
            .expect("the backup ends")
    };
    let ((), taken) = tokio::join!(pouring, backing_up);
    assert!(taken.status.success(), "{taken:?}");
    let told = loop {
        let told = stream.events(1, SOON).await.remove(0);
        assert_eq!(told.event, "backup.progress");
        if told.data["data"]["state"] != "running" {
            break told.data["data"].clone();
        }
    };
    assert_eq!(told["state"], "done", "{told}");
    assert_eq!(told["bytesDone"], told["bytesTotal"]);
    let length = std::fs::metadata(&file).expect("the backup is there").len();
    assert_eq!(told["sizeBytes"], length);
    assert_eq!(gateway.get("/api/system/backup").await["data"], told);
    let again = wagate(&["backup", text(&file), "--data", text(&data)]);
    assert!(!again.status.success(), "nothing is overwritten");
    eventually("all are stored", SOON, async || {
        (gateway.stored_texts(&friend.jid, false).await.len() == MESSAGES).then_some(())
    })
    .await;

    // The machine burns down; the network has whatever was not acknowledged.
    gateway.kill();
    let refused = wagate(&["restore", text(&file), "--data", text(&data)]);
    assert!(
        !refused.status.success(),
        "a database is never overwritten: {refused:?}"
    );
    for name in ["wagate.db", "wagate.db-wal", "wagate.db-shm", "secret.key"] {
        let _ = std::fs::remove_file(data.join(name));
    }
    let restored = wagate(&["restore", text(&file), "--data", text(&data)]);
    assert!(restored.status.success(), "{restored:?}");
    let told = String::from_utf8_lossy(&restored.stdout).into_owned();
    assert!(told.contains("1 users, 1 sessions"), "{told}");

    gateway.start_again();
    gateway.wait_status("shop", "CONNECTED").await;
    friend.write(&phone.jid, "after the fire").await;
    eventually("messages arrive again", SOON, async || {
        gateway
            .stored_texts(&friend.jid, false)
            .await
            .contains(&"after the fire".to_owned())
            .then_some(())
    })
    .await;
}

#[test]
fn a_restore_can_forget_the_linked_accounts_and_refuses_what_is_no_backup() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let network = Network::start(WAGATE);
        let phone = network.phone("12025550652", "pn").await;
        let mut gateway = Gateway::start(WAGATE, &network);
        gateway.pair("shop", &phone).await;
        let folder = tempfile::tempdir().expect("a temporary directory");
        let file = folder.path().join("backup.wgt");
        let data = gateway.data_dir();
        assert!(
            wagate(&["backup", text(&file), "--data", text(&data)])
                .status
                .success()
        );
        assert!(gateway.terminate().success());

        let elsewhere = folder.path().join("data");
        let nonsense = folder.path().join("nonsense");
        std::fs::write(&nonsense, "no backup").expect("a file");
        assert!(
            !wagate(&["restore", text(&nonsense), "--data", text(&elsewhere)])
                .status
                .success()
        );
        let restored = wagate(&["restore", text(&file), "--relink", "--data", text(&elsewhere)]);
        assert!(restored.status.success(), "{restored:?}");
        for name in ["wagate.db", "wagate.db-wal", "wagate.db-shm"] {
            let _ = std::fs::remove_file(data.join(name));
        }
        std::fs::rename(elsewhere.join("wagate.db"), data.join("wagate.db")).expect("the database moves in");
        gateway.start_again();
        assert_eq!(gateway.status("shop").await, "LOGGED_OUT");
    });
}
