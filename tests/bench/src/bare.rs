//! What a plugin route is compared with: the same handler in bare axum, in a process of its own like the gateway. Twice:
//! with nothing around it, and behind the check of the API key that every request to the gateway pays for. Besides, a
//! counter in the same storage as the plugins' store.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::net::TcpListener;
use wagate_protocol::manifest::{Manifest, ManifestError};
use wagate_storage::sqlite::SqliteStorage;
use wagate_storage::{SharedStorage, StorageError};

use crate::gateway::API_KEY;
use crate::process::Process;
use crate::{rows, scratch};

const MANIFEST: &str = include_str!("../../guests/versioned/plugin.toml");

/// Where the counter is: namespace and key.
pub(crate) const COUNTER: (&str, &str) = ("bare", "session/counters/visits");
/// Nobody else raises it.
const TRIES: usize = 3;

/// Starts the server as a process of its own, with its data.
pub(crate) fn start() -> anyhow::Result<(TempDir, Process)> {
    let data = scratch::directory()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("bare-server").arg("--data").arg(data.path());
    let server = Process::start(&mut command, &data.path().join("bare.log"))?;
    Ok((data, server))
}

/// What the guest `versioned` does at each request, reading its manifest included.
pub(crate) fn versioned() -> Result<Value, ManifestError> {
    let manifest = Manifest::parse(MANIFEST)?;
    Ok(json!({ "version": manifest.version, "word": "" }))
}

/// Serves until the process is killed. Its database is made in `data`.
pub(crate) async fn serve(data: &Path) -> anyhow::Result<()> {
    let storage: SharedStorage = Arc::new(SqliteStorage::open(&data.join("bare.db")).await?);
    rows::add_user(&storage, hash(API_KEY)).await?;
    let app = Router::new()
        .route("/bare", get(show))
        .route("/checked", get(show_checked))
        .route("/counter", get(show_counter).post(raise_counter))
        .with_state(storage);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    println!("{}", json!({ "event": "ready", "http": url }));
    // As the gateway does it.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, app).await.context("the bare server ended")
}

async fn show() -> Response {
    match versioned() {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn show_checked(State(storage): State<SharedStorage>, headers: HeaderMap) -> Response {
    match is_known(&storage, &headers).await {
        Ok(true) => show().await,
        Ok(false) => StatusCode::UNAUTHORIZED.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Raises the counter as the plugin does it: reads, adds, and writes if nobody else has written meanwhile.
pub(crate) async fn raise(storage: &SharedStorage) -> Result<u64, StorageError> {
    let mut next = 0;
    for _ in 0..TRIES {
        let stored = storage.plugin_get(COUNTER.0, COUNTER.1).await?;
        next = stored.as_deref().map_or(0, number) + 1;
        let value = next.to_string().into_bytes();
        if storage
            .plugin_compare_and_put(COUNTER.0, COUNTER.1, stored, value)
            .await?
        {
            break;
        }
    }
    Ok(next)
}

fn number(bytes: &[u8]) -> u64 {
    std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

async fn show_counter(State(storage): State<SharedStorage>) -> Response {
    let stored = storage.plugin_get(COUNTER.0, COUNTER.1).await;
    counter(stored.map(|stored| stored.as_deref().map_or(0, number)))
}

async fn raise_counter(State(storage): State<SharedStorage>) -> Response {
    counter(raise(&storage).await)
}

fn counter(value: Result<u64, StorageError>) -> Response {
    match value {
        Ok(value) => Json(json!({ "data": { "name": "visits", "value": value } })).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// The gateway's check: the key's hash is looked up in the database.
async fn is_known(storage: &SharedStorage, headers: &HeaderMap) -> Result<bool, StorageError> {
    let Some(key) = headers.get("x-api-key").and_then(|key| key.to_str().ok()) else {
        return Ok(false);
    };
    Ok(storage.api_key_by_hash(&hash(key)).await?.is_some())
}

fn hash(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}
