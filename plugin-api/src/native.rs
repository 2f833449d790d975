//! The side of a native plugin: the same traits behind a table of functions instead of a component's exports.
//!
//! - `boundary`: the functions the host calls; all that is unsafe.
//! - `serve`: what they do, and `calls`: the way back, in Rust's own types.

mod boundary;
mod calls;
mod serve;

pub use boundary::entry;
pub use wagate_protocol::native::Entry;

#[cfg(panic = "abort")]
compile_error!("a native plugin must unwind: build it with a profile that has panic = \"unwind\"");
