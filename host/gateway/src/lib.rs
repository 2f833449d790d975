//! A self-hosted WhatsApp gateway: auth, HTTP, config and the `wagate` binary.
//!
//! What WhatsApp is belongs to the engine, what a plugin is to the plugin host; this crate puts them together
//! (`app`) and lets REST clients in (`http`).
//!
//! Module order, left to right, a module uses only what stands to its left:
//! `out, pace, config, bundled, data_dir, signals -> cache_dir, logging, machine, metrics, openapi, auth, live -> http ->
//! config_watch, housekeeping, maintenance, app -> sandbox -> serve, check, plugin_cli, admin_cli, backup, tour -> cli`.

mod admin_cli;
mod app;
mod auth;
mod backup;
mod bundled;
mod cache_dir;
mod check;
mod cli;
mod config;
mod config_watch;
mod data_dir;
mod housekeeping;
mod http;
mod live;
mod logging;
mod machine;
mod maintenance;
mod metrics;
mod openapi;
mod out;
mod pace;
mod plugin_cli;
#[cfg(feature = "sandbox")]
mod sandbox;
mod serve;
mod signals;
#[cfg(feature = "sandbox")]
mod tour;

use std::process::ExitCode;

/// The whole program: parses the command line, runs, and says how it ended.
pub fn main() -> ExitCode {
    cli::main()
}
