//! Compiles the guests the benches install, the same ones the end-to-end tests use, and the plugins that ship.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// As in the gateway's build script.
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

fn main() -> io::Result<()> {
    let guests = wagate_build_support::build_guests(&["hostile", "versioned"]);
    let example = wagate_build_support::build_plugins(&["example"]);
    for built in guests.into_iter().chain(example) {
        told(&format!("GUEST_{}", built.name.to_uppercase()), &built.wasm)?;
    }
    let libraries = wagate_build_support::build_native_guests(&["versioned"]);
    let example = wagate_build_support::build_native(&["example"]);
    for built in libraries.into_iter().chain(example) {
        told(&format!("NATIVE_{}", built.name.to_uppercase()), &built.library)?;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../..");
    let mut table = String::from(
        "/// The plugins that ship.\npub(crate) static BUNDLED: &[wagate_plugin_host::Bundled] = &[\n",
    );
    for built in wagate_build_support::build_plugins(&BUNDLED) {
        let wasm = out.join(format!("{}.wasm", built.name));
        fs::copy(&built.wasm, &wasm)?;
        let toml = root
            .join(format!("config/plugins/{}.toml", built.name))
            .canonicalize()?;
        let manifest = root
            .join(format!("plugins/{}/plugin.toml", built.name))
            .canonicalize()?;
        let line = writeln!(
            table,
            "    wagate_plugin_host::Bundled {{ name: {:?}, wasm: include_bytes!({wasm:?}), manifest: include_str!({manifest:?}), default_toml: include_str!({toml:?}) }},",
            built.name
        );
        line.map_err(io::Error::other)?;
    }
    table.push_str("];\n");
    fs::write(out.join("bundled.rs"), table)
}

fn told(name: &str, path: &Path) -> io::Result<()> {
    writeln!(io::stdout(), "cargo::rustc-env={name}={}", path.display())
}
