//! `wagate backup` and `wagate restore`: everything the gateway knows, in one file. A backup is taken while the gateway
//! runs; a restore needs a data directory of its own.

mod archive;
pub(crate) mod progress;
mod report;
mod restore;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde::{Deserialize, Serialize};
use wagate_storage::clock::{Clock as _, SystemClock, iso8601};
use wagate_storage::sqlite::{KEY_FILE, SqliteStorage};

use crate::cli::DEFAULT_CONFIG_DIR;
use crate::config::{self, Config, environment};
use crate::data_dir::DataDir;
use crate::out;
use progress::Meter;
use report::Report;

pub(crate) use restore::{RestoreArgs, restore};

/// Names inside the archive.
const DATABASE: &str = "wagate.db";
const MANIFEST: &str = "backup.json";
const MEDIA: &str = "media";

/// What a backup says about itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct About {
    /// Of the archive's form.
    format: u32,
    version: String,
    created_at: String,
    has_key: bool,
    has_media: bool,
}

/// The form this program writes and reads.
const FORMAT: u32 = 1;

/// Options of `backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The file to write. It holds the keys of accounts: keep it as you keep the data directory.
    file: PathBuf,
    /// With the media files.
    #[arg(long)]
    media: bool,
    /// Without the secret key: then secrets (of webhooks, proxies) in the backup are worth nothing without it.
    #[arg(long)]
    without_key: bool,
    /// Where wagate.toml and plugins/ are.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_CONFIG_DIR)]
    config: PathBuf,
    /// Where the database is; wins over the settings file.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// Takes one.
pub(crate) async fn backup(args: BackupArgs) -> anyhow::Result<()> {
    config::require_dir(&args.config)?;
    let config = Config::load(&args.config)?;
    let data_dir = args.data.unwrap_or(config.storage.data_dir);
    let database = DataDir::database_in(&data_dir)?;
    if args.file.exists() {
        bail!("{} is there already: choose another name", args.file.display());
    }
    let folder = folder_of(&args.file);
    // Beside the backup: it is as large as the database.
    let scratch = tempfile::Builder::new()
        .prefix(".wagate-backup")
        .tempdir_in(folder)
        .with_context(|| format!("cannot write in {}", folder.display()))?;
    let snapshot = scratch.path().join(DATABASE);
    let key = data_dir.join(KEY_FILE);
    let has_key = !args.without_key && key.is_file() && environment::secret_key()?.is_none();
    let media = data_dir.join(MEDIA);
    let has_media = args.media && media.is_dir();
    let about = About {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: iso8601(SystemClock.now_ms()),
        has_key,
        has_media,
    };
    let contents = archive::Contents {
        about: serde_json::to_vec_pretty(&about)?,
        database: snapshot.clone(),
        key: has_key.then_some(key),
        media: has_media.then_some(media),
    };
    let packed = Meter::default();
    let (to_copy, media_bytes) = (fs::metadata(&database)?.len(), contents.media_bytes()?);
    let report = Report::new(&data_dir, &snapshot, to_copy, media_bytes, packed.clone());
    let file = args.file.clone();
    let work = async move {
        SqliteStorage::snapshot(&database, &snapshot)
            .await
            .context("the database could not be copied")?;
        tokio::task::spawn_blocking(move || archive::write(&contents, &file, &packed))
            .await
            .context("the backup could not be written")?
    };
    let bytes = report.of(work).await?;
    out::line(&format!("{}: {bytes} bytes", args.file.display()))?;
    if !has_key {
        out::error_line("note: the secret key is not in the backup; keep it elsewhere");
    }
    Ok(())
}

/// Where a file is, or is to be.
fn folder_of(file: &Path) -> &Path {
    file.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}
