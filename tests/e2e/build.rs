//! Compiles the guests the tests install: plugins that misbehave, one that answers with its version, and the
//! example, also as a library.

fn main() {
    for plugin in wagate_build_support::build_plugins(&["example"]) {
        println!(
            "cargo::rustc-env=PLUGIN_{}={}",
            plugin.name.to_uppercase(),
            plugin.wasm.display()
        );
    }
    for plugin in wagate_build_support::build_native(&["example"]) {
        println!(
            "cargo::rustc-env=NATIVE_{}={}",
            plugin.name.to_uppercase(),
            plugin.library.display()
        );
    }
    // For the tests of the plugin host, which would wait for the compiler in the middle of a test.
    wagate_build_support::build_native_guests(&["hostile", "versioned", "listener"]);
    for guest in wagate_build_support::build_guests(&["hostile", "versioned", "filer"]) {
        println!(
            "cargo::rustc-env=GUEST_{}={}",
            guest.name.to_uppercase(),
            guest.wasm.display()
        );
    }
}
