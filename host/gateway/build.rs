//! Compiles the plugins that ship and writes the table that embeds them; and the SDK, for `wagate plugin new`.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// The plugins that ship, each with its defaults in `config/plugins/<name>.toml`.
const BUNDLED: [&str; 15] = [
    "messages",
    "broadcast",
    "sticker",
    "chats",
    "contacts",
    "groups",
    "labels",
    "profile",
    "status",
    "autoreply",
    "bot",
    "scheduler",
    "notifications",
    "updates",
    "webhooks",
];

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: run through cargo")?);
    let defaults = config_dir()?.join("plugins");
    let mut table = String::from(
        "/// The plugins embedded in this binary.\npub(crate) static BUNDLED: &[wagate_plugin_host::Bundled] = &[\n",
    );
    for built in wagate_build_support::build_plugins(&BUNDLED) {
        // A copy of our own: the nested build may replace its file while the compiler reads it.
        let wasm = out.join(format!("{}.wasm", built.name));
        fs::copy(&built.wasm, &wasm).map_err(|error| format!("{}: {error}", built.wasm.display()))?;
        let toml = defaults.join(format!("{}.toml", built.name));
        if !toml.is_file() {
            return Err(format!(
                "{} is missing: a bundled plugin ships its defaults there",
                toml.display()
            )
            .into());
        }
        let manifest = config_dir()?
            .join("../plugins")
            .join(&built.name)
            .join("plugin.toml");
        writeln!(io::stdout(), "cargo::rerun-if-changed={}", toml.display())?;
        writeln!(
            table,
            "    wagate_plugin_host::Bundled {{\n        name: {:?},\n        wasm: include_bytes!({:?}),\n        \
             manifest: include_str!({:?}),\n        default_toml: include_str!({:?}),\n    }},",
            built.name,
            text(&wasm)?,
            text(&manifest)?,
            text(&toml)?,
        )?;
    }
    table.push_str("];\n");
    fs::write(out.join("bundled.rs"), table)?;
    fs::write(out.join("sdk.rs"), sdk_table()?)?;
    fs::write(out.join("dashboard.rs"), dashboard_table(&out)?)?;
    build_facts()
}

/// What `wagate --version` tells. A debug build names no commit: it is built again and again between two of them.
fn build_facts() -> Result<(), Box<dyn Error>> {
    let variable = |name: &str| env::var(name).unwrap_or_else(|_| "unknown".to_owned());
    let rustc = run(&variable("RUSTC"), &["--version"]).unwrap_or_else(|| "unknown".to_owned());
    let profile = variable("PROFILE");
    let mut out = io::stdout();
    writeln!(out, "cargo::rerun-if-env-changed=WAGATE_COMMIT")?;
    let commit = match env::var("WAGATE_COMMIT") {
        Ok(commit) if !commit.is_empty() => commit,
        _ if profile == "release" => commit_of_the_sources().unwrap_or_else(|| "unknown".to_owned()),
        _ => "unknown".to_owned(),
    };
    let sandbox = env::var_os("CARGO_FEATURE_SANDBOX").is_some();
    let facts = [
        ("SUFFIX", if sandbox { "+sandbox" } else { "" }.to_owned()),
        ("COMMIT", commit),
        ("FEATURES", if sandbox { "sandbox" } else { "none" }.to_owned()),
        ("TARGET", format!("{} ({profile})", variable("TARGET"))),
        ("RUSTC", rustc.trim_start_matches("rustc ").to_owned()),
        ("PLUGINS", format!("{} in the box", BUNDLED.len())),
    ];
    for (name, value) in facts {
        writeln!(out, "cargo::rustc-env=WAGATE_BUILD_{name}={value}")?;
    }
    Ok(())
}

/// None outside of a checkout, or without git.
fn commit_of_the_sources() -> Option<String> {
    let commit = run("git", &["rev-parse", "HEAD"])?;
    let changes = run("git", &["status", "--porcelain", "--untracked-files=no"])?;
    // Moves with every commit, checkout and reset.
    let moves = run("git", &["rev-parse", "--git-path", "logs/HEAD"])?;
    writeln!(io::stdout(), "cargo::rerun-if-changed={moves}").ok()?;
    Some(if changes.is_empty() {
        commit
    } else {
        format!("{commit}, with changes")
    })
}

/// What a command says, without the line break; none when it fails.
fn run(command: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(command).args(args).output().ok()?;
    let text = output.status.success().then_some(output.stdout)?;
    Some(String::from_utf8(text).ok()?.trim_end().to_owned())
}

/// The SDK's files as a table of paths and contents.
fn sdk_table() -> Result<String, Box<dyn Error>> {
    let mut table = String::from("/// The plugin SDK: path and content.\nstatic SDK: &[(&str, &str)] = &[\n");
    for file in wagate_build_support::sdk_files() {
        writeln!(table, "    ({:?}, {:?}),", file.path, file.content)?;
    }
    table.push_str("];\n");
    Ok(table)
}

/// The built dashboard as a table of paths and contents, each compressed once, here.
fn dashboard_table(out: &Path) -> Result<String, Box<dyn Error>> {
    let dist = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set")?)
        .join("../dashboard/dist")
        .canonicalize()?;
    writeln!(io::stdout(), "cargo::rerun-if-changed={}", dist.display())?;
    let mut table = String::from("static ASSETS: &[Asset] = &[\n");
    for folder in ["", "assets"] {
        let mut files: Vec<PathBuf> = fs::read_dir(dist.join(folder))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        files.sort();
        for file in files.iter().filter(|file| file.is_file()) {
            let name = text(Path::new(file.file_name().ok_or("a file has a name")?))?;
            let path = match (folder, name) {
                // Says what the build was made of; nobody asks for it.
                (_, "sources.sha256") => continue,
                ("", "index.html") => "/".to_owned(),
                ("", name) => format!("/{name}"),
                (folder, name) => format!("/{folder}/{name}"),
            };
            let content = fs::read(file)?;
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(&content)?;
            let gzip = out.join(format!("dashboard-{}.gz", path.replace('/', "-")));
            fs::write(&gzip, encoder.finish()?)?;
            writeln!(
                table,
                "    Asset {{ path: {path:?}, content: include_bytes!({:?}), gzip: include_bytes!({:?}), etag: {:?} }},",
                text(file)?,
                text(&gzip)?,
                format!("\"{:08x}-{:x}\"", crc32fast::hash(&content), content.len()),
            )?;
        }
    }
    table.push_str("];\n");
    Ok(table)
}

/// Source code is text: a path that is not cannot be written into it.
fn text(path: &Path) -> Result<&str, Box<dyn Error>> {
    path.to_str()
        .ok_or_else(|| format!("{} is not UTF-8", path.display()).into())
}

/// This crate sits at `host/gateway`.
fn config_dir() -> Result<PathBuf, Box<dyn Error>> {
    let here = env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set: run through cargo")?;
    let root = Path::new(&here)
        .ancestors()
        .nth(2)
        .ok_or("the workspace root is two directories up")?;
    Ok(root.join("config"))
}
