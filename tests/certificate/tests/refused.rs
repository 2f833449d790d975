//! Without the `sandbox` feature the engine checks who answers: the sandbox network is refused, no session gets as far
//! as a QR code.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use wagate_engine::{Engine, EngineOptions, Network as Target, SystemClock};
use wagate_sandbox::{MediaOptions, Network, NetworkOptions};
use wagate_storage::SharedStorage;
use wagate_storage::api_keys::ApiKeyRow;
use wagate_storage::sessions::{Desired, SessionRow};
use wagate_storage::sqlite::SqliteStorage;
use wagate_storage::users::{Role, UserRow};

const REFUSED_WITHIN: Duration = Duration::from_secs(30);

/// The library tells why a handshake failed in its log only.
struct Listening(SyncSender<String>);

impl log::Log for Listening {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = record.args().to_string();
        if line.to_lowercase().contains("certificate") {
            // Full means that enough was heard.
            let _ = self.0.try_send(line);
        }
    }

    fn flush(&self) {}
}

fn listen() -> Receiver<String> {
    let (sender, heard) = sync_channel(64);
    log::set_logger(Box::leak(Box::new(Listening(sender)))).expect("the first logger");
    log::set_max_level(log::LevelFilter::Debug);
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_without_the_sandbox_feature_refuses_the_sandboxs_certificate() {
    let heard = listen();
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let network = Network::start(NetworkOptions { listen: loopback, control: loopback, data_dir: None, media: MediaOptions::default() })
        .await
        .expect("the network starts");

    let dir = tempfile::tempdir().expect("a temporary directory");
    let storage: SharedStorage =
        Arc::new(SqliteStorage::open(&dir.path().join("wagate.db")).await.expect("the storage opens"));
    let session = insert_session(&storage).await;
    let network_of = Target::Sandbox { ws_url: network.ws_url(), media_ca: None };
    let options = EngineOptions::new(network_of, dir.path().join("media"));
    let engine = Engine::open(Arc::clone(&storage), Arc::new(SystemClock), options).await.expect("the engine opens");
    engine.start(&session).await.expect("the session starts");

    let refusal = tokio::task::spawn_blocking(move || heard.recv_timeout(REFUSED_WITHIN))
        .await
        .expect("the wait ends")
        .expect("the library says that it refused the certificate");
    assert!(refusal.to_lowercase().contains("fail"), "{refusal}");

    let snapshot = engine.snapshot(&session).expect("the session is known");
    assert_eq!(snapshot.qr, None, "no QR was shown");
    let state: serde_json::Value = reqwest::get(format!("{}/state", network.control_url()))
        .await
        .expect("the network answers")
        .json()
        .await
        .expect("the network answers JSON");
    assert_eq!(state["waiting"], 0, "nobody waits to be linked: {state}");
    assert_eq!(state["counters"]["linked"], 0, "{state}");

    engine.shutdown().await;
    network.shutdown().await;
}

async fn insert_session(storage: &SharedStorage) -> String {
    let user = UserRow {
        id: wagate_storage::new_row_id(),
        email: "admin@example.test".to_owned(),
        name: None,
        password_hash: None,
        role: Role::SuperAdmin,
        disabled: false,
        created_at: 0,
        updated_at: 0,
    };
    let key = ApiKeyRow {
        id: wagate_storage::new_row_id(),
        user_id: user.id.clone(),
        name: "test".to_owned(),
        hash: vec![0; 32],
        last4: "0000".to_owned(),
        ..ApiKeyRow::default()
    };
    let session = SessionRow {
        id: wagate_storage::new_row_id(),
        user_id: user.id.clone(),
        slug: "shop".to_owned(),
        name: "shop".to_owned(),
        desired: Desired::Stopped,
        status: "STOPPED".to_owned(),
        cause: None,
        pn: None,
        lid: None,
        push_name: None,
        config: "{}".to_owned(),
        created_at: 0,
        updated_at: 0,
    };
    let id = session.id.clone();
    assert!(storage.insert_first_user(user, key).await.expect("the user is written"));
    storage.insert_session(session).await.expect("the session is written");
    id
}
