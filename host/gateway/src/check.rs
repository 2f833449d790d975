//! `wagate check`: validates the settings and every plugin. Starts nothing; one problem a line, as compilers do.
//!
//! What is wrong with the files as they are written comes at once. Plugins are compiled only when nothing is.

use std::path::Path;
use std::process::ExitCode;

use wagate_plugin_host::Problem;

use crate::bundled::BUNDLED;
use crate::cache_dir::CacheDir;
use crate::cli::CheckArgs;
use crate::config::{self, Config};
use crate::out::CompilingLine;
use crate::{http, out};

/// Prints what is wrong; exit code 1 when anything is.
pub(crate) async fn run(args: CheckArgs) -> anyhow::Result<ExitCode> {
    config::require_dir(&args.config)?;
    let mut problems = Vec::new();
    // The plugins' files are looked at in any case: one run shows everything that can be seen without compiling.
    let config = Config::load(&args.config).unwrap_or_else(|error| {
        problems.push(error.to_string());
        Config::default()
    });
    let mistakes = wagate_plugin_host::typing_mistakes(&args.config, BUNDLED).await;
    problems.extend(mistakes.iter().map(ToString::to_string));
    let is_whole = problems.is_empty();
    let mut warnings = Vec::new();
    if is_whole {
        let cache = CacheDir::of(&args.data.unwrap_or(config.storage.data_dir))?;
        for Problem {
            plugin,
            error,
            is_warning,
        } in try_out(&args.config, &cache, config.plugins.allow_native).await
        {
            match (is_warning, &error.file) {
                (true, _) => warnings.push(error),
                (false, Some(_)) => problems.push(error.to_string()),
                (false, None) => problems.push(format!("plugin {plugin}: {error}")),
            }
        }
    }

    let misnamed = wagate_plugin_host::misnamed(&args.config);
    for warning in warnings.into_iter().chain(misnamed) {
        out::error_line(&format!("warning: {warning}"));
    }
    for problem in &problems {
        out::line(problem)?;
    }
    if !is_whole {
        out::error_line("The plugins were not compiled for this: check again when these lines are right.");
    }
    if problems.is_empty() {
        out::line("ok")?;
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}

/// Compiles the plugins, or takes them from the cache, and asks each what it makes of its file.
async fn try_out(config_dir: &Path, cache: &CacheDir, allow_native: bool) -> Vec<Problem> {
    let routes = http::host_routes();
    CompilingLine::during(async |told| {
        wagate_plugin_host::check(config_dir, cache.path(), BUNDLED, &routes, allow_native, told).await
    })
    .await
}
