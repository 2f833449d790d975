//! Answers, in the forms of the contract.

use serde::Serialize;
use serde_json::json;

use crate::error::Error;
use crate::request::Body;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Headers, lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

impl Response {
    /// 200 with the value as it is, without an envelope.
    pub fn json<T: Serialize>(value: &T) -> Result<Self, Error> {
        let text = serde_json::to_string(value).map_err(|error| Error::internal(error.to_string()))?;
        Ok(Self::from_json_text(200, text))
    }

    /// 200 with `{"status":true,"message":...,"data":...}`.
    pub fn data<T: Serialize>(message: &str, data: &T) -> Result<Self, Error> {
        Self::json(&json!({ "status": true, "message": message, "data": data }))
    }

    /// 200 with `{"status":true,"data":...}`.
    pub fn data_only<T: Serialize>(data: &T) -> Result<Self, Error> {
        Self::json(&json!({ "status": true, "data": data }))
    }

    /// 200 with `{"status":true,"message":...}`.
    pub fn message(message: &str) -> Result<Self, Error> {
        Self::json(&json!({ "status": true, "message": message }))
    }

    /// `{"status":false,"message":m,"error":m}`. Handlers return an [`Error`] instead.
    pub fn failure(status: u16, message: &str) -> Self {
        let body = json!({ "status": false, "message": message, "error": message });
        Self::from_json_text(status, body.to_string())
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same answer with another status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    fn from_json_text(status: u16, text: String) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: Body::Text(text),
        }
    }
}
