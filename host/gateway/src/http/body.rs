//! Reading a request's body: bounded in size here, in silence by the layer outside.

use std::error::Error;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tower_http::timeout::TimeoutError;

use super::error::ApiError;

/// The whole body, or the answer to give instead.
pub(crate) async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, ApiError> {
    // Who announces too much is not read at all.
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let limit_u64 = u64::try_from(limit).unwrap_or(u64::MAX);
    if announced.is_some_and(|length| length > limit_u64) {
        return Err(ApiError::too_large(limit));
    }
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if has_cause::<LengthLimitError>(&*error) => Err(ApiError::too_large(limit)),
        Err(error) if has_cause::<TimeoutError>(&*error) => Err(timed_out()),
        Err(error) => {
            tracing::debug!(%error, "a body could not be read");
            Err(ApiError::invalid("The body could not be read"))
        }
    }
}

/// The answer where the client was silent for too long.
pub(crate) fn timed_out() -> ApiError {
    ApiError::new(
        StatusCode::REQUEST_TIMEOUT,
        "body_timeout",
        "The body arrived too slowly",
    )
}

pub(crate) fn has_cause<T: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<T>() {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::read;

    #[tokio::test]
    async fn a_body_above_the_limit_is_refused_announced_or_not() {
        assert_eq!(
            read(&HeaderMap::new(), Body::from("12345"), 5).await.unwrap(),
            "12345"
        );
        let refusal = read(&HeaderMap::new(), Body::from("123456"), 5)
            .await
            .unwrap_err();
        assert_eq!(refusal.status(), 413);
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("1000000000"));
        assert_eq!(read(&headers, Body::empty(), 5).await.unwrap_err().status(), 413);
    }
}
