//! `GET /api/auth/signin`: leads to the page with the form.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::absolute;
use crate::http::extract::Head;

/// Where the form is.
pub(super) const LOGIN_PAGE: &str = "/auth/login";

/// Answers.
pub(crate) async fn handle(Head(parts): Head) -> Response {
    let mut response = StatusCode::FOUND.into_response();
    if let Ok(url) = HeaderValue::from_str(&absolute(&parts, LOGIN_PAGE)) {
        response.headers_mut().insert(header::LOCATION, url);
    }
    response
}
