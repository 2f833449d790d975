//! The event `broadcast.progress`, as clients of the contract know it.

use serde_json::{Value, json};
use wagate_plugin_api::{Host, Level, iso8601};

use crate::log::{Log, Status};
use crate::recipients;

const PROGRESS: &str = "broadcast.progress";
/// Failures that are told at the end: an event is no list.
const MAX_ERRORS: usize = 100;

/// It started, was paused, resumed or cancelled.
pub(crate) fn state(host: &dyn Host, session: &str, log: &Log) {
    tell(host, session, &facts(log, None));
}

/// A recipient had its turn.
pub(crate) fn step(host: &dyn Host, session: &str, log: &Log, current: &str) {
    let mut data = facts(log, Some(current));
    if let (Value::Object(fields), Status::Completed) = (&mut data, log.status) {
        // The end has an event of its own.
        fields.insert("status".to_owned(), json!(Status::Running.word()));
    }
    tell(host, session, &data);
}

/// It is over.
pub(crate) fn end(host: &dyn Host, session: &str, log: &Log) {
    let mut errors = Vec::new();
    if log.failed > 0 {
        let all = recipients::all(host, session, log).unwrap_or_default();
        let failed = all.into_iter().filter(|recipient| recipient.error.is_some());
        errors.extend(
            failed
                .take(MAX_ERRORS)
                .map(|recipient| json!({ "jid": recipient.jid, "error": recipient.error })),
        );
    }
    let mut data = facts(log, None);
    if let Value::Object(fields) = &mut data {
        fields.insert("errors".to_owned(), Value::Array(errors));
    }
    tell(host, session, &data);
}

fn facts(log: &Log, current: Option<&str>) -> Value {
    json!({
        "broadcastId": log.id, "status": log.status.word(), "total": log.total, "sent": log.sent,
        "failed": log.failed, "current": current, "progress": percent(log), "reason": log.reason,
        "startedAt": iso8601(log.started_at_ms), "completedAt": log.completed_at_ms.map(iso8601),
    })
}

/// 0 to 100.
pub(crate) fn percent(log: &Log) -> u64 {
    let (done, total) = (u64::from(log.done()), u64::from(log.total));
    (done * 100).checked_div(total).unwrap_or(100)
}

fn tell(host: &dyn Host, session: &str, data: &Value) {
    // What is told is not what is done: the messages go on.
    if let Err(error) = host.emit(session, PROGRESS, &data.to_string()) {
        host.log(Level::Warn, &format!("{PROGRESS} was not told: {}", error.code()));
    }
}
