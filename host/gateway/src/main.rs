//! The `wagate` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    wagate::main()
}
