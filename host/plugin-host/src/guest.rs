//! What a plugin runs as, a component or a native library, called alike.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use wagate_protocol::error::HostError;
use wagate_protocol::native::export;

use crate::bindings::exports::{events, http_routes, timer_events};
use crate::bindings::{error_from_wit, types};
use crate::component::{self, Failure};
use crate::native;
use crate::operator::Limits;
use crate::services::Services;
use crate::stacks;
use crate::state::{CallContext, Identity};

/// The instance again, and what the plugin answered. An instance that did not come back is gone.
type Returned<T> = Result<(Instance, Result<T, types::Error>), Failure>;

/// What all instances share.
pub(crate) enum Linked {
    /// Compiled and linked.
    Component(component::Linked),
    /// Loaded.
    Native(native::Linked),
}

impl Linked {
    pub(crate) fn is_native(&self) -> bool {
        matches!(self, Self::Native(_))
    }

    /// Whether a call of a native plugin is over its time and goes on.
    pub(crate) fn is_stuck(&self) -> bool {
        match self {
            Self::Component(_) => false,
            Self::Native(linked) => linked.is_stuck(),
        }
    }

    pub(crate) fn answers_http(&self) -> bool {
        match self {
            Self::Component(linked) => linked.answers_http(),
            Self::Native(_) => true,
        }
    }

    pub(crate) fn hears_events(&self) -> bool {
        match self {
            Self::Component(linked) => linked.hears_events(),
            Self::Native(_) => true,
        }
    }

    pub(crate) fn hears_timers(&self) -> bool {
        match self {
            Self::Component(linked) => linked.hears_timers(),
            Self::Native(_) => true,
        }
    }

    pub(crate) fn resolves_sessions(&self) -> bool {
        match self {
            Self::Component(linked) => linked.resolves_sessions(),
            Self::Native(_) => true,
        }
    }

    /// Runs something a guest does, within `limit`. A component that goes on computing takes one of `turns`, where there are any:
    /// that wait is none of its time. A native plugin has a thread of its own.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        turns: Option<&Semaphore>,
        call: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        match self {
            Self::Component(linked) => linked.run(limit, turns, call).await,
            Self::Native(linked) => linked.run(limit, call).await,
        }
    }

    /// A new instance, not yet initialised.
    pub(crate) async fn instantiate(
        &self,
        identity: Arc<Identity>,
        services: Option<Arc<Services>>,
        limits: &Limits,
    ) -> Result<Instance, Failure> {
        match self {
            Self::Component(linked) => {
                let instance = linked.instantiate(identity, services, limits).await?;
                Ok(Instance::Component(Box::new(instance)))
            }
            Self::Native(linked) => Ok(Instance::Native(linked.instantiate(identity, services, limits)?)),
        }
    }
}

/// A running copy. After a trap, a panic, or when a call on it was dropped, it is dead.
pub(crate) enum Instance {
    /// With its own memory.
    Component(Box<component::Instance>),
    /// With a thread.
    Native(native::Instance),
}

impl Instance {
    /// Before each call: for whom it acts, and a full measure of time.
    pub(crate) fn begin(&mut self, context: CallContext, limits: &Limits) {
        match self {
            Self::Component(instance) => instance.begin(context, limits),
            Self::Native(instance) => instance.begin(context, limits),
        }
    }

    /// Calls so far.
    pub(crate) fn calls(&self) -> u64 {
        match self {
            Self::Component(instance) => instance.calls,
            Self::Native(instance) => instance.calls,
        }
    }

    /// Between calls: gives back memory that only calls need.
    pub(crate) fn rest(&mut self) {
        match self {
            Self::Component(instance) => instance.rest(),
            Self::Native(_) => {}
        }
    }

    /// Bytes of linear memory; what a native one has, nobody knows.
    pub(crate) fn memory_bytes(&self) -> usize {
        match self {
            Self::Component(instance) => instance.store.data().memory_bytes(),
            Self::Native(_) => 0,
        }
    }

    pub(crate) fn set_identity(&mut self, identity: Arc<Identity>) {
        match self {
            Self::Component(instance) => instance.store.data_mut().identity = identity,
            Self::Native(instance) => instance.set_identity(identity),
        }
    }

    /// The manifest's text.
    pub(crate) async fn describe(self) -> Result<(Self, String), Failure> {
        match self {
            Self::Component(mut instance) => {
                let described = instance.guest.call_describe(&mut instance.store);
                let (answer, stack) = stacks::made_in(described).await;
                instance.keep(stack);
                let (instance, text) = instance.after(answer)?;
                Ok((Self::Component(instance), text))
            }
            Self::Native(instance) => {
                let text = instance.describe();
                Ok((Self::Native(instance), text))
            }
        }
    }

    /// Calls `init`. The inner error is the plugin's own refusal of its settings.
    pub(crate) async fn init(
        mut self,
        config: &str,
        limits: &Limits,
    ) -> Result<(Self, Result<(), HostError>), Failure> {
        self.begin(CallContext::default(), limits);
        let (instance, answer) = match self {
            Self::Component(mut instance) => {
                let begun = instance.guest.call_init(&mut instance.store, config);
                let (outcome, stack) = stacks::made_in(begun).await;
                instance.keep(stack);
                let (instance, answer) = instance.after(outcome)?;
                (Self::Component(instance), answer)
            }
            Self::Native(instance) => {
                let (instance, answer) = instance.init(config).await?;
                (Self::Native(instance), answer)
            }
        };
        Ok((instance, answer.map_err(error_from_wit)))
    }

    pub(crate) async fn handle_http(
        self,
        request: http_routes::HttpRequest,
    ) -> Returned<http_routes::HttpResponse> {
        match self {
            Self::Component(mut instance) => {
                let http = instance.http.as_ref().ok_or_else(|| no_export("http-routes"))?;
                let outcome = http.call_handle_http(&mut instance.store, &request).await;
                let (instance, answer) = instance.after(outcome)?;
                Ok((Self::Component(instance), answer))
            }
            Self::Native(instance) => native(instance.call(export::HANDLE_HTTP, &(request,)).await),
        }
    }

    pub(crate) async fn resolve(self, request: http_routes::HttpRequest) -> Returned<Option<String>> {
        match self {
            Self::Component(mut instance) => {
                let resolver = instance
                    .resolver
                    .as_ref()
                    .ok_or_else(|| no_export("session-resolver"))?;
                let outcome = resolver.call_resolve(&mut instance.store, &request).await;
                let (instance, answer) = instance.after(outcome)?;
                Ok((Self::Component(instance), answer))
            }
            Self::Native(instance) => native(instance.call(export::RESOLVE, &(request,)).await),
        }
    }

    pub(crate) async fn on_event(self, event: events::Event) -> Returned<()> {
        match self {
            Self::Component(mut instance) => {
                let events = instance.events.as_ref().ok_or_else(|| no_export("events"))?;
                let outcome = events.call_on_event(&mut instance.store, &event).await;
                let (instance, answer) = instance.after(outcome)?;
                Ok((Self::Component(instance), answer))
            }
            Self::Native(instance) => native(instance.call(export::ON_EVENT, &(event,)).await),
        }
    }

    pub(crate) async fn on_timer(self, fire: timer_events::Fire) -> Returned<()> {
        match self {
            Self::Component(mut instance) => {
                let timers = instance
                    .timers
                    .as_ref()
                    .ok_or_else(|| no_export("timer-events"))?;
                let outcome = timers.call_on_timer(&mut instance.store, &fire).await;
                let (instance, answer) = instance.after(outcome)?;
                Ok((Self::Component(instance), answer))
            }
            Self::Native(instance) => native(instance.call(export::ON_TIMER, &(fire,)).await),
        }
    }
}

fn native<T>(returned: Result<(native::Instance, Result<T, types::Error>), Failure>) -> Returned<T> {
    returned.map(|(instance, answer)| (Instance::Native(instance), answer))
}

fn no_export(interface: &str) -> Failure {
    Failure::internal(format!("the plugin exports no {interface}"))
}
