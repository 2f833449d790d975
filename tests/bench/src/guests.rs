//! The guests, and how they are installed: as an administrator would, into `config/plugins`.

use std::path::Path;

use anyhow::Context as _;

/// A component to install.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guest {
    /// Its id and the name of its files.
    pub(crate) name: &'static str,
    wasm: &'static str,
    /// What the administrator grants it. No limits are set: figures are about those that ship.
    operator_file: &'static str,
}

/// Well-behaved: answers with what its manifest says.
pub(crate) const VERSIONED: Guest = Guest {
    name: "versioned",
    wasm: env!("GUEST_VERSIONED"),
    operator_file: "enabled = true\n",
};

/// Misbehaves by command.
pub(crate) const HOSTILE: Guest = Guest {
    name: "hostile",
    wasm: env!("GUEST_HOSTILE"),
    operator_file: "enabled = true\n\n[grants]\ncapabilities = [\"store\"]\n",
};

impl Guest {
    /// Component and operator file into `config_dir/plugins`.
    pub(crate) fn install(&self, config_dir: &Path) -> anyhow::Result<()> {
        let wasm =
            std::fs::read(self.wasm).with_context(|| format!("the guest {} is not built", self.name))?;
        let plugins = config_dir.join("plugins");
        std::fs::create_dir_all(&plugins)?;
        put(&plugins, &format!("{}.wasm", self.name), &wasm)?;
        self.write_operator_file(config_dir, "")
    }

    /// The operator file, with a comment: another comment makes it another file, and the plugin is loaded anew.
    pub(crate) fn write_operator_file(&self, config_dir: &Path, comment: &str) -> anyhow::Result<()> {
        let text = format!("# {comment}\n{}", self.operator_file);
        put(
            &config_dir.join("plugins"),
            &format!("{}.toml", self.name),
            text.as_bytes(),
        )
    }
}

/// In one step: a file that is read half-written is a file with a mistake.
fn put(directory: &Path, name: &str, content: &[u8]) -> anyhow::Result<()> {
    let fresh = directory.join(format!(".{name}.new"));
    std::fs::write(&fresh, content)?;
    std::fs::rename(fresh, directory.join(name))?;
    Ok(())
}
