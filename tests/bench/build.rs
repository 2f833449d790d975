//! Compiles the guests the benches install, the same ones the end-to-end tests use.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    for guest in wagate_build_support::build_guests(&["hostile", "versioned"]) {
        let name = guest.name.to_uppercase();
        writeln!(
            io::stdout(),
            "cargo::rustc-env=GUEST_{name}={}",
            guest.wasm.display()
        )?;
    }
    Ok(())
}
