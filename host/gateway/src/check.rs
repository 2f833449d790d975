//! `wagate check`: validates the settings and every plugin. Starts nothing; one problem a line, as compilers do.

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
    // The plugins are looked at in any case: one run shows everything.
    let config = Config::load(&args.config).unwrap_or_else(|error| {
        problems.push(error.to_string());
        Config::default()
    });
    let cache = CacheDir::of(&args.data.unwrap_or(config.storage.data_dir))?;
    let allow_native = config.plugins.allow_native;
    let routes = http::host_routes();
    let found = CompilingLine::during(async |told| {
        wagate_plugin_host::check(&args.config, cache.path(), BUNDLED, &routes, allow_native, told).await
    })
    .await;
    let (warnings, found): (Vec<Problem>, Vec<Problem>) =
        found.into_iter().partition(|problem| problem.is_warning);
    problems.extend(found.into_iter().map(|problem| match problem.error.file {
        Some(_) => problem.error.to_string(),
        None => format!("plugin {}: {}", problem.plugin, problem.error),
    }));

    let misnamed = wagate_plugin_host::misnamed(&args.config);
    for warning in warnings.into_iter().map(|problem| problem.error).chain(misnamed) {
        out::error_line(&format!("warning: {warning}"));
    }
    for problem in &problems {
        out::line(problem)?;
    }
    if problems.is_empty() {
        out::line("ok")?;
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}
