//! One POST: put together, signed, sent, and what came of it.

use std::time::Duration;

use wagate_protocol::error::HostError;
use wagate_storage::deliveries::{EndpointRow, Outcome};

use super::judge::{Judgement, judge, reason};
use super::schedule;
use super::sign;
use crate::outbound::{Post, PostError};
use crate::services::{Services, storage_error};

const USER_AGENT: &str = concat!("wagate-webhook/", env!("CARGO_PKG_VERSION"));

/// What is sent, whether it waits in a queue or not.
pub(crate) struct Parcel<'a> {
    pub(crate) id: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) body: &'a str,
    /// Which try it is, from 1.
    pub(crate) number: i64,
    /// Dead letters of its lane that the receiver has not heard of.
    pub(crate) skipped: i64,
}

/// A try, judged.
pub(crate) struct Tried {
    pub(crate) outcome: Outcome,
    pub(super) judgement: Judgement,
    /// When the receiver wants to be asked again.
    pub(super) wish: Option<Duration>,
}

impl Tried {
    pub(crate) fn is_taken(&self) -> bool {
        self.judgement == Judgement::Taken
    }
}

/// Sends it once; the receiver has as long as its endpoint says, `at_most` at most. An error means that it did not leave, and
/// not because of the receiver.
pub(crate) async fn post_once(
    services: &Services,
    endpoint: &EndpointRow,
    parcel: Parcel<'_>,
    at_most: Duration,
) -> Result<Tried, HostError> {
    let options = services.deliveries.options();
    let now = services.clock.now_ms();
    let mut headers = own_headers(services, endpoint)?;
    let secrets = secrets(services, endpoint, now)?;
    let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
    let mut ours = vec![
        ("content-type", parcel.content_type.to_owned()),
        ("user-agent", USER_AGENT.to_owned()),
        ("webhook-id", parcel.id.to_owned()),
        ("webhook-timestamp", now.div_euclid(1000).to_string()),
        ("webhook-attempt", parcel.number.to_string()),
    ];
    if parcel.skipped > 0 {
        ours.push(("webhook-skipped", parcel.skipped.to_string()));
    }
    ours.extend(sign::headers(
        &secrets,
        parcel.id,
        now.div_euclid(1000),
        parcel.body,
    ));
    headers.retain(|(name, _)| ours.iter().all(|(ours, _)| !name.eq_ignore_ascii_case(ours)));
    headers.extend(ours.into_iter().map(|(name, value)| (name.to_owned(), value)));

    let wanted = endpoint.timeout_ms.and_then(|ms| u64::try_from(ms).ok());
    let time = wanted.map_or(options.timeout, Duration::from_millis).min(at_most);
    let started = tokio::time::Instant::now();
    let answer = services
        .outbound
        .post(Post {
            url: endpoint.url.clone(),
            headers,
            body: parcel.body.to_owned(),
            time,
        })
        .await;
    let mut outcome = Outcome {
        at: now,
        duration_ms: i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX),
        ..Outcome::default()
    };
    Ok(match answer {
        Ok(answer) => {
            let judgement = judge(answer.status);
            let wish = answer
                .retry_after
                .and_then(|header| schedule::retry_after(&header, services.clock.now_ms()));
            outcome.status = Some(answer.status);
            outcome.error = (judgement != Judgement::Taken).then(|| reason(answer.status));
            outcome.response = Some(answer.beginning).filter(|text| !text.is_empty());
            Tried {
                outcome,
                judgement,
                wish,
            }
        }
        Err(PostError::Status { status, error }) => {
            // The status came, the rest did not. It has said what became of the POST.
            let judgement = judge(status);
            outcome.status = Some(status);
            outcome.error =
                (judgement != Judgement::Taken).then(|| format!("{}; then {error}", reason(status)));
            Tried {
                outcome,
                judgement,
                wish: None,
            }
        }
        Err(PostError::NoAnswer(error)) => {
            outcome.error = Some(error);
            Tried {
                outcome,
                judgement: Judgement::Trouble,
                wish: None,
            }
        }
    })
}

/// The place a secret is sealed for.
pub(crate) fn sealed_for(endpoint_id: &str) -> String {
    format!("delivery/{endpoint_id}")
}

fn secrets(services: &Services, endpoint: &EndpointRow, now: i64) -> Result<Vec<String>, HostError> {
    let current = endpoint.secret.as_ref();
    let previous = endpoint
        .previous
        .as_ref()
        .filter(|(_, until)| *until > now)
        .map(|(secret, _)| secret);
    let place = sealed_for(&endpoint.id);
    let open = |sealed: &String| {
        let secret = services.storage.secrets().open(&place, sealed);
        secret.map(|secret| secret.expose().to_owned()).map_err(unsealed)
    };
    // Nobody signs with the old one alone.
    match current {
        None => Ok(Vec::new()),
        Some(_) => current.into_iter().chain(previous).map(open).collect(),
    }
}

fn own_headers(services: &Services, endpoint: &EndpointRow) -> Result<Vec<(String, String)>, HostError> {
    let Some(sealed) = &endpoint.headers else {
        return Ok(Vec::new());
    };
    let opened = services
        .storage
        .secrets()
        .open(&sealed_for(&endpoint.id), sealed)
        .map_err(unsealed)?;
    serde_json::from_str(opened.expose()).map_err(|error| HostError::Internal(error.to_string()))
}

fn unsealed(error: wagate_storage::secrets::SecretError) -> HostError {
    storage_error(&error.into())
}
