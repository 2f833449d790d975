//! The wasmtime engine: its settings, the compile cache, and how guests are run on it. Not what plugins may do.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinError;
use tokio::time::error::Elapsed;
use wasmtime::component::{Component, HasSelf, InstancePre, Linker};
use wasmtime::{Cache, CacheConfig, Config, Engine};

use crate::bindings::Plugin;
use crate::bulk;
use crate::long_calls::LongCalls;
use crate::stacks::Stacks;
use crate::state::State;
use crate::ticker::Ticker;

const WASM_STACK: usize = 512 * 1024;
/// Bigger components are refused before they are compiled, bigger files before they are read.
pub(crate) const MAX_COMPONENT: usize = 32 * 1024 * 1024;

/// What every WebAssembly file begins with.
const MAGIC: &[u8] = b"\0asm";

/// Compiles and links components. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Runtime {
    engine: Engine,
    linker: Arc<Linker<State>>,
    /// Compiling uses all cores, so one at a time.
    compiling: Arc<Semaphore>,
    ticker: Ticker,
    long_calls: Arc<LongCalls>,
    /// Hooks and timers: however many compute, the system gives these threads no more than those of requests.
    long_hooks: Arc<LongCalls>,
}

impl Runtime {
    /// `cache_dir` keeps compiled components, keyed by content, settings and wasmtime's version. Only the host may
    /// write there.
    pub(crate) fn new(cache_dir: &Path) -> wasmtime::Result<Self> {
        std::fs::create_dir_all(cache_dir)?;
        let mut cache = CacheConfig::new();
        // wasmtime wants an absolute path.
        cache.with_directory(cache_dir.canonicalize()?);
        let mut config = Config::new();
        config.epoch_interruption(true);
        config.max_wasm_stack(WASM_STACK);
        // The interfaces of plugins have no async functions, so nothing needs the bookkeeping of concurrent calls within an
        // instance: about a third of a warm call.
        config.concurrency_support(false);
        config.with_host_stack(Arc::new(Stacks));
        config.cache(Some(Cache::new(cache)?));
        let engine = Engine::new(&config)?;
        let ticker = Ticker::start(&engine)?;
        let mut linker = Linker::new(&engine);
        // Every Rust component imports parts of WASI, used or not. The context behind it is empty.
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        Plugin::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
        Ok(Self {
            engine,
            linker: Arc::new(linker),
            compiling: Arc::new(Semaphore::new(1)),
            ticker,
            long_calls: Arc::new(LongCalls::new("plugin-request")?),
            long_hooks: Arc::new(LongCalls::new("plugin-hook")?),
        })
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Compiles on a thread of its own; takes a fraction of a second for a small component.
    pub(crate) async fn compile(&self, wasm: Arc<[u8]>) -> anyhow::Result<Component> {
        anyhow::ensure!(
            wasm.len() <= MAX_COMPONENT,
            "the component is bigger than {MAX_COMPONENT} bytes"
        );
        // Said here: the compiler's own words quote the file, and a path may lead to any file.
        anyhow::ensure!(wasm.starts_with(MAGIC), "is no WebAssembly component");
        let _turn = self.compiling.acquire().await?;
        let engine = self.engine.clone();
        tokio::task::spawn_blocking(move || {
            bulk::check(&wasm)?;
            Ok(Component::new(&engine, &wasm)?)
        })
        .await?
    }

    /// Matches the component's imports with what the host offers.
    pub(crate) fn link(&self, component: &Component) -> wasmtime::Result<InstancePre<State>> {
        self.linker.instantiate_pre(component)
    }

    /// Runs something a guest does, within `limit`: interrupted at each tick, and elsewhere once it turns out to compute for
    /// long. A hook or timer that goes on computing takes one of `turns`, a wait that does not count. The inner error is a
    /// panic, or the end of the host.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        turns: Option<&Semaphore>,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<Result<T, JoinError>, Elapsed> {
        let _ticking = self.ticker.on();
        let elsewhere = match turns {
            Some(_) => &self.long_hooks,
            None => &self.long_calls,
        };
        elsewhere.run(limit, turns, call).await
    }
}
