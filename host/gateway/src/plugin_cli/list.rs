//! `wagate plugin list`: every plugin of a settings directory, one a line. No gateway has to run; what one that runs
//! has on its mind is in `GET /api/plugins`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use wagate_plugin_host::PluginStatus;

use super::text::one_line;
use crate::bundled::BUNDLED;
use crate::cache_dir::CacheDir;
use crate::cli::DEFAULT_CONFIG_DIR;
use crate::config::{self, Config};
use crate::out::CompilingLine;
use crate::{http, out};

const HEAD: [&str; 7] = [
    "NAME", "VERSION", "SOURCE", "ENABLED", "ROUTES", "HOOKS", "PROBLEM",
];
const NOTHING: &str = "-";

/// Options of `plugin list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Where wagate.toml and plugins/ are.
    #[arg(long, value_name = "DIR", default_value = DEFAULT_CONFIG_DIR)]
    config: PathBuf,
}

/// Prints the table, then what is ignored.
pub(crate) async fn run(args: ListArgs) -> anyhow::Result<ExitCode> {
    config::require_dir(&args.config)?;
    // Only to find compiled plugins; `wagate check` says what is wrong with the file.
    let config = Config::load(&args.config).unwrap_or_default();
    let cache = CacheDir::of(&config.storage.data_dir)?;
    let allow_native = config.plugins.allow_native;
    let routes = http::host_routes();
    let plugins = CompilingLine::during(async |told| {
        wagate_plugin_host::survey(&args.config, cache.path(), BUNDLED, &routes, allow_native, told).await
    })
    .await;
    let plugins = plugins?;

    let rows = plugins.into_iter().map(row).collect();
    for line in aligned(rows) {
        out::line(&line)?;
    }
    for warning in wagate_plugin_host::misnamed(&args.config) {
        out::error_line(&format!("warning: {warning}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn row(status: PluginStatus) -> [String; 7] {
    let or_nothing = |text: String| {
        if text.is_empty() { NOTHING.to_owned() } else { text }
    };
    [
        status.name,
        or_nothing(one_line(&status.version.unwrap_or_default())),
        if status.native {
            "native"
        } else {
            status.source.as_str()
        }
        .to_owned(),
        if status.enabled { "yes" } else { "no" }.to_owned(),
        status.routes.len().to_string(),
        or_nothing(one_line(&status.hooks.join(","))),
        or_nothing(
            status
                .last_error
                .map(|error| one_line(&error.to_string()))
                .unwrap_or_default(),
        ),
    ]
}

/// In columns under their heads; nothing follows the last one.
fn aligned(rows: Vec<[String; 7]>) -> Vec<String> {
    let mut table = vec![HEAD.map(str::to_owned)];
    table.extend(rows);
    let mut widths = [0; 7];
    for row in &table {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; 7]| {
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    table.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use wagate_plugin_host::{FileError, PluginState, PluginStatus, Source};

    use super::{aligned, row};

    fn status(name: &str) -> PluginStatus {
        PluginStatus {
            name: name.to_owned(),
            description: String::new(),
            version: None,
            state: PluginState::Refused,
            suspended: None,
            suspended_hooks: Vec::new(),
            compiling: false,
            enabled: true,
            source: Source::File,
            native: false,
            sha256: None,
            loaded_at_ms: None,
            routes: Vec::new(),
            hooks: Vec::new(),
            rights: Vec::new(),
            granted: Vec::new(),
            sessions: Vec::new(),
            hosts: Vec::new(),
            last_error: None,
            notes: Vec::new(),
            calls: 0,
            traps: 0,
            p50_us: None,
            p99_us: None,
            memory_bytes: 0,
            instances: 0,
            lag: Vec::new(),
        }
    }

    #[test]
    fn columns_stand_under_their_heads() {
        let good = PluginStatus {
            version: Some("1.0.0".to_owned()),
            hooks: vec!["message.received".to_owned()],
            ..status("greeter")
        };
        let bad = PluginStatus {
            enabled: false,
            native: true,
            last_error: Some(FileError {
                message: "unknown\nfield".to_owned(),
                file: Some("x.toml".to_owned()),
                line: Some(3),
                column: Some(1),
            }),
            ..status("x")
        };
        assert_eq!(
            aligned(vec![row(good), row(bad)]),
            [
                "NAME     VERSION  SOURCE  ENABLED  ROUTES  HOOKS             PROBLEM",
                "greeter  1.0.0    file    yes      0       message.received  -",
                "x        -        native  no       0       -                 x.toml:3:1: unknown field",
            ]
        );
    }
}
