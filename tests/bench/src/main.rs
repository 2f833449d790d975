//! Figures, one subcommand each. They are kept in `FIGURES.md`, with the commands.
//!
//! What the figures have in common: contenders take turns within one run, a figure is the median of several rounds, and
//! a ratio is formed within a round, so that a machine that slows down slows both sides. The gateway is a process of its
//! own, built before: `cargo build --release -p wagate --features sandbox`, or any binary named by `WAGATE_BIN`.

mod bare;
mod figures;
mod gateway;
mod guests;
mod load;
mod messages;
mod neighbours;
mod network;
mod plugin_route;
mod process;
mod rows;
mod scratch;
mod sessions_rss;
mod store;
mod warm_call;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

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
    /// A call of a plugin without HTTP.
    WarmCall,
    /// A plugin's route while another plugin loops or eats memory.
    Neighbours,
    /// Memory of the gateway with 1, 10 and 50 idle sessions.
    SessionsRss,
    /// Session state in our one database against upstream's one file a session.
    Store,
    /// Search, chat list and pages of a session with 100,000 messages.
    Messages,
    /// All of them, one after the other.
    All,
    /// The bare axum server: started by plugin-route as a process of its own.
    #[command(hide = true)]
    BareServer {
        /// Where its database is.
        #[arg(long)]
        data: PathBuf,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let bench = Cli::parse().bench;
    // Its parent waits for one line of JSON.
    if !matches!(bench, Bench::BareServer { .. }) {
        println!("machine: {}", figures::machine());
    }
    match bench {
        Bench::BareServer { data } => bare::serve(&data).await,
        Bench::PluginRoute => plugin_route::run().await,
        Bench::WarmCall => warm_call::run().await,
        Bench::Neighbours => neighbours::run().await,
        Bench::SessionsRss => sessions_rss::run().await,
        Bench::Store => store::run().await,
        Bench::Messages => messages::run().await,
        Bench::All => {
            plugin_route::run().await?;
            warm_call::run().await?;
            neighbours::run().await?;
            sessions_rss::run().await?;
            store::run().await?;
            messages::run().await
        }
    }
}
