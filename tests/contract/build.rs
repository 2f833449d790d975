//! Compiles the example, whose README is tried as well.

fn main() {
    for plugin in wagate_build_support::build_plugins(&["example"]) {
        println!("cargo::rustc-env=PLUGIN_EXAMPLE={}", plugin.wasm.display());
    }
}
