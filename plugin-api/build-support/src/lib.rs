//! For build scripts: compiles plugin crates of this workspace to WASM components, and hands out the SDK as files.
//!
//! Not for run time. A build script says
//! `let built = wagate_build_support::build_plugins(&["messages", "chats"]);` and embeds the files it gets back.
//! All plugins are compiled by one nested cargo, in a target directory of its own: the outer cargo holds the lock of
//! its directory, a nested one on the same would wait for ever. Two build scripts at once queue on cargo's own lock.

mod sdk;

use std::env;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::Command;

pub use sdk::SdkFile;

const TARGET: &str = "wasm32-wasip2";
const PROFILE: &str = "plugin";
/// What a native plugin is built with besides. Only tests load them: quick to compile counts, not quick to run.
const NATIVE: [&str; 8] = [
    "--features",
    "wagate-plugin-api/native",
    "--config",
    "profile.plugin.panic=\"unwind\"",
    "--config",
    "profile.plugin.lto=\"off\"",
    "--config",
    "profile.plugin.opt-level=0",
];

/// A compiled plugin.
#[derive(Debug, Clone)]
pub struct Built {
    /// The plugin's name, as it was asked for.
    pub name: String,
    /// The component.
    pub wasm: PathBuf,
}

/// Compiles the plugins under `plugins/` with these names, all in one go. Also tells cargo when to do it again.
///
/// # Panics
/// When a plugin does not compile or the wasm target cannot be installed: a build script has no better way to fail.
pub fn build_plugins(names: &[&str]) -> Vec<Built> {
    build(names, "plugins", "plugin")
}

/// The same for the test guests under `tests/guests/`.
///
/// # Panics
/// As [`build_plugins`].
pub fn build_guests(names: &[&str]) -> Vec<Built> {
    build(names, "tests/guests", "guest")
}

/// A plugin compiled for this machine.
#[derive(Debug, Clone)]
pub struct BuiltNative {
    /// The plugin's name, as it was asked for.
    pub name: String,
    /// The library.
    pub library: PathBuf,
}

/// Compiles the plugins under `plugins/` with these names as native libraries.
///
/// # Panics
/// As [`build_plugins`].
pub fn build_native(names: &[&str]) -> Vec<BuiltNative> {
    native(names, "plugins", "plugin")
}

/// The same for the test guests under `tests/guests/`.
///
/// # Panics
/// As [`build_plugins`].
pub fn build_native_guests(names: &[&str]) -> Vec<BuiltNative> {
    native(names, "tests/guests", "guest")
}

/// The crates a plugin author links, as files for a folder outside this workspace. Also tells cargo when to do it again.
///
/// # Panics
/// When the crates cannot be read, or depend on what only this workspace has.
pub fn sdk_files() -> Vec<SdkFile> {
    let root = workspace_root();
    for path in sdk::sources(&root) {
        emit(&format!("cargo::rerun-if-changed={}", path.display()));
    }
    match sdk::collect(&root) {
        Ok(files) => files,
        Err(error) => fail(&format!("the plugin SDK: {error}")),
    }
}

fn build(names: &[&str], folder: &str, prefix: &str) -> Vec<Built> {
    ensure_target();
    let folder = compile(names, folder, prefix, TARGET, &[]);
    names
        .iter()
        .map(|name| Built {
            name: (*name).to_owned(),
            wasm: folder.join(format!("{prefix}_{}.wasm", name.replace('-', "_"))),
        })
        .collect()
}

fn native(names: &[&str], folder: &str, prefix: &str) -> Vec<BuiltNative> {
    // The target is named, so that what runs while compiling is shared with the components. A panic has to unwind.
    let folder = compile(names, folder, prefix, &this_machine(), &NATIVE);
    names
        .iter()
        .map(|name| BuiltNative {
            name: (*name).to_owned(),
            library: folder.join(format!(
                "{DLL_PREFIX}{prefix}_{}{DLL_SUFFIX}",
                name.replace('-', "_")
            )),
        })
        .collect()
}

/// The folder with what was built.
fn compile(names: &[&str], folder: &str, prefix: &str, target: &str, more: &[&str]) -> PathBuf {
    let root = workspace_root();
    rerun_when_sources_change(&root, names, folder);
    let target_dir = root.join("target").join("plugins");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(&root)
        .args(["build", "--profile", PROFILE, "--target", target])
        .args(more)
        .arg("--target-dir")
        .arg(&target_dir);
    for name in names {
        cargo.args(["-p", &format!("{prefix}-{name}")]);
    }
    forget_outer_cargo(&mut cargo);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", neutral_paths(&root));
    run(&mut cargo);
    target_dir.join(target).join(PROFILE)
}

fn this_machine() -> String {
    let told = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .arg("-vV")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_default();
    match told.lines().find_map(|line| line.strip_prefix("host: ")) {
        Some(host) => host.to_owned(),
        None => fail("rustc does not say for which machine it compiles"),
    }
}

/// `cargo clippy` and code coverage tools work through these variables. Inherited, they would lint or instrument
/// every guest, and recompile all of them each time.
fn forget_outer_cargo(cargo: &mut Command) {
    for name in [
        "RUSTC_WORKSPACE_WRAPPER",
        "CLIPPY_ARGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTFLAGS",
        "CARGO_TARGET_DIR",
    ] {
        cargo.env_remove(name);
    }
    let clippy_wraps = env::var("RUSTC_WRAPPER").is_ok_and(|wrapper| wrapper.contains("clippy"));
    if clippy_wraps {
        cargo.env_remove("RUSTC_WRAPPER");
    }
    // The outer build's profile overrides must not change what is shipped.
    for (name, _) in env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PROFILE_"))
        {
            cargo.env_remove(name);
        }
    }
}

/// Panic texts name source files. What is shipped tells nothing about the machine it was built on, and is the same from
/// wherever it was built.
fn neutral_paths(root: &Path) -> String {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let home = env::var_os("HOME")?;
        Some(PathBuf::from(home).join(".cargo"))
    });
    let named = [(Some(root.to_path_buf()), "wagate"), (home, "cargo")];
    let flags = named
        .into_iter()
        .filter_map(|(path, name)| Some(format!("--remap-path-prefix={}={name}", path?.display())));
    // The separator cargo wants.
    flags.collect::<Vec<_>>().join("\x1f")
}

fn ensure_target() {
    let sysroot = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--print", "sysroot"])
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_default();
    if Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(TARGET)
        .is_dir()
    {
        return;
    }
    let added = Command::new("rustup")
        .args(["target", "add", TARGET])
        .status()
        .is_ok_and(|status| status.success());
    assert!(
        added,
        "plugins compile to {TARGET}, which is not installed. Run: rustup target add {TARGET}"
    );
}

fn rerun_when_sources_change(root: &Path, names: &[&str], folder: &str) {
    let mut watched: Vec<PathBuf> = [
        "plugin-api/src",
        "plugin-api/Cargo.toml",
        "plugin-api/wit",
        "plugin-api/protocol",
        "Cargo.lock",
    ]
    .map(|path| root.join(path))
    .into();
    watched.extend(names.iter().map(|name| root.join(folder).join(name)));
    for path in watched {
        emit(&format!("cargo::rerun-if-changed={}", path.display()));
    }
}

#[expect(clippy::print_stdout, reason = "this is how a build script talks to cargo")]
fn emit(line: &str) {
    println!("{line}");
}

fn run(cargo: &mut Command) {
    let output = match cargo.output() {
        Ok(output) => output,
        Err(error) => fail(&format!("cannot run cargo for the plugins: {error}")),
    };
    if !output.status.success() {
        fail(&format!(
            "the plugins do not compile:\n{}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
}

#[expect(clippy::panic, reason = "a build script has no better way to fail")]
fn fail(message: &str) -> ! {
    panic!("{message}")
}

/// This crate sits at `plugin-api/build-support`.
fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().and_then(Path::parent).unwrap_or(here).to_path_buf()
}
