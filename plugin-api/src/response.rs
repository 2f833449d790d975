//! Answers, in the forms of the contract.

use serde::Serialize;
use serde_json::{Map, Value, json};

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

    /// 200 with `{"status":true,"success":true,"message":...,"data":...}`: `status` and `success` say the same, for the two
    /// kinds of clients that live.
    pub fn data<T: Serialize>(message: &str, data: &T) -> Result<Self, Error> {
        Self::json(&json!({ "status": true, "success": true, "message": message, "data": data }))
    }

    /// 200 with `{"status":true,"success":true,"data":...}`.
    pub fn data_only<T: Serialize>(data: &T) -> Result<Self, Error> {
        Self::json(&json!({ "status": true, "success": true, "data": data }))
    }

    /// 200 with `{"status":true,"success":true,"message":...}`.
    pub fn message(message: &str) -> Result<Self, Error> {
        Self::json(&json!({ "status": true, "success": true, "message": message }))
    }

    /// 200 with `{"status":true,"success":true}` and the fields of `fields`, an object: for what the contract has beside
    /// `message` and `data`.
    pub fn with_fields<T: Serialize>(fields: &T) -> Result<Self, Error> {
        let fields = serde_json::to_value(fields).map_err(|error| Error::internal(error.to_string()))?;
        let Value::Object(fields) = fields else {
            return Err(Error::internal("the fields of an answer are an object"));
        };
        let mut answer = Map::new();
        answer.insert("status".to_owned(), Value::Bool(true));
        answer.insert("success".to_owned(), Value::Bool(true));
        answer.extend(fields);
        Self::json(&answer)
    }

    /// `{"status":false,"message":m,"error":m}`. Handlers return an [`Error`] instead.
    pub fn failure(status: u16, message: &str) -> Self {
        let body = json!({ "status": false, "message": message, "error": message });
        Self::from_json_text(status, body.to_string())
    }

    /// The same with a code for programs.
    pub(crate) fn failure_with_code(status: u16, message: &str, code: &str) -> Self {
        let body = json!({ "status": false, "message": message, "error": message, "code": code });
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Response;
    use crate::request::Body;

    fn read(response: &Response) -> Value {
        match &response.body {
            Body::Text(text) => serde_json::from_str(text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_success_says_so_twice() {
        let answer = Response::data("Found", &5).unwrap();
        let expected = json!({ "status": true, "success": true, "message": "Found", "data": 5 });
        assert_eq!(read(&answer), expected);
        let answer = Response::with_fields(&json!({ "labels": [], "message": "x" })).unwrap();
        let expected = json!({ "status": true, "success": true, "labels": [], "message": "x" });
        assert_eq!(read(&answer), expected);
        assert_eq!(Response::with_fields(&5).unwrap_err().status(), 500);
    }
}
