//! `wagate plugin check`: tries a component out, alone or with the settings file it would get. What it is and what it
//! asks for, then one problem a line, as compilers do.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use wagate_plugin_host::Review;

use super::text::one_line;
use crate::cache_dir::CacheDir;
use crate::{http, out};

/// Options of `plugin check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    wasm: PathBuf,
    /// The settings file it would get.
    #[arg(long, value_name = "FILE.toml")]
    config_file: Option<PathBuf>,
    /// Load it even if it is a native plugin: its code then runs with all rights of this command.
    #[arg(long)]
    allow_native: bool,
}

/// Prints what was found; exit code 1 when something is wrong.
pub(crate) async fn run(args: CheckArgs) -> anyhow::Result<ExitCode> {
    let cache = CacheDir::temporary()?;
    let config_file = args.config_file.as_deref();
    let routes = http::host_routes();
    let review =
        wagate_plugin_host::review(&args.wasm, config_file, cache.path(), &routes, args.allow_native).await;
    let (lines, is_good) = match review {
        Ok(review) => (report(&review, config_file.is_some()), review.problems.is_empty()),
        Err(error) => (vec![one_line(&error.to_string())], false),
    };
    for line in lines {
        out::line(&line)?;
    }
    if is_good {
        out::line("ok")?;
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}

fn report(review: &Review, has_file: bool) -> Vec<String> {
    let inspection = &review.inspection;
    let manifest = &inspection.manifest;
    let mut lines = vec![
        format!("plugin: {} {}", manifest.id, one_line(&manifest.version)),
        format!("description: {}", one_line(&manifest.description)),
        format!(
            "component: {} bytes, sha256 {}",
            inspection.size, inspection.sha256
        ),
        format!("exports: {}", inspection.exports.join(", ")),
    ];
    if let Some(sdk) = inspection.native {
        lines.push(format!(
            "native: true, SDK {}: no limits, no isolation",
            one_line(sdk)
        ));
    }
    for route in &manifest.routes {
        lines.push(format!(
            "route: {} {}",
            route.method.as_str(),
            one_line(&route.path)
        ));
    }
    for hook in &manifest.hooks {
        lines.push(format!("hook: {}", one_line(hook)));
    }
    for request in &manifest.rights {
        let granted = match (has_file, review.granted.contains(&request.name)) {
            (false, _) => "",
            (true, true) => " (granted)",
            (true, false) => " (not granted)",
        };
        let reason = one_line(&request.reason);
        lines.push(format!("right: {}{granted}: {reason}", request.name));
    }
    let notes = review.notes.iter().map(|note| format!("note: {note}"));
    let problems = review.problems.iter().map(ToString::to_string);
    lines.extend(notes.chain(problems).map(|line| one_line(&line)));
    lines
}

#[cfg(test)]
mod tests {
    use wagate_plugin_host::{FileError, Inspection, Review};
    use wagate_protocol::manifest::{Manifest, Right};

    use super::report;

    const MANIFEST: &str = r#"
id = "greeter"
version = "1.2.0"
api = "1.0"
description = "Greets people"
hooks = ["message.received"]

[[routes]]
method = "GET"
path = "/api/greeter"
session = "none"

[[rights]]
name = "store"
reason = "keeps the greetings"

[[rights]]
name = "history"
reason = "looks who was\ngreeted"
"#;

    #[test]
    fn what_it_is_comes_first_and_problems_last() {
        let review = Review {
            inspection: Inspection {
                manifest: Manifest::parse(MANIFEST).unwrap(),
                sha256: "ab".to_owned(),
                size: 7,
                exports: vec!["http-routes", "events"],
                native: Some("0.1.0"),
            },
            granted: vec![Right::Store],
            problems: vec![FileError {
                message: "is wrong".to_owned(),
                file: Some("greeter.toml".to_owned()),
                line: Some(2),
                column: Some(3),
            }],
            notes: Vec::new(),
        };
        assert_eq!(
            report(&review, true),
            [
                "plugin: greeter 1.2.0",
                "description: Greets people",
                "component: 7 bytes, sha256 ab",
                "exports: http-routes, events",
                "native: true, SDK 0.1.0: no limits, no isolation",
                "route: GET /api/greeter",
                "hook: message.received",
                "right: store (granted): keeps the greetings",
                "right: history (not granted): looks who was greeted",
                "greeter.toml:2:3: is wrong",
            ]
        );
        assert!(report(&review, false).contains(&"right: store: keeps the greetings".to_owned()));
    }
}
