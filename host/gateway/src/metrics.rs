//! Figures for a Prometheus. Labels are route templates, plugins, outcomes: never a chat, a number, a key or a session.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use wagate_plugin_host::{PluginState, PluginStatus};

/// The media type of [`Metrics::text`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds.
const BUCKETS: [f64; 9] = [0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 2.0, 10.0, 60.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OwnerLabels {
    /// `host`, or the plugin's id.
    owner: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabels {
    status: String,
}

/// The figures. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<OwnerLabels, Histogram, fn() -> Histogram>,
    rate_limited: Counter,
    connections: Gauge,
    connections_refused: Counter,
    logins: Family<OutcomeLabels, Counter>,
    reload_ok: Gauge,
    reloads_failed: Counter,
    sessions: Family<StatusLabels, Gauge>,
    plugin_up: Family<OwnerLabels, Gauge>,
    plugin_calls: Family<OwnerLabels, Gauge<f64, AtomicU64>>,
    plugin_traps: Family<OwnerLabels, Gauge<f64, AtomicU64>>,
    plugin_instances: Family<OwnerLabels, Gauge>,
    plugin_memory: Family<OwnerLabels, Gauge>,
    plugin_lag: Family<OwnerLabels, Gauge>,
    resident: Gauge,
    writable: Gauge,
}

/// What is looked up when somebody asks.
pub(crate) struct Sample {
    /// The status of each session.
    pub(crate) sessions: Vec<String>,
    /// Each plugin.
    pub(crate) plugins: Vec<PluginStatus>,
    /// Resident memory, bytes.
    pub(crate) resident: u64,
    /// Whether the storage takes writes.
    pub(crate) writable: bool,
}

/// An open connection, until it is dropped.
pub(crate) struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// All at zero.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("wagate");
        let buckets: fn() -> Histogram = || Histogram::new(BUCKETS);
        let mut inner = Inner {
            registry: Registry::default(),
            requests: Family::default(),
            seconds: Family::new_with_constructor(buckets),
            rate_limited: Counter::default(),
            connections: Gauge::default(),
            connections_refused: Counter::default(),
            logins: Family::default(),
            reload_ok: Gauge::default(),
            reloads_failed: Counter::default(),
            sessions: Family::default(),
            plugin_up: Family::default(),
            plugin_calls: Family::default(),
            plugin_traps: Family::default(),
            plugin_instances: Family::default(),
            plugin_memory: Family::default(),
            plugin_lag: Family::default(),
            resident: Gauge::default(),
            writable: Gauge::default(),
        };
        inner.reload_ok.set(1);
        registry.register(
            "http_requests",
            "Requests by route and status",
            inner.requests.clone(),
        );
        registry.register(
            "http_request_seconds",
            "Time of a request by who answered",
            inner.seconds.clone(),
        );
        registry.register(
            "http_rate_limited",
            "Requests refused for being too many",
            inner.rate_limited.clone(),
        );
        registry.register("http_connections", "Open connections", inner.connections.clone());
        registry.register(
            "http_connections_refused",
            "Connections closed because their address held too many",
            inner.connections_refused.clone(),
        );
        registry.register("logins", "Passwords tried", inner.logins.clone());
        registry.register(
            "config_reload_ok",
            "Whether the newest wagate.toml is valid",
            inner.reload_ok.clone(),
        );
        registry.register(
            "config_reloads_failed",
            "Edits of wagate.toml that were refused",
            inner.reloads_failed.clone(),
        );
        registry.register("sessions", "Sessions by status", inner.sessions.clone());
        registry.register("plugin_up", "Whether a plugin serves", inner.plugin_up.clone());
        registry.register(
            "plugin_calls",
            "Calls since the start",
            inner.plugin_calls.clone(),
        );
        registry.register(
            "plugin_traps",
            "Traps and limits since the start",
            inner.plugin_traps.clone(),
        );
        registry.register(
            "plugin_instances",
            "Warm instances",
            inner.plugin_instances.clone(),
        );
        registry.register(
            "plugin_memory_bytes",
            "Memory of warm instances",
            inner.plugin_memory.clone(),
        );
        registry.register(
            "plugin_hook_lag",
            "Events that a plugin has not handled yet",
            inner.plugin_lag.clone(),
        );
        registry.register(
            "resident_memory_bytes",
            "Memory of the process",
            inner.resident.clone(),
        );
        registry.register(
            "storage_writable",
            "Whether the storage takes writes",
            inner.writable.clone(),
        );
        inner.registry = registry;
        Self(Arc::new(inner))
    }

    /// A request that was answered.
    pub(crate) fn request(
        &self,
        method: &Method,
        route: &str,
        plugin: Option<&str>,
        status: u16,
        took: Duration,
    ) {
        let labels = RequestLabels {
            method: known_method(method),
            route: route.to_owned(),
            status,
        };
        self.0.requests.get_or_create(&labels).inc();
        let owner = OwnerLabels {
            owner: plugin.unwrap_or("host").to_owned(),
        };
        self.0.seconds.get_or_create(&owner).observe(took.as_secs_f64());
    }

    /// A request that was one too many.
    pub(crate) fn rate_limited(&self) {
        self.0.rate_limited.inc();
    }

    /// A connection, counted until what is returned is dropped.
    pub(crate) fn connection_opened(&self) -> OpenConnection {
        self.0.connections.inc();
        OpenConnection(self.0.connections.clone())
    }

    /// A connection that was one too many.
    pub(crate) fn connection_refused(&self) {
        self.0.connections_refused.inc();
    }

    /// A password that was tried.
    pub(crate) fn login(&self, ok: bool) {
        let outcome = if ok { "ok" } else { "refused" };
        self.0.logins.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    /// An edit of the settings file.
    pub(crate) fn reloaded(&self, ok: bool) {
        self.0.reload_ok.set(i64::from(ok));
        if !ok {
            self.0.reloads_failed.inc();
        }
    }

    /// Everything, with what was looked up just now.
    pub(crate) fn text(&self, sample: &Sample) -> Result<String, fmt::Error> {
        let inner = &self.0;
        inner.sessions.clear();
        for status in &sample.sessions {
            let labels = StatusLabels {
                status: status.clone(),
            };
            inner.sessions.get_or_create(&labels).inc();
        }
        self.sample_plugins(&sample.plugins);
        inner.resident.set(signed(sample.resident));
        inner.writable.set(i64::from(sample.writable));
        let mut text = String::new();
        encode(&mut text, &inner.registry)?;
        Ok(text)
    }

    fn sample_plugins(&self, plugins: &[PluginStatus]) {
        let inner = &self.0;
        for family in [
            &inner.plugin_up,
            &inner.plugin_instances,
            &inner.plugin_memory,
            &inner.plugin_lag,
        ] {
            family.clear();
        }
        inner.plugin_calls.clear();
        inner.plugin_traps.clear();
        for plugin in plugins {
            let labels = OwnerLabels {
                owner: plugin.name.clone(),
            };
            let up = plugin.state == PluginState::Running;
            inner.plugin_up.get_or_create(&labels).set(i64::from(up));
            inner.plugin_calls.get_or_create(&labels).set(float(plugin.calls));
            inner.plugin_traps.get_or_create(&labels).set(float(plugin.traps));
            let instances = i64::try_from(plugin.instances).unwrap_or(i64::MAX);
            inner.plugin_instances.get_or_create(&labels).set(instances);
            inner
                .plugin_memory
                .get_or_create(&labels)
                .set(signed(plugin.memory_bytes));
            let lag = plugin.lag.iter().map(|(_, events)| events).sum();
            inner.plugin_lag.get_or_create(&labels).set(lag);
        }
    }
}

/// Whatever a client writes there must not become a label.
fn known_method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a count of calls beyond 2^53 is no longer read to the last digit"
)]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::Method;

    use super::{Metrics, Sample};

    #[test]
    fn what_happened_is_in_the_text() {
        let metrics = Metrics::new();
        metrics.request(&Method::GET, "/api/sessions", None, 200, Duration::from_millis(3));
        metrics.request(
            &Method::from_bytes(b"SPY").unwrap(),
            "-",
            Some("chats"),
            404,
            Duration::ZERO,
        );
        metrics.login(false);
        metrics.reloaded(false);
        let connection = metrics.connection_opened();
        let sample = |sessions: &[&str]| Sample {
            sessions: sessions.iter().map(|status| (*status).to_owned()).collect(),
            plugins: Vec::new(),
            resident: 5,
            writable: true,
        };
        let text = metrics
            .text(&sample(&["CONNECTED", "CONNECTED", "STOPPED"]))
            .unwrap();
        for line in [
            "wagate_http_requests_total{method=\"GET\",route=\"/api/sessions\",status=\"200\"} 1",
            "wagate_http_requests_total{method=\"other\",route=\"-\",status=\"404\"} 1",
            "wagate_logins_total{outcome=\"refused\"} 1",
            "wagate_config_reload_ok 0",
            "wagate_http_connections 1",
            "wagate_sessions{status=\"CONNECTED\"} 2",
            "wagate_resident_memory_bytes 5",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
        }
        drop(connection);
        let text = metrics.text(&sample(&[])).unwrap();
        assert!(!text.contains("STOPPED"), "gone sessions are not counted");
        assert!(text.contains("wagate_http_connections 0"));
    }
}
