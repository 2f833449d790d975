//! `wagate admin ...`: accounts, for whoever has a shell on the machine: the first superadmin, a forgotten password, a key.
//! Works beside a running gateway, which notices within a second.

use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use wagate_storage::api_keys::ApiKeyRow;
use wagate_storage::audit::{AuditRow, Outcome};
use wagate_storage::clock::{Clock as _, SystemClock};
use wagate_storage::sqlite::SqliteStorage;
use wagate_storage::users::{RegistrationGate, Role, UserChange, UserRow};
use wagate_storage::{SharedStorage, StorageError, new_row_id};
use zeroize::Zeroizing;

use crate::auth::{email, key, password};
use crate::cli::DEFAULT_CONFIG_DIR;
use crate::config::{self, Config, environment};
use crate::data_dir::DataDir;
use crate::out;

const GENERATED_PASSWORD: usize = 24;
/// Longest password that is read from stdin.
const MAX_STDIN: u64 = 1024;

/// Options of `admin`.
#[derive(Debug, Args)]
pub(crate) struct AdminArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make an account; its password is generated and printed once, unless it is given.
    Create(CreateArgs),
    /// Give an account another password and end its logins.
    ResetPassword(AccountArgs),
    /// Make an API key for an account and print it, this once.
    Key(KeyArgs),
}

#[derive(Debug, Args)]
struct Place {
    /// Where wagate.toml and plugins/ are.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_CONFIG_DIR)]
    config: PathBuf,
    /// Where the database is; wins over the settings file.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct CreateArgs {
    /// The account's e-mail address.
    email: String,
    /// What people call them.
    #[arg(long, default_value = "Administrator")]
    name: String,
    /// SUPERADMIN, OWNER or STAFF.
    #[arg(long, default_value = "SUPERADMIN")]
    role: String,
    /// Read the password from stdin.
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct AccountArgs {
    /// The account's e-mail address.
    email: String,
    /// Read the password from stdin.
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct KeyArgs {
    /// The account's e-mail address.
    email: String,
    /// What the key is for.
    #[arg(long, default_value = "command line")]
    name: String,
    #[command(flatten)]
    place: Place,
}

/// Does it, and prints what only now can be known.
pub(crate) async fn run(args: AdminArgs) -> anyhow::Result<()> {
    match args.verb {
        Verb::Create(args) => create(args).await,
        Verb::ResetPassword(args) => reset_password(args).await,
        Verb::Key(args) => make_key(args).await,
    }
}

async fn create(args: CreateArgs) -> anyhow::Result<()> {
    let (storage, config) = open(&args.place).await?;
    let email = email::normalise(&args.email).context("that is no e-mail address")?;
    let role = Role::parse(&args.role).context("--role is SUPERADMIN, OWNER or STAFF")?;
    let (password, is_new) = given_or_generated(args.password_stdin, &config)?;
    let now = SystemClock.now_ms();
    let user = UserRow {
        id: new_row_id(),
        email: email.clone(),
        name: Some(args.name),
        password_hash: Some(hashed(password.clone()).await?),
        role,
        disabled: false,
        created_at: now,
        updated_at: now,
    };
    let id = user.id.clone();
    match storage.insert_user(user, RegistrationGate::Open).await {
        Ok(_) => {}
        Err(StorageError::Conflict("email")) => bail!("{email} has an account already: see reset-password"),
        Err(error) => return Err(error).context("the account could not be made"),
    }
    note(&storage, "admin.create", &id).await?;
    out::line(&format!("email     {email}"))?;
    out::line(&format!("role      {}", role.as_str()))?;
    if is_new {
        out::line(&format!("password  {}", *password))?;
    }
    storage.close().await;
    Ok(())
}

async fn reset_password(args: AccountArgs) -> anyhow::Result<()> {
    let (storage, config) = open(&args.place).await?;
    let user = account(&storage, &args.email).await?;
    let (password, is_new) = given_or_generated(args.password_stdin, &config)?;
    let change = UserChange {
        password_hash: Some(hashed(password.clone()).await?),
        ..UserChange::default()
    };
    let done = storage
        .update_user(&user.id, change, None, SystemClock.now_ms())
        .await
        .context("the password could not be changed")?;
    if done.is_err() {
        bail!("{} has just been deleted", user.email);
    }
    note(&storage, "admin.reset-password", &user.id).await?;
    out::line(&format!("email     {}", user.email))?;
    if is_new {
        out::line(&format!("password  {}", *password))?;
    }
    storage.close().await;
    Ok(())
}

async fn make_key(args: KeyArgs) -> anyhow::Result<()> {
    let (storage, _) = open(&args.place).await?;
    let user = account(&storage, &args.email).await?;
    let text = key::generate();
    let row = ApiKeyRow {
        id: new_row_id(),
        user_id: user.id.clone(),
        name: args.name,
        hash: key::hash(&text).to_vec(),
        prefix: key::prefix(&text),
        last4: key::last4(&text),
        created_at: SystemClock.now_ms(),
        ..ApiKeyRow::default()
    };
    if !storage
        .insert_api_key(row)
        .await
        .context("the key could not be made")?
    {
        bail!("{} has too many API keys: revoke one first", user.email);
    }
    note(&storage, "admin.key", &user.id).await?;
    out::line(&text)?;
    storage.close().await;
    Ok(())
}

async fn open(place: &Place) -> anyhow::Result<(SharedStorage, Config)> {
    config::require_dir(&place.config)?;
    let config = Config::load(&place.config)?;
    let data_dir = place
        .data
        .clone()
        .unwrap_or_else(|| config.storage.data_dir.clone());
    let file = DataDir::database_in(&data_dir)?;
    let storage = match environment::secret_key()? {
        Some(secrets) => SqliteStorage::open_with(&file, secrets).await,
        None => SqliteStorage::open(&file).await,
    };
    Ok((Arc::new(storage.context("cannot open the storage")?), config))
}

async fn account(storage: &SharedStorage, typed: &str) -> anyhow::Result<UserRow> {
    let email = email::normalise(typed).context("that is no e-mail address")?;
    let user = storage
        .user_by_email(&email)
        .await
        .context("cannot read the users")?;
    user.with_context(|| format!("{email} has no account: see wagate admin create"))
}

/// The password, and whether nobody knows it yet.
fn given_or_generated(from_stdin: bool, config: &Config) -> anyhow::Result<(Zeroizing<String>, bool)> {
    if !from_stdin {
        return Ok((Zeroizing::new(key::random_text(GENERATED_PASSWORD)), true));
    }
    let mut text = Zeroizing::new(String::new());
    std::io::stdin()
        .take(MAX_STDIN)
        .read_to_string(&mut text)
        .context("cannot read the password from stdin")?;
    let password = Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned());
    if let Some(why) = password::weakness(&password, config.auth.min_password_length.count()) {
        bail!("{why}");
    }
    Ok((password, false))
}

async fn hashed(password: Zeroizing<String>) -> anyhow::Result<String> {
    tokio::task::spawn_blocking(move || password::hash(&password))
        .await
        .context("the password could not be hashed")?
}

async fn note(storage: &SharedStorage, action: &str, target: &str) -> anyhow::Result<()> {
    let row = AuditRow {
        id: new_row_id(),
        at: SystemClock.now_ms(),
        actor_id: None,
        actor: "command line".to_owned(),
        action: action.to_owned(),
        target: Some(target.to_owned()),
        outcome: Outcome::Ok,
        detail: None,
        address: None,
        request_id: None,
    };
    storage
        .append_audit(row)
        .await
        .context("the audit log could not be written")
}
