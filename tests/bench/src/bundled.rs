//! The plugins that ship, as the gateway embeds them. The table is written by the build script.

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// One of them alone, with the defaults that ship; empty when it does not.
pub(crate) fn alone(name: &str) -> &'static [wagate_plugin_host::Bundled] {
    let at = BUNDLED.iter().position(|plugin| plugin.name == name);
    at.and_then(|at| BUNDLED.get(at..=at)).unwrap_or_default()
}
