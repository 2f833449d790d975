//! `POST /api/sessions/{id}/{start|stop|restart|logout|pair}`.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

use crate::http::access::Access;
use crate::http::audit::About;
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::extract::Json;
use crate::http::state::ApiState;

/// What an action leaves behind.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Done {
    session_id: String,
    status: String,
}

type Answer = Result<Response, ApiError>;

/// Connects, and stays connected.
pub(crate) async fn start(access: Access, State(state): State<ApiState>) -> Answer {
    state.engine.start(&access.session.id).await?;
    Ok(done(&state, access, "Session started successfully"))
}

/// Disconnects until started, also after a restart of the process.
pub(crate) async fn stop(access: Access, State(state): State<ApiState>) -> Answer {
    state.engine.stop(&access.session.id).await?;
    // The spelling is the contract's.
    Ok(done(&state, access, "Session stoped successfully"))
}

/// Stop, then start.
pub(crate) async fn restart(access: Access, State(state): State<ApiState>) -> Answer {
    state.engine.restart(&access.session.id).await?;
    Ok(done(&state, access, "Session restarted successfully"))
}

/// Unlinks the account; messages and settings stay.
pub(crate) async fn logout(access: Access, State(state): State<ApiState>) -> Answer {
    state.engine.logout(&access.session.id).await?;
    // The spelling is the contract's.
    Ok(done(&state, access, "Session logouted successfully"))
}

/// What `pair` is sent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PairBody {
    phone_number: Option<PhoneNumber>,
}

/// Clients send it as text or, now and then, as a number.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum PhoneNumber {
    Text(String),
    Number(u64),
}

/// What `pair` answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Paired {
    pairing_code: String,
}

/// A code to type on the phone, instead of a QR code to scan.
pub(crate) async fn pair(
    access: Access,
    State(state): State<ApiState>,
    Json(body): Json<PairBody>,
) -> Answer {
    let digits = digits(body.phone_number)?;
    let pairing_code = state.engine.pair_code(&access.session.id, &digits).await?;
    let body = Envelope::new("Pairing code generated successfully", Paired { pairing_code });
    Ok(About::target(access.session.id).on(axum::Json(body).into_response()))
}

fn digits(given: Option<PhoneNumber>) -> Result<String, ApiError> {
    let text = match given {
        Some(PhoneNumber::Text(text)) => text,
        Some(PhoneNumber::Number(number)) => number.to_string(),
        None => String::new(),
    };
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return Err(ApiError::invalid("Phone number required for pairing"));
    }
    // E.164: no country's numbers are longer.
    if !(7..=15).contains(&digits.len()) {
        return Err(ApiError::invalid(
            "phoneNumber must have 7 to 15 digits, with the country code",
        ));
    }
    Ok(digits)
}

fn done(state: &ApiState, access: Access, message: &'static str) -> Response {
    let session = access.session;
    let about = About::target(session.id.clone());
    let status = state
        .engine
        .snapshot(&session.id)
        .map_or(session.status, |live| live.status.as_str().to_owned());
    let done = Done {
        session_id: session.slug,
        status,
    };
    about.on(axum::Json(Envelope::new(message, done)).into_response())
}

#[cfg(test)]
mod tests {
    use super::{PairBody, digits};

    fn given(json: &str) -> Result<String, u16> {
        let body: PairBody = serde_json::from_str(json).unwrap();
        digits(body.phone_number).map_err(|error| error.status().as_u16())
    }

    #[test]
    fn only_the_digits_of_a_phone_number_count() {
        assert_eq!(
            given(r#"{"phoneNumber":"+1 (202) 555-0101"}"#).as_deref(),
            Ok("12025550101")
        );
        assert_eq!(
            given(r#"{"phoneNumber":12025550101}"#).as_deref(),
            Ok("12025550101")
        );
        assert_eq!(given("{}"), Err(400));
        assert_eq!(given(r#"{"phoneNumber":"none"}"#), Err(400));
        assert_eq!(given(r#"{"phoneNumber":"123"}"#), Err(400));
    }
}
