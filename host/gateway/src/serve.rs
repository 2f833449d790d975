//! `wagate serve`: the gateway until a signal.

use anyhow::Context as _;
#[cfg(not(feature = "sandbox"))]
use wagate_engine::Network;

use crate::app::{App, Options};
use crate::cli::ServeArgs;
use crate::config::environment::{self, FirstAdmin};
use crate::config::{self, Config};
use crate::logging;
use crate::out::Ready;
#[cfg(feature = "sandbox")]
use crate::sandbox::SandboxNetwork;
use crate::signals::{self, Signals};

/// Runs until it is told to end.
pub(crate) async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let mut signals = Signals::install().context("cannot listen for signals")?;
    config::require_dir(&args.config)?;
    let config = Config::load(&args.config)?;
    let log_level = logging::start(&config.log)?;
    let data_dir = args
        .data
        .clone()
        .unwrap_or_else(|| config.storage.data_dir.clone());
    let listen = args.listen.unwrap_or(config.http.listen);
    let first_admin = FirstAdmin::from_environment()?;

    #[cfg(feature = "sandbox")]
    if let Some(order) = environment::abort_order()? {
        wagate_engine::abort_at(&order).context("WAGATE_ABORT_AT")?;
    }
    #[cfg(feature = "sandbox")]
    let sandbox = SandboxNetwork::wanted(args.sandbox.as_deref(), &data_dir).await?;
    #[cfg(feature = "sandbox")]
    let network = sandbox.target();
    #[cfg(not(feature = "sandbox"))]
    let network = Network::WhatsApp;

    let options = Options {
        config_dir: args.config,
        config,
        data_dir,
        listen,
        network,
        #[cfg(feature = "sandbox")]
        control: sandbox.control().to_owned(),
        first_admin,
        secrets: environment::secret_key()?,
        log_level,
    };
    let app = tokio::select! {
        app = App::start(options) => app?,
        // Nothing was answered yet, and what was written is whole: there is nothing to wait for.
        () = signals.next() => return Ok(()),
    };

    let url = app.url();
    let ready = Ready::gateway(&url);
    #[cfg(feature = "sandbox")]
    let ready = ready.with_sandbox(sandbox.ready());
    ready.print().context("cannot write to stdout")?;

    signals.next().await;
    let stop = async {
        app.stop().await;
        #[cfg(feature = "sandbox")]
        sandbox.stop().await;
    };
    signals::stop_or_exit(&mut signals, stop).await;
    Ok(())
}
