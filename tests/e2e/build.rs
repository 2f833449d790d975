//! Compiles the guests the tests install: plugins that misbehave, one that answers with its version, and the
//! example.

fn main() {
    for plugin in wagate_build_support::build_plugins(&["example"]) {
        println!(
            "cargo::rustc-env=PLUGIN_{}={}",
            plugin.name.to_uppercase(),
            plugin.wasm.display()
        );
    }
    for guest in wagate_build_support::build_guests(&["hostile", "versioned", "filer"]) {
        println!(
            "cargo::rustc-env=GUEST_{}={}",
            guest.name.to_uppercase(),
            guest.wasm.display()
        );
    }
}
