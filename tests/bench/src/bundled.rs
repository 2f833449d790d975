//! The plugins that ship, as the gateway embeds them. The table is written by the build script.

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));
