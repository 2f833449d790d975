//! The control API, called in this process.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use super::plan::Call;

/// A client of the control API.
#[derive(Clone)]
pub(super) struct Control {
    router: Router,
}

impl Control {
    pub(super) fn new(router: Router) -> Self {
        Self { router }
    }

    /// Calls a route; a status that is not right is an error with the answer's own words.
    pub(super) async fn call(&self, call: &Call) -> Result<Value, String> {
        let method = Method::from_bytes(call.method.as_bytes()).map_err(|error| error.to_string())?;
        let request = Request::builder()
            .method(method)
            .uri(call.path.as_str())
            .header("content-type", "application/json")
            .body(Body::from(call.body.to_string()))
            .map_err(|error| error.to_string())?;
        let (status, answer) = self.send(request).await?;
        let right = match call.status {
            Some(wanted) => status.as_u16() == wanted,
            None => status.is_success(),
        };
        if right {
            return Ok(answer);
        }
        let words = answer
            .get("error")
            .and_then(Value::as_str)
            .map_or_else(|| answer.to_string(), str::to_owned);
        Err(format!(
            "{} {} was answered with {status}: {words}",
            call.method, call.path
        ))
    }

    /// Gets a route.
    pub(super) async fn get(&self, path: &str) -> Result<Value, String> {
        self.call(&Call {
            method: "GET".to_owned(),
            path: path.to_owned(),
            body: Value::Null,
            status: None,
        })
        .await
    }

    async fn send(&self, request: Request<Body>) -> Result<(StatusCode, Value), String> {
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .unwrap_or_else(|never| match never {});
        let status = response.status();
        let bytes = response
            .into_body()
            .collect()
            .await
            .map_err(|error| error.to_string())?
            .to_bytes();
        let answer = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Ok((status, answer))
    }
}
