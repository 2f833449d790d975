//! How often one caller may ask: per address before anything else, per key or login once it is known.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;

use super::error::ApiError;
use super::origin::Origin;
use super::state::ApiState;
use crate::auth::principal::Principal;
use crate::pace::{Pace, Rate, Verdict};

/// Callers of each kind that are counted at the same time.
const COUNTED: usize = 20_000;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The counters.
pub(crate) struct Counters {
    keys: Pace<String>,
    addresses: Pace<String>,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            keys: Pace::new(COUNTED),
            addresses: Pace::new(COUNTED),
        }
    }
}

/// What is left of a caller's limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Left {
    limit: i64,
    remaining: i64,
    reset_ms: i64,
}

/// Counts a request of an address.
pub(crate) fn take_address(state: &ApiState, origin: &Origin) -> Result<(), ApiError> {
    let Some(rate) = state.config.get().limits.address() else {
        return Ok(());
    };
    take(state, &state.counters.addresses, origin.limit_key(), rate).map(drop)
}

/// Counts a request of a key or login.
pub(crate) fn take_key(state: &ApiState, principal: &Principal) -> Result<Option<Left>, ApiError> {
    let Some(rate) = state.config.get().limits.key() else {
        return Ok(None);
    };
    let key = principal.credential_id().to_owned();
    take(state, &state.counters.keys, key, rate).map(Some)
}

fn take(state: &ApiState, counters: &Pace<String>, key: String, rate: Rate) -> Result<Left, ApiError> {
    match counters.take(&key, rate, state.clock.now_ms()) {
        Verdict::Pass { remaining, reset_ms } => Ok(Left {
            limit: rate.burst(),
            remaining,
            reset_ms,
        }),
        Verdict::Wait { ms } => {
            state.metrics.rate_limited();
            Err(too_many("Too many requests", ms))
        }
    }
}

/// The answer to one too many.
pub(crate) fn too_many(message: &str, wait_ms: i64) -> ApiError {
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", message)
        .retry_after(u64::try_from(wait_ms).unwrap_or_default())
}

/// Tells the caller what is left.
pub(crate) fn tell(response: &mut Response, left: Option<Left>) {
    let Some(left) = left else { return };
    let headers = response.headers_mut();
    // Whole seconds, as clients of these headers expect.
    let reset = left.reset_ms.max(0).saturating_add(999) / 1_000;
    for (name, value) in [(LIMIT, left.limit), (REMAINING, left.remaining), (RESET, reset)] {
        headers.insert(name, HeaderValue::from(value));
    }
}
