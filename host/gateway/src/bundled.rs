//! The plugins inside the binary. The table is written by the build script, which compiles them.

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));
