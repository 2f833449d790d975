//! `timers`: moments and rules the host remembers for the plugin.

use std::collections::BTreeSet;

use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;
use wagate_storage::new_row_id;
use wagate_storage::timers::{NewTimer, Schedule, TimerRow};

use super::store::Growth;
use crate::bindings::{error_to_wit, timers, types};
use crate::services::storage_error;
use crate::state::State;
use crate::timers::first_fire;

/// For the sessions of one user.
const MAX_TIMERS: i64 = 10_000;
const MAX_NAME: usize = 256;
const MAX_PAYLOAD: usize = 16 * 1024;
const MAX_SCAN: u32 = 1000;

impl timers::Host for State {
    async fn set(
        &mut self,
        name: String,
        session: Option<String>,
        schedule: timers::Schedule,
        payload: String,
    ) -> Result<i64, types::Error> {
        self.set_timer(name, session, schedule_from_wit(schedule), payload)
            .await
            .map_err(error_to_wit)
    }

    async fn cancel(&mut self, name: String) -> Result<(), types::Error> {
        let services = self.with_right(Right::Timers).map_err(error_to_wit)?;
        let plugin = &self.identity.plugin;
        let is_delivering = services.timers.is_delivering(plugin, &name);
        let done = services.storage.delete_timer(plugin, &name, is_delivering).await;
        done.map_err(|error| error_to_wit(storage_error(&error)))
    }

    async fn get(&mut self, name: String) -> Result<Option<timers::Timer>, types::Error> {
        let services = self.with_right(Right::Timers).map_err(error_to_wit)?;
        let found = services.storage.timer(&self.identity.plugin, &name).await;
        let found = found.map_err(|error| error_to_wit(storage_error(&error)))?;
        Ok(found.map(timer_to_wit))
    }

    async fn scan(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<timers::Timer>, types::Error> {
        let services = self.with_right(Right::Timers).map_err(error_to_wit)?;
        let limit = i64::from(limit.min(MAX_SCAN));
        let found = services
            .storage
            .timers_scan(&self.identity.plugin, &prefix, after.as_deref(), limit)
            .await;
        let found = found.map_err(|error| error_to_wit(storage_error(&error)))?;
        Ok(found.into_iter().map(timer_to_wit).collect())
    }
}

impl State {
    async fn set_timer(
        &mut self,
        name: String,
        session: Option<String>,
        schedule: Schedule,
        payload: String,
    ) -> Result<i64, HostError> {
        let services = match &session {
            Some(session) => self.with_session(Right::Timers, session).await?,
            None => self.with_right(Right::Timers)?,
        };
        if name.is_empty() || name.len() > MAX_NAME {
            return Err(HostError::Invalid(format!("name: 1 to {MAX_NAME} bytes")));
        }
        if payload.len() > MAX_PAYLOAD {
            return Err(HostError::Invalid(format!(
                "payload: at most {MAX_PAYLOAD} bytes"
            )));
        }
        let plugin = self.identity.plugin.clone();
        let known = services.storage.timer(&plugin, &name).await;
        let known = known.map_err(|error| storage_error(&error))?;
        if known.is_none() {
            // Calls at the same moment may all see the last free place: the limit is against thousands, not one more.
            let count = services.storage.timers_count(&plugin, session.as_deref()).await;
            if count.map_err(|error| storage_error(&error))? >= MAX_TIMERS {
                return Err(HostError::Conflict(format!(
                    "there are {MAX_TIMERS} timers for the sessions of this user already: cancel some first"
                )));
            }
        }
        let before = known.as_ref().map_or(0, |known| known.payload.len());
        let growth = Growth {
            bytes: u64::try_from(payload.len().saturating_sub(before)).unwrap_or(u64::MAX),
            sessions: BTreeSet::from([session.clone().unwrap_or_default()]),
        };
        self.check_quota(&services, growth).await?;
        let now = services.clock.now_ms();
        let last_due_ms = known
            .filter(|known| known.schedule == schedule)
            .and_then(|known| known.last_due_ms);
        let timer = NewTimer {
            next_ms: first_fire(&schedule, last_due_ms, now)?,
            id: new_row_id(),
            session_id: session,
            schedule,
            payload,
            created_at: now,
            plugin,
            name,
        };
        let is_delivering = services.timers.is_delivering(&timer.plugin, &timer.name);
        let next_ms = services.storage.put_timer(timer, is_delivering).await;
        let next_ms = next_ms.map_err(|error| storage_error(&error))?;
        services.timers.ring();
        next_ms.ok_or_else(|| HostError::NotFound("Session not found".to_owned()))
    }
}

fn schedule_from_wit(schedule: timers::Schedule) -> Schedule {
    match schedule {
        timers::Schedule::At(at_ms) => Schedule::At(at_ms),
        timers::Schedule::Cron(timers::Cron { expression, timezone }) => {
            Schedule::Cron { expression, timezone }
        }
    }
}

fn timer_to_wit(row: TimerRow) -> timers::Timer {
    timers::Timer {
        name: row.name,
        session: row.session_id,
        schedule: match row.schedule {
            Schedule::At(at_ms) => timers::Schedule::At(at_ms),
            Schedule::Cron { expression, timezone } => {
                timers::Schedule::Cron(timers::Cron { expression, timezone })
            }
        },
        payload: row.payload,
        next_ms: row.next_ms,
        ext: Vec::new(),
    }
}
