//! The host's timer of a scheduled message.

use wagate_plugin_api::timers::{Cron, Schedule};
use wagate_plugin_api::{Error, Host, HostError};

use crate::item::Item;

const NAME: &str = "item/";
/// How the host begins what it says about a rule.
const HOST_FIELD: &str = "schedule.expression: ";

/// The message a timer belongs to.
pub(crate) fn item_of(name: &str) -> Option<&str> {
    name.strip_prefix(NAME)
}

/// Sets the timer, in place of an earlier one. The moment it fires first. A rule begins at `first_ms` where that is
/// ahead.
pub(crate) fn arm(host: &dyn Host, session: &str, item: &Item, first_ms: Option<i64>) -> Result<i64, Error> {
    let first_ms = match item.cron {
        // Also says whether the rule is one.
        Some(_) => {
            let next_ms = set_rule(host, session, item)?;
            match first_ms.filter(|first_ms| *first_ms > host.now_ms()) {
                Some(first_ms) => first_ms,
                None => return Ok(next_ms),
            }
        }
        None => first_ms.unwrap_or(item.send_at_ms),
    };
    Ok(host.timer_set(&name(&item.id), Some(session), &Schedule::At(first_ms), "")?)
}

/// When a recurring message comes next, by its rule and today's timezone; none when it never does.
pub(crate) fn next(host: &dyn Host, session: &str, item: &Item) -> Result<Option<i64>, Error> {
    let Some(expression) = &item.cron else {
        return Ok(None);
    };
    let is_by_rule = |schedule: &Schedule| match schedule {
        Schedule::At(_) => false,
        Schedule::Cron(cron) => cron.expression == *expression && cron.timezone == item.timezone,
    };
    let known = host.timer(&name(&item.id))?;
    if let Some(timer) = known.filter(|timer| is_by_rule(&timer.schedule)) {
        return Ok(timer.next_ms);
    }
    match set_rule(host, session, item) {
        Ok(next_ms) => Ok(Some(next_ms)),
        // The last moment has passed.
        Err(Error::Answer { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes the timer.
pub(crate) fn disarm(host: &dyn Host, id: &str) -> Result<(), Error> {
    Ok(host.timer_cancel(&name(id))?)
}

fn set_rule(host: &dyn Host, session: &str, item: &Item) -> Result<i64, Error> {
    let rule = Schedule::Cron(Cron {
        expression: item.cron.clone().unwrap_or_default(),
        timezone: item.timezone.clone(),
    });
    host.timer_set(&name(&item.id), Some(session), &rule, "")
        .map_err(|error| match error {
            HostError::Invalid(text) => {
                let text = text.strip_prefix(HOST_FIELD).unwrap_or(&text);
                Error::bad_request(format!("cronExpression: {text}"))
            }
            error => error.into(),
        })
}

fn name(id: &str) -> String {
    format!("{NAME}{id}")
}
