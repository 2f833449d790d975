//! Figures, one subcommand each. They are kept in `FIGURES.md`, with the commands.
//!
//! What the figures have in common: contenders take turns within one run, a figure is the median of several rounds, and
//! a ratio is formed within a round, so that a machine that slows down slows both sides. The gateway is a process of its
//! own, built before: `cargo build --release -p wagate --features sandbox`, or any binary named by `WAGATE_BIN`.

mod abuse;
mod autoreply;
mod bare;
mod bundled;
mod figures;
mod gateway;
mod guests;
mod host;
mod instances;
mod load;
mod messages;
mod neighbours;
mod network;
mod plugin_route;
mod process;
mod relay;
mod rows;
mod scratch;
mod sessions_rss;
#[cfg(feature = "store")]
mod store;
mod swap;
mod warm_call;
mod webhooks;

use std::path::PathBuf;
use std::process::Command;

use clap::{Parser, Subcommand};

use crate::abuse::Abuse;
use crate::instances::Subject;

#[derive(Debug, Parser)]
#[command(name = "wagate-bench", about = "Figures of wagate")]
struct Cli {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// A plugin's route against the same handler in bare axum.
    PluginRoute,
    /// A call of a plugin without HTTP, an event for its hook, a handler that asks the store: WASM, native, bare axum.
    WarmCall,
    /// Memory of a warm instance, and the start with all plugins that ship.
    Instances,
    /// A plugin's route while another plugin loops or eats memory.
    Neighbours,
    /// Memory of the gateway with 1, 10 and 50 idle sessions.
    SessionsRss,
    /// Session state in our one database against upstream's one file a session.
    #[cfg(feature = "store")]
    Store,
    /// Search, chat list and pages of a session with 100,000 messages, in the storage and over REST.
    Messages,
    /// What the sandbox network relays.
    Relay,
    /// From a phone to a webhook: latency, the highest rate, bytes and syncs an event.
    Webhooks,
    /// A plugin's route beside abuses of each kind.
    Abuse,
    /// The hook of autoreply with 1,000 rules.
    Autoreply,
    /// From a new component to the gateway that serves it.
    Swap,
    /// All of them, one after the other.
    All,
    /// The bare axum server: started by plugin-route as a process of its own.
    #[command(hide = true)]
    BareServer {
        /// Where its database is.
        #[arg(long)]
        data: PathBuf,
    },
    /// The memory of one plugin's instances: started by instances as a process of its own.
    #[command(hide = true)]
    WarmInstances {
        /// Whose.
        subject: Subject,
    },
    /// Who abuses the gateway: started by abuse as a process of its own.
    #[command(hide = true)]
    Abuser {
        /// The gateway's URL.
        #[arg(long)]
        url: String,
        /// What is done to it.
        #[arg(long)]
        abuse: Abuse,
        /// The file that is told how often.
        #[arg(long)]
        tally: PathBuf,
    },
}

/// Those of `all`, in their order.
const ALL: &[&str] = &[
    "plugin-route",
    "warm-call",
    "instances",
    "swap",
    "neighbours",
    "sessions-rss",
    #[cfg(feature = "store")]
    "store",
    "messages",
    "relay",
    "webhooks",
    "abuse",
    "autoreply",
];

fn main() -> anyhow::Result<()> {
    // As the gateway does.
    wagate_plugin_host::keep_little_memory();
    tokio::runtime::Runtime::new()?.block_on(run())
}

async fn run() -> anyhow::Result<()> {
    let bench = Cli::parse().bench;
    // The parent of these waits for one line of JSON.
    if !matches!(
        bench,
        Bench::BareServer { .. } | Bench::Abuser { .. } | Bench::WarmInstances { .. }
    ) {
        println!("machine: {}", figures::machine());
    }
    match bench {
        Bench::BareServer { data } => bare::serve(&data).await,
        Bench::Abuser { url, abuse, tally } => abuse::abuser::run(&url, abuse, &tally).await,
        Bench::WarmInstances { subject } => instances::warm_instances(subject).await,
        Bench::PluginRoute => plugin_route::run().await,
        Bench::WarmCall => warm_call::run().await,
        Bench::Instances => instances::run().await,
        Bench::Neighbours => neighbours::run().await,
        Bench::SessionsRss => sessions_rss::run().await,
        #[cfg(feature = "store")]
        Bench::Store => store::run().await,
        Bench::Messages => messages::run().await,
        Bench::Relay => relay::run().await,
        Bench::Webhooks => webhooks::run().await,
        Bench::Abuse => abuse::run().await,
        Bench::Autoreply => autoreply::run().await,
        Bench::Swap => swap::run().await,
        Bench::All => all(),
    }
}

/// Each in a process of its own: what one leaves behind in memory is nothing to the next. One that fails does not keep
/// the others from their figures.
fn all() -> anyhow::Result<()> {
    let mut failed = Vec::new();
    for &name in ALL {
        let status = Command::new(std::env::current_exe()?).arg(name).status()?;
        if !status.success() {
            failed.push(name);
        }
    }
    anyhow::ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}
