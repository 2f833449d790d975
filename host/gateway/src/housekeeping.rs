//! What has to be tidied up now and then: logins that ended, lines of the audit log that are old enough.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wagate_storage::SharedStorage;
use wagate_storage::clock::SharedClock;

use crate::config::live::Live;

const EVERY: Duration = Duration::from_mins(10);
const DAY_MS: i64 = 24 * 3_600_000;

/// Runs until shutdown; the first time at once, and again when a setting says otherwise than before.
pub(crate) async fn run(
    storage: SharedStorage,
    clock: SharedClock,
    config: Live,
    shutdown: CancellationToken,
) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
            () = config.changed() => {}
        }
        tidy(&storage, clock.now_ms(), &config).await;
    }
}

async fn tidy(storage: &SharedStorage, now: i64, config: &Live) {
    let config = config.get();
    let seen_before = now.saturating_sub(config.auth.idle_ms());
    let keep_ms = config.audit.keep_days.whole().saturating_mul(DAY_MS);
    let done = async {
        let logins = storage.sweep_logins(now, seen_before).await?;
        let audit = storage.prune_audit(now.saturating_sub(keep_ms)).await?;
        Ok::<_, wagate_storage::StorageError>((logins, audit))
    };
    match done.await {
        Ok((0, 0)) => {}
        Ok((logins, audit)) => tracing::info!(logins, audit, "tidied up"),
        Err(error) => tracing::warn!(%error, "could not tidy up; the next time will do"),
    }
}
