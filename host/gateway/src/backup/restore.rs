//! The way back: a backup becomes a data directory.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use wagate_storage::clock::{Clock as _, SystemClock};
use wagate_storage::sessions::{Desired, Sessions as _};
use wagate_storage::sqlite::{KEY_FILE, SqliteStorage};
use wagate_storage::{Health as _, users::Users as _};

use super::{About, DATABASE, FORMAT, MEDIA, archive};
use crate::cli::DEFAULT_CONFIG_DIR;
use crate::config::{self, Config, environment};
use crate::data_dir::DataDir;
use crate::out;

/// Options of `restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The backup.
    file: PathBuf,
    /// Forget the keys of all linked accounts: each has to be linked again. For backups that are not from just now: what
    /// was sent since then would be repeated with the same keys.
    #[arg(long)]
    relink: bool,
    /// Where wagate.toml and plugins/ are.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_CONFIG_DIR)]
    config: PathBuf,
    /// Where the database will be; wins over the settings file.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Restores into a directory that has no database.
pub(crate) async fn restore(args: RestoreArgs) -> anyhow::Result<()> {
    config::require_dir(&args.config)?;
    let config = Config::load(&args.config)?;
    let data_dir = args.data.unwrap_or(config.storage.data_dir);
    // Held to the end: no gateway starts on half of it.
    let held = DataDir::open(&data_dir)?;
    for name in [DATABASE, "wagate.db-wal", "wagate.db-shm"] {
        if data_dir.join(name).exists() {
            bail!(
                "{} has a {name} already: move it away, or restore into another directory with --data",
                data_dir.display()
            );
        }
    }
    let fresh = tempfile::Builder::new()
        .prefix(".restoring")
        .tempdir_in(&data_dir)
        .context("cannot write in the data directory")?;
    let (file, into) = (args.file.clone(), fresh.path().to_path_buf());
    let about = tokio::task::spawn_blocking(move || archive::read(&file, &into))
        .await
        .context("the backup could not be read")??;
    let about: About = serde_json::from_slice(&about).context("this is no backup")?;
    if about.format != FORMAT {
        bail!(
            "the backup has the form {}, this program reads {FORMAT}: it was made by wagate {}",
            about.format,
            about.version
        );
    }
    place_key(fresh.path(), &data_dir, about.has_key)?;
    if about.has_media {
        let media = data_dir.join(MEDIA);
        if media.exists() {
            bail!("{} is there already: move it away", media.display());
        }
        fs::rename(fresh.path().join(MEDIA), media)?;
    }
    // The database last: with it, it is a data directory.
    fs::rename(fresh.path().join(DATABASE), data_dir.join(DATABASE))
        .context("the backup holds no database")?;
    let (users, sessions) = look(&data_dir, args.relink).await?;
    drop(held);
    out::line(&format!(
        "restored the backup of {}: {users} users, {sessions} sessions",
        about.created_at
    ))?;
    if args.relink {
        out::line("every account has to be linked again")?;
    } else {
        out::error_line(
            "note: accounts come back as they were at the time of the backup. If anything was sent since then, restore with \
             --relink: keys must not be used twice",
        );
    }
    Ok(())
}

/// Another key than the one that is there would make its secrets worthless.
fn place_key(fresh: &Path, data_dir: &Path, has_key: bool) -> anyhow::Result<()> {
    if !has_key {
        return Ok(());
    }
    let (from, to) = (fresh.join(KEY_FILE), data_dir.join(KEY_FILE));
    if to.exists() {
        let same = fs::read(&from)? == fs::read(&to)?;
        if !same {
            bail!(
                "{} is there already, and is another key: move it away",
                to.display()
            );
        }
        return Ok(());
    }
    fs::rename(from, to).context("the backup holds no secret key")
}

/// Opens what was restored, as a gateway would: a backup that does not open is none.
async fn look(data_dir: &Path, relink: bool) -> anyhow::Result<(i64, usize)> {
    let file = data_dir.join(DATABASE);
    let storage = match environment::secret_key()? {
        Some(secrets) => SqliteStorage::open_with(&file, secrets).await,
        None => SqliteStorage::open(&file).await,
    };
    let storage = storage.context("the restored database does not open")?;
    let sessions = storage.sessions().await?;
    if relink {
        let now = SystemClock.now_ms();
        for session in &sessions {
            storage.wipe_device(&session.id, now).await?;
            storage.set_desired(&session.id, Desired::Stopped, now).await?;
            storage
                .set_status(&session.id, "LOGGED_OUT", Some("restored"), now)
                .await?;
        }
    }
    let users = storage.count_users().await?;
    storage.close().await;
    Ok((users, sessions.len()))
}
