//! What `wit-bindgen` makes of `wit/v1`: the types of the less common calls are used as they are, those of the common
//! ones are wrapped (see `convert`). On other targets than WASM the functions are never called.

#![expect(clippy::pedantic, reason = "generated")]

wit_bindgen::generate!({
    path: "wit/v1",
    world: "plugin",
    pub_export_macro: true,
    export_macro_name: "__export_component",
    default_bindings_module: "wagate_plugin_api::bindings",
    additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
});
