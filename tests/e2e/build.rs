//! Compiles the guests the tests install: plugins that misbehave, and one that answers with its version.

fn main() {
    for guest in wagate_build_support::build_guests(&["hostile", "versioned"]) {
        println!(
            "cargo::rustc-env=GUEST_{}={}",
            guest.name.to_uppercase(),
            guest.wasm.display()
        );
    }
}
