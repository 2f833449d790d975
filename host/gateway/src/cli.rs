//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

use crate::admin_cli::{self, AdminArgs};
use crate::backup::{self, BackupArgs, RestoreArgs};
use crate::plugin_cli::{self, PluginArgs};
use crate::{check, out, serve};
#[cfg(feature = "sandbox")]
use crate::{sandbox, tour};

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("WAGATE_BUILD_SUFFIX"));
/// What this binary was made of, for `--version`; `-V` is the first line alone.
const BUILD_FACTS: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    env!("WAGATE_BUILD_SUFFIX"),
    "\ncommit:   ",
    env!("WAGATE_BUILD_COMMIT"),
    "\nfeatures: ",
    env!("WAGATE_BUILD_FEATURES"),
    "\ntarget:   ",
    env!("WAGATE_BUILD_TARGET"),
    "\nrustc:    ",
    env!("WAGATE_BUILD_RUSTC"),
    "\nplugins:  ",
    env!("WAGATE_BUILD_PLUGINS"),
);

/// Blocking work (a password hash, a file) gets this long after everything else has ended.
const RUNTIME_STOP: Duration = Duration::from_secs(2);

/// Where the settings are looked for.
pub(crate) const DEFAULT_CONFIG_DIR: &str = "config";

/// A self-hosted, plugin-based WhatsApp gateway.
#[derive(Debug, Parser)]
#[command(name = "wagate", version = VERSION, long_version = BUILD_FACTS)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway (the default).
    Serve(ServeArgs),
    /// Validate the settings and every plugin, start nothing. Exit code 1 when there are problems.
    ///
    /// Mistakes in the files come at once, and end it. When there are none the plugins are compiled, which takes a minute;
    /// with a data directory that has them compiled it takes a second.
    Check(CheckArgs),
    /// Accounts: make one, give one another password or an API key. Works beside a running gateway.
    Admin(AdminArgs),
    /// Write everything into one file, while the gateway runs.
    Backup(BackupArgs),
    /// Make a data directory of such a file.
    Restore(RestoreArgs),
    /// Look at plugins: list them, try one out, write its settings file. Needs no running gateway.
    Plugin(PluginArgs),
    /// Run a sandbox network on its own: a WhatsApp server on loopback, with simulated phones.
    #[cfg(feature = "sandbox")]
    Sandbox(SandboxArgs),
    /// See it work: network and gateway in one process, paired, a message answered. Stays up until Ctrl-C.
    #[cfg(feature = "sandbox")]
    Tour(TourArgs),
}

/// Options of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where wagate.toml and plugins/ are.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_CONFIG_DIR)]
    pub(crate) config: PathBuf,
    /// Where the database is; wins over the settings file.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Where the API listens; wins over the settings file. Port 0 takes a free port.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Attach to the sandbox network with this control URL; without a URL, run one inside this process.
    #[cfg(feature = "sandbox")]
    #[arg(long, value_name = "CONTROL_URL", num_args = 0..=1, default_missing_value = "")]
    pub(crate) sandbox: Option<String>,
}

impl Default for ServeArgs {
    fn default() -> Self {
        Self {
            config: PathBuf::from(DEFAULT_CONFIG_DIR),
            data: None,
            listen: None,
            #[cfg(feature = "sandbox")]
            sandbox: None,
        }
    }
}

/// Options of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Where wagate.toml and plugins/ are.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_CONFIG_DIR)]
    pub(crate) config: PathBuf,
    /// A data directory, or an empty one: where it is there, compiled plugins are taken from it and kept in it. Wins over
    /// the settings file.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// Options of `sandbox`.
#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// Where the WhatsApp server listens. Loopback only.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Where the control API listens. Loopback only.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) control: SocketAddr,
    /// Where the media host listens. Loopback only.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) media: SocketAddr,
    /// Where the server's keys are kept; without it every start is a new server.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Who is on the network and what happens there.
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
    /// End after the scenario: 0 when everything was as expected, 1 when not.
    #[arg(long, requires = "scenario")]
    pub(crate) once: bool,
    /// Read the scenario, say whether it makes sense, and end.
    #[arg(long, requires = "scenario", conflicts_with = "once")]
    pub(crate) check: bool,
    /// The client under test, started when the network is up and ended with it. It finds the network in its
    /// environment: `WAGATE_SANDBOX_WS`, `WAGATE_SANDBOX_CONTROL`, `WAGATE_SANDBOX_ROOT`, `NODE_EXTRA_CA_CERTS`.
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<std::ffi::OsString>,
}

/// Options of `tour`.
#[cfg(feature = "sandbox")]
#[derive(Debug, Args)]
pub(crate) struct TourArgs {
    /// End after the story: 0 when it worked, 1 and the step that failed when it did not.
    #[arg(long)]
    pub(crate) once: bool,
    /// Where wagate.toml and plugins/ are.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_CONFIG_DIR)]
    pub(crate) config: PathBuf,
    /// An empty directory to keep the data in; without it, a temporary one.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Where the API listens.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
}

/// Parses, runs, reports.
pub(crate) fn main() -> ExitCode {
    let command = Cli::parse()
        .command
        .unwrap_or_else(|| Command::Serve(ServeArgs::default()));
    match run(command) {
        Ok(code) => code,
        Err(error) => {
            out::error_line(&format!("wagate: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    wagate_plugin_host::keep_little_memory();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let result = runtime.block_on(async {
        match command {
            Command::Serve(args) => serve::run(args).await.map(|()| ExitCode::SUCCESS),
            Command::Check(args) => check::run(args).await,
            Command::Admin(args) => admin_cli::run(args).await.map(|()| ExitCode::SUCCESS),
            Command::Backup(args) => backup::backup(args).await.map(|()| ExitCode::SUCCESS),
            Command::Restore(args) => backup::restore(args).await.map(|()| ExitCode::SUCCESS),
            Command::Plugin(args) => plugin_cli::run(args).await,
            #[cfg(feature = "sandbox")]
            Command::Sandbox(args) => sandbox::run(args).await,
            #[cfg(feature = "sandbox")]
            Command::Tour(args) => Box::pin(tour::run(args)).await.map(|()| ExitCode::SUCCESS),
        }
    });
    runtime.shutdown_timeout(RUNTIME_STOP);
    result
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::{Cli, Command};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_is_what_happens_without_a_command() {
        assert!(Cli::try_parse_from(["wagate"]).unwrap().command.is_none());
        let parsed =
            Cli::try_parse_from(["wagate", "serve", "--listen", "127.0.0.1:0", "--data", "d"]).unwrap();
        assert!(
            matches!(parsed.command, Some(Command::Serve(args)) if args.listen.is_some() && args.data.is_some())
        );
    }

    #[test]
    fn a_verb_of_plugin_is_required() {
        let is_fine = |line: &[&str]| Cli::try_parse_from(line).is_ok();
        assert!(is_fine(&["wagate", "plugin", "list", "--config", "c"]));
        assert!(is_fine(&["wagate", "plugin", "check", "x", "--config-file", "y"]));
        assert!(is_fine(&["wagate", "plugin", "grants", "x"]));
        assert!(!is_fine(&["wagate", "plugin"]));
        assert!(!is_fine(&["wagate", "plugin", "grants"]));
    }

    #[cfg(feature = "sandbox")]
    #[test]
    fn the_sandbox_can_be_inside_or_outside() {
        let wanted = |line: &[&str]| match Cli::try_parse_from(line).unwrap().command {
            Some(Command::Serve(args)) => args.sandbox,
            _ => panic!("not serve"),
        };
        assert_eq!(wanted(&["wagate", "serve"]), None);
        assert_eq!(wanted(&["wagate", "serve", "--sandbox"]).as_deref(), Some(""));
        assert_eq!(
            wanted(&["wagate", "serve", "--sandbox", "http://127.0.0.1:1"]).as_deref(),
            Some("http://127.0.0.1:1")
        );
        assert_eq!(
            wanted(&["wagate", "serve", "--sandbox", "--listen", "127.0.0.1:0"]).as_deref(),
            Some("")
        );
    }

    #[cfg(feature = "sandbox")]
    #[test]
    fn a_scenario_can_bring_its_client() {
        let line = [
            "wagate",
            "sandbox",
            "--scenario",
            "s.toml",
            "--once",
            "--",
            "node",
            "bot.js",
            "--qr",
        ];
        match Cli::try_parse_from(line).unwrap().command {
            Some(Command::Sandbox(args)) => {
                assert!(args.once && args.scenario.is_some());
                assert_eq!(args.command, ["node", "bot.js", "--qr"]);
            }
            _ => panic!("not sandbox"),
        }
        assert!(Cli::try_parse_from(["wagate", "sandbox", "--once"]).is_err());
    }
}
