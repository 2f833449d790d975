//! `GET /auth/login`: the contract's place of the form. Here the form is on the first page, which reads the query.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::http::extract::Head;

/// Answers.
pub(crate) async fn handle(Head(parts): Head) -> Response {
    let query = parts.uri.query().map(|query| format!("?{query}"));
    let place = format!("/{}", query.unwrap_or_default());
    let mut response = StatusCode::FOUND.into_response();
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}
