//! Endpoints and what was queued for them. Nothing leaves: tests say what a try comes to.

use std::cell::RefCell;
use std::collections::BTreeMap;

use wagate_protocol::error::HostError;

use crate::delivery::{Attempt, AttemptPage, Endpoint, EndpointStatus, Item, LoggedEvent, State};

/// What became of a delivery in these tests: nothing.
const WAITING: &str = "PENDING";

/// The part of [`Host`](crate::Host) that [`Deliveries`] answers, for the one `impl` there can be.
macro_rules! delivery_calls {
    () => {
        fn delivery_check_url(&self, url: &str) -> Result<(), HostError> {
            self.deliveries.check_url(url)
        }

        fn delivery_put_endpoint(
            &self,
            session: &str,
            endpoint: &crate::delivery::Endpoint,
        ) -> Result<(), HostError> {
            self.deliveries.put(session, endpoint)
        }

        fn delivery_delete_endpoint(&self, session: &str, name: &str) -> Result<(), HostError> {
            self.deliveries.delete(session, name)
        }

        fn delivery_set_paused(&self, session: &str, name: &str, paused: bool) -> Result<(), HostError> {
            self.deliveries.pause(session, name, paused)
        }

        fn delivery_rotate_secret(
            &self,
            session: &str,
            name: &str,
            secret: Option<&str>,
            _overlap_ms: u64,
        ) -> Result<String, HostError> {
            self.deliveries.rotate(session, name, secret)
        }

        fn delivery_enqueue_all(
            &self,
            session: &str,
            items: &[crate::delivery::Item],
        ) -> Result<Vec<Option<String>>, HostError> {
            Ok(self.deliveries.enqueue(session, items))
        }

        fn delivery_endpoints(
            &self,
            session: &str,
        ) -> Result<Vec<crate::delivery::EndpointStatus>, HostError> {
            Ok(self.deliveries.statuses(session))
        }

        fn delivery_endpoint(
            &self,
            session: &str,
            name: &str,
        ) -> Result<Option<crate::delivery::EndpointStatus>, HostError> {
            let statuses = self.deliveries.statuses(session);
            Ok(statuses.into_iter().find(|status| status.name == name))
        }

        fn deliveries(
            &self,
            session: &str,
            endpoint: &str,
            _before: Option<&str>,
            limit: u32,
        ) -> Result<Vec<crate::delivery::State>, HostError> {
            self.deliveries.states(session, endpoint, None, limit)
        }

        fn deliveries_with(
            &self,
            session: &str,
            endpoint: &str,
            status: &str,
            _before: Option<&str>,
            limit: u32,
        ) -> Result<Vec<crate::delivery::State>, HostError> {
            self.deliveries
                .states(session, endpoint, Some(status), limit)
        }

        fn delivery_try_now(
            &self,
            session: &str,
            name: &str,
            label: &str,
            _content_type: &str,
            body: &str,
        ) -> Result<crate::delivery::Attempt, HostError> {
            self.deliveries
                .try_now(session, name, label, body, self.now_ms())
        }

        fn delivery_attempts(
            &self,
            _session: &str,
            _endpoint: &str,
            delivery: Option<&str>,
            offset: u32,
            limit: u32,
        ) -> Result<crate::delivery::AttemptPage, HostError> {
            Ok(self.deliveries.page(delivery, offset, limit))
        }

        fn events_after(
            &self,
            _session: &str,
            sequence: u64,
            limit: u32,
        ) -> Result<Vec<crate::delivery::LoggedEvent>, HostError> {
            Ok(self.deliveries.events(sequence, limit))
        }
    };
}
pub(super) use delivery_calls;

/// The deliveries of a fake host.
#[derive(Default)]
pub struct Deliveries {
    endpoints: RefCell<BTreeMap<(String, String), (Endpoint, String)>>,
    queued: RefCell<Vec<Item>>,
    attempts: RefCell<Vec<Attempt>>,
    /// What [`events_after`](crate::Host::events_after) reads.
    pub log: Vec<LoggedEvent>,
    /// The status that a try now comes to; none: no answer.
    pub answer: std::cell::Cell<Option<u16>>,
}

impl Deliveries {
    /// What was queued, in order; the same key is queued once.
    pub fn queued(&self) -> Vec<Item> {
        self.queued.borrow().clone()
    }

    /// An endpoint, as it was put last.
    pub fn endpoint(&self, session: &str, name: &str) -> Option<Endpoint> {
        let endpoints = self.endpoints.borrow();
        Some(endpoints.get(&place(session, name))?.0.clone())
    }

    /// Says that the host has given an endpoint up.
    pub fn disable(&self, session: &str, name: &str) {
        if let Some((_, status)) = self.endpoints.borrow_mut().get_mut(&place(session, name)) {
            "DISABLED".clone_into(status);
        }
    }

    pub(super) fn check_url(&self, url: &str) -> Result<(), HostError> {
        if url.starts_with("https://") || url.starts_with("http://") {
            Ok(())
        } else {
            Err(HostError::Invalid("url: only http and https".to_owned()))
        }
    }

    pub(super) fn put(&self, session: &str, endpoint: &Endpoint) -> Result<(), HostError> {
        self.check_url(&endpoint.url)?;
        let mut endpoints = self.endpoints.borrow_mut();
        let status = endpoints
            .get(&place(session, &endpoint.name))
            .map_or_else(|| "ACTIVE".to_owned(), |(_, status)| status.clone());
        endpoints.insert(place(session, &endpoint.name), (endpoint.clone(), status));
        Ok(())
    }

    pub(super) fn delete(&self, session: &str, name: &str) -> Result<(), HostError> {
        let gone = self.endpoints.borrow_mut().remove(&place(session, name));
        self.queued.borrow_mut().retain(|item| item.endpoint != name);
        gone.map(drop).ok_or_else(|| unknown(name))
    }

    pub(super) fn pause(&self, session: &str, name: &str, paused: bool) -> Result<(), HostError> {
        let mut endpoints = self.endpoints.borrow_mut();
        let (_, status) = endpoints
            .get_mut(&place(session, name))
            .ok_or_else(|| unknown(name))?;
        if paused { "PAUSED" } else { "ACTIVE" }.clone_into(status);
        Ok(())
    }

    pub(super) fn rotate(
        &self,
        session: &str,
        name: &str,
        secret: Option<&str>,
    ) -> Result<String, HostError> {
        let mut endpoints = self.endpoints.borrow_mut();
        let (endpoint, _) = endpoints
            .get_mut(&place(session, name))
            .ok_or_else(|| unknown(name))?;
        let secret = secret.unwrap_or("whsec_bWFkZSBmb3IgYSB0ZXN0").to_owned();
        endpoint.secret = Some(secret.clone());
        Ok(secret)
    }

    pub(super) fn enqueue(&self, session: &str, items: &[Item]) -> Vec<Option<String>> {
        let one = |item: &Item| {
            let endpoints = self.endpoints.borrow();
            let (_, status) = endpoints.get(&place(session, &item.endpoint))?;
            if status == "DISABLED" {
                return None;
            }
            let mut queued = self.queued.borrow_mut();
            let is_same = |known: &&Item| known.endpoint == item.endpoint && known.key == item.key;
            let again = item.ext.iter().any(|(key, _)| key == "again");
            if again || queued.iter().find(is_same).is_none() {
                queued.push(item.clone());
            }
            Some(id_of(item))
        };
        items.iter().map(one).collect()
    }

    pub(super) fn statuses(&self, session: &str) -> Vec<EndpointStatus> {
        let endpoints = self.endpoints.borrow();
        let of_session = endpoints.iter().filter(|((owner, _), _)| owner == session);
        of_session
            .map(|(_, (endpoint, status))| EndpointStatus {
                name: endpoint.name.clone(),
                url: endpoint.url.clone(),
                status: status.clone(),
                reason: None,
                failing_since_ms: None,
                held_until_ms: None,
                pending: self
                    .queued
                    .borrow()
                    .iter()
                    .filter(|item| item.endpoint == endpoint.name)
                    .count() as u64,
                delivered: 0,
                dead: 0,
                ext: Vec::new(),
            })
            .collect()
    }

    pub(super) fn states(
        &self,
        session: &str,
        name: &str,
        status: Option<&str>,
        limit: u32,
    ) -> Result<Vec<State>, HostError> {
        if !self.endpoints.borrow().contains_key(&place(session, name)) {
            return Err(unknown(name));
        }
        if status.is_some_and(|status| status != WAITING) {
            return Ok(Vec::new());
        }
        let queued = self.queued.borrow();
        let of_endpoint = queued.iter().rev().filter(|item| item.endpoint == name);
        let states = of_endpoint.map(|item| State {
            id: id_of(item),
            status: WAITING.to_owned(),
            attempts: 0,
            last_status: None,
            last_error: None,
            created_at_ms: 0,
            next_attempt_ms: Some(0),
            ext: vec![
                ("key".to_owned(), item.key.clone()),
                ("lane".to_owned(), item.lane.clone()),
                ("label".to_owned(), item.label.clone()),
            ],
        });
        Ok(states.take(limit as usize).collect())
    }

    pub(super) fn try_now(
        &self,
        session: &str,
        name: &str,
        label: &str,
        body: &str,
        now_ms: i64,
    ) -> Result<Attempt, HostError> {
        if !self.endpoints.borrow().contains_key(&place(session, name)) {
            return Err(unknown(name));
        }
        let status = self.answer.get();
        let number = self.attempts.borrow().len();
        let attempt = Attempt {
            id: format!("a{number}"),
            delivery: format!("msg_{number}"),
            label: label.to_owned(),
            number: 1,
            at_ms: now_ms,
            duration_ms: 7,
            status,
            error: match status {
                Some(200..=299) => None,
                Some(other) => Some(format!("the receiver answered {other}")),
                None => Some("no connection".to_owned()),
            },
            response: status.map(|_| "what the receiver says".to_owned()),
            body: body.to_owned(),
            ext: Vec::new(),
        };
        self.attempts.borrow_mut().push(attempt.clone());
        Ok(attempt)
    }

    pub(super) fn page(&self, delivery: Option<&str>, offset: u32, limit: u32) -> AttemptPage {
        let attempts = self.attempts.borrow();
        let found: Vec<&Attempt> = attempts
            .iter()
            .rev()
            .filter(|attempt| delivery.is_none_or(|id| attempt.delivery == id))
            .collect();
        AttemptPage {
            total: found.len() as u64,
            attempts: found
                .into_iter()
                .skip(offset as usize)
                .take(limit as usize)
                .cloned()
                .collect(),
            ext: Vec::new(),
        }
    }

    pub(super) fn events(&self, sequence: u64, limit: u32) -> Vec<LoggedEvent> {
        let after = self.log.iter().filter(|event| event.sequence > sequence);
        after.take(limit as usize).cloned().collect()
    }
}

fn place(session: &str, name: &str) -> (String, String) {
    (session.to_owned(), name.to_owned())
}

fn id_of(item: &Item) -> String {
    format!("msg_{}_{}", item.endpoint, item.key.replace('/', "_"))
}

fn unknown(name: &str) -> HostError {
    HostError::NotFound(format!("There is no endpoint \"{name}\""))
}
