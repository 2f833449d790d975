//! The settings as they are now: some keys change while the gateway runs, each reader takes what it needs at that moment.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Notify;

use super::Config;

/// Keys (or whole sections) that are applied while the gateway runs; `config/wagate.toml` says so beside each.
const HOT: &[&str] = &[
    "auth",
    "audit",
    "limits",
    "http.cors_origins",
    "http.trusted_proxies",
    "log.level",
];

/// The settings. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    now: Arc<ArcSwap<Config>>,
    changed: Arc<Notify>,
}

/// What an edit of the file meant.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Edit {
    /// Keys that hold now.
    pub(crate) applied: Vec<String>,
    /// Keys that hold after the next start.
    pub(crate) waiting: Vec<String>,
}

impl Live {
    /// As the file said at the start.
    pub(crate) fn new(config: Config) -> Self {
        Self {
            now: Arc::new(ArcSwap::from_pointee(config)),
            changed: Arc::default(),
        }
    }

    /// As they are now.
    pub(crate) fn get(&self) -> Arc<Config> {
        self.now.load_full()
    }

    /// Waits for the next edit. For the one task that does something at once; all others ask when they need to know.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Applies what may change in flight.
    pub(crate) fn apply(&self, edited: &Config) -> Edit {
        let running = self.get();
        let (applied, waiting) = running
            .changed_keys(edited)
            .into_iter()
            .partition(|key| is_hot(key));
        let mut next = (*running).clone();
        next.auth = edited.auth.clone();
        next.audit = edited.audit.clone();
        next.limits = edited.limits.clone();
        next.http.cors_origins = edited.http.cors_origins.clone();
        next.http.trusted_proxies = edited.http.trusted_proxies.clone();
        next.log.level = edited.log.level.clone();
        self.now.store(Arc::new(next));
        self.changed.notify_one();
        Edit { applied, waiting }
    }
}

fn is_hot(key: &str) -> bool {
    HOT.iter()
        .any(|hot| key == *hot || key.strip_prefix(hot).is_some_and(|rest| rest.starts_with('.')))
}

#[cfg(test)]
mod tests {
    use super::{Edit, Live, is_hot};
    use crate::config::{Config, SHIPPED};

    #[test]
    fn hot_keys_hold_at_once_and_the_others_wait() {
        let live = Live::new(Config::default());
        let edited = "[http]\nmax_connections = 7\ncors_origins = [\"https://shop.example\"]\n[limits]\nkey_burst = 3\n";
        let edited = Config::parse("wagate.toml", edited).unwrap();
        assert_eq!(
            live.apply(&edited),
            Edit {
                applied: vec!["http.cors_origins".to_owned(), "limits.key_burst".to_owned()],
                waiting: vec!["http.max_connections".to_owned()],
            }
        );
        let now = live.get();
        assert!(now.http.cors_origins.contain("https://shop.example"));
        assert_eq!(now.limits.key_burst.get(), 3);
        assert_eq!(now.http.max_connections, Config::default().http.max_connections);
        assert_eq!(live.apply(&edited).applied, Vec::<String>::new());
    }

    /// Each key's comment says whether an edit holds at once.
    #[test]
    fn the_shipped_file_says_which_keys_are_hot() {
        let (mut section, mut comment) = (String::new(), String::new());
        for line in SHIPPED.lines() {
            if let Some(name) = line.strip_prefix('[') {
                name.trim_end_matches(']').clone_into(&mut section);
                comment.clear();
            } else if line.starts_with('#') {
                comment.push_str(line);
            } else if let Some((key, _)) = line.split_once(" = ") {
                let key = format!("{section}.{key}");
                assert_eq!(comment.contains("Applied at once."), is_hot(&key), "{key}");
                comment.clear();
            }
        }
    }
}
