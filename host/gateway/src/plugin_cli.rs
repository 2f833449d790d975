//! `wagate plugin`: looks at plugins without a gateway. One file a verb.

mod check;
mod grants;
mod list;
mod new;
mod text;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Options of `plugin`.
#[derive(Debug, Args)]
pub(crate) struct PluginArgs {
    #[command(subcommand)]
    command: PluginCommand,
}

#[derive(Debug, Subcommand)]
enum PluginCommand {
    /// List every plugin of a settings directory, and what is wrong with it.
    List(list::ListArgs),
    /// Try a component out: manifest, exports, settings, rights. Exit code 1 when there are problems.
    Check(check::CheckArgs),
    /// Print a settings file for a component that grants exactly what it asks for.
    Grants(grants::GrantsArgs),
    /// Write the folder of a new plugin, with the SDK in it.
    New(new::NewArgs),
}

/// Runs one of them.
pub(crate) async fn run(args: PluginArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        PluginCommand::List(args) => list::run(args).await,
        PluginCommand::Check(args) => check::run(args).await,
        PluginCommand::Grants(args) => grants::run(args).await,
        PluginCommand::New(args) => new::run(args),
    }
}
