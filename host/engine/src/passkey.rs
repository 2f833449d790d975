//! Linking an account that wants its passkey: what is asked, and the answer.

use serde::Deserialize;
use serde_json::Value;
use whatsapp_rust::passkey::Assertion;

use crate::supervisor::Handle;
use crate::{EngineError, SessionStatus};

/// Longest assertion, as JSON.
const MAX_ASSERTION: usize = 16 * 1024;

/// What is asked of whoever links an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyRequest {
    /// For `WebAuthn`: `PublicKeyCredentialRequestOptions` as JSON, in the words of WhatsApp. None at the second step.
    pub options: Option<String>,
    /// Shown on both sides, for people to compare, at the second step.
    pub code: Option<String>,
    /// The old link proves the new one: no code has to be compared.
    pub(crate) is_proved: bool,
}

impl PasskeyRequest {
    pub(crate) fn assertion(options: String) -> Self {
        Self {
            options: Some(options),
            code: None,
            is_proved: false,
        }
    }

    pub(crate) fn confirmation(code: String, is_proved: bool) -> Self {
        Self {
            options: None,
            code: Some(code),
            is_proved,
        }
    }

    /// `assertion` or `confirmation`.
    pub fn stage(&self) -> &'static str {
        if self.options.is_some() {
            "assertion"
        } else {
            "confirmation"
        }
    }
}

/// The answer.
#[derive(Debug, Clone)]
pub enum PasskeyAnswer {
    /// What `WebAuthn` made of the options, as JSON: `{id, rawId, type, response: {..}}`.
    Assertion(String),
    /// The codes are the same.
    Confirm,
}

/// Hands the answer on.
pub(crate) async fn answer(handle: &Handle, answer: PasskeyAnswer) -> Result<(), EngineError> {
    let snapshot = handle.snapshot();
    let Some(request) = snapshot.passkey else {
        return Err(nothing_asked(snapshot.status));
    };
    let client = handle.client().ok_or(EngineError::NotConnected {
        status: snapshot.status,
    })?;
    let sent = match answer {
        PasskeyAnswer::Assertion(_) | PasskeyAnswer::Confirm if !fits(&request, &answer) => {
            return Err(EngineError::Invalid {
                field: "passkey",
                message: format!("what is asked for is the {}", request.stage()),
            });
        }
        PasskeyAnswer::Assertion(json) => client.send_passkey_response(read(&json)?).await,
        PasskeyAnswer::Confirm => client.send_passkey_confirmation().await,
    };
    sent.map_err(|error| EngineError::Rejected {
        code: error.to_string(),
    })
}

fn fits(request: &PasskeyRequest, answer: &PasskeyAnswer) -> bool {
    matches!(
        (request.stage(), answer),
        ("assertion", PasskeyAnswer::Assertion(_)) | ("confirmation", PasskeyAnswer::Confirm)
    )
}

fn nothing_asked(status: SessionStatus) -> EngineError {
    EngineError::Invalid {
        field: "passkey",
        message: format!("none is asked for (the session is {})", status.as_str()),
    }
}

fn read(json: &str) -> Result<Assertion, EngineError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Credential {
        raw_id: String,
        r#type: String,
        response: Response,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Response {
        #[serde(rename = "clientDataJSON")]
        client_data_json: String,
        authenticator_data: String,
        signature: String,
        #[serde(default)]
        user_handle: Option<Value>,
    }

    let invalid = |message: String| EngineError::Invalid {
        field: "assertion",
        message,
    };
    if json.len() > MAX_ASSERTION {
        return Err(invalid(format!("at most {MAX_ASSERTION} bytes")));
    }
    let credential: Credential = serde_json::from_str(json).map_err(|error| invalid(error.to_string()))?;
    if credential.r#type != "public-key" {
        return Err(invalid("type must be public-key".to_owned()));
    }
    let response = &credential.response;
    for (name, text) in [
        ("rawId", &credential.raw_id),
        ("clientDataJSON", &response.client_data_json),
        ("authenticatorData", &response.authenticator_data),
        ("signature", &response.signature),
    ] {
        if text.is_empty() || decode(text).is_none() {
            return Err(invalid(format!("{name} must be base64url")));
        }
    }
    // Taken as it came; only that it is there is of interest.
    let _ = &response.user_handle;
    Ok(Assertion {
        credential_id: decode(&credential.raw_id).unwrap_or_default(),
        assertion_json: json.as_bytes().to_vec(),
    })
}

fn decode(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn an_assertion_is_webauthns_json() {
        let good = r#"{"id":"AQI","rawId":"AQI","type":"public-key","response":{"clientDataJSON":"e30",
            "authenticatorData":"AAAA","signature":"AQID","userHandle":null}}"#;
        let assertion = read(good).unwrap();
        assert_eq!(assertion.credential_id, [1, 2]);
        assert_eq!(assertion.assertion_json, good.as_bytes());
        for (from, to) in [
            ("\"AQI\",\"type\"", "\"\",\"type\""),
            ("public-key", "password"),
            ("\"signature\":\"AQID\"", "\"signature\":\"not base64!\""),
            ("\"authenticatorData\":\"AAAA\",", ""),
        ] {
            assert!(read(&good.replace(from, to)).is_err(), "{to}");
        }
        assert!(read(&format!("{good}{}", " ".repeat(20_000))).is_err());
    }
}
