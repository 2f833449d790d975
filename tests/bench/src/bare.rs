//! What a plugin route is compared with: the same handler in bare axum, in a process of its own like the gateway. Twice:
//! with nothing around it, and behind the check of the API key that every request to the gateway pays for.

use std::path::Path;
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
use tokio::net::TcpListener;
use wagate_protocol::manifest::{Manifest, ManifestError};
use wagate_storage::sqlite::SqliteStorage;
use wagate_storage::{SharedStorage, StorageError};

use crate::gateway::API_KEY;
use crate::rows;

const MANIFEST: &str = include_str!("../../guests/versioned/plugin.toml");

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
