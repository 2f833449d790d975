//! The guests, and how they are installed: as an administrator would, into `config/plugins`.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

/// A component to install.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guest {
    /// Its id and the name of its files.
    pub(crate) name: &'static str,
    wasm: &'static str,
    /// The same as a library, where it is built as one.
    library: &'static str,
    /// What the administrator grants it. No limits are set: figures are about those that ship.
    operator_file: &'static str,
}

/// Well-behaved: answers with what its manifest says.
pub(crate) const VERSIONED: Guest = Guest {
    name: "versioned",
    wasm: env!("GUEST_VERSIONED"),
    library: env!("NATIVE_VERSIONED"),
    operator_file: "enabled = true\n",
};

/// Misbehaves by command.
pub(crate) const HOSTILE: Guest = Guest {
    name: "hostile",
    wasm: env!("GUEST_HOSTILE"),
    library: "",
    operator_file: "enabled = true\n\n[grants]\ncapabilities = [\"store\"]\n",
};

/// The folder to copy, with what a counter needs: routes that read the store and write it, and a hook.
pub(crate) const EXAMPLE: Guest = Guest {
    name: "example",
    wasm: env!("GUEST_EXAMPLE"),
    library: env!("NATIVE_EXAMPLE"),
    operator_file: "enabled = true\n\n[grants]\ncapabilities = [\"store\"]\n",
};

impl Guest {
    /// Component and operator file into `config_dir/plugins`.
    pub(crate) fn install(&self, config_dir: &Path) -> anyhow::Result<()> {
        put(config_dir, &format!("{}.wasm", self.name), &self.read(self.wasm)?)?;
        self.write_operator_file(config_dir, "")
    }

    /// Another build of the component: the same, but for a custom section at its end.
    pub(crate) fn install_build(&self, config_dir: &Path, build: u8) -> anyhow::Result<()> {
        let mut component = self.read(self.wasm)?;
        // Id, size, length of the name, the name, and what the section holds.
        component.extend([0, 7, 5, b'b', b'u', b'i', b'l', b'd', build]);
        put(config_dir, &format!("{}.wasm", self.name), &component)
    }

    /// Bytes of the component.
    pub(crate) fn size(&self) -> anyhow::Result<usize> {
        Ok(self.read(self.wasm)?.len())
    }

    /// The same as a native library.
    pub(crate) fn install_native(&self, config_dir: &Path) -> anyhow::Result<()> {
        let library = self.read(self.library)?;
        let file = format!("{}.so", self.name);
        put(config_dir, &file, &library)?;
        let hash = Sha256::digest(&library)
            .iter()
            .fold(String::new(), |mut hash, byte| {
                // Writing into a string cannot fail.
                let _ = write!(hash, "{byte:02x}");
                hash
            });
        let allowed = format!("enabled = true\npath = \"{file}\"\nsha256 = \"{hash}\"\n");
        let text = self.operator_file.replacen("enabled = true\n", &allowed, 1);
        put(config_dir, &format!("{}.toml", self.name), text.as_bytes())
    }

    /// The operator file, with a comment: another comment makes it another file, and the plugin is loaded anew.
    pub(crate) fn write_operator_file(&self, config_dir: &Path, comment: &str) -> anyhow::Result<()> {
        let text = format!("# {comment}\n{}", self.operator_file);
        put(config_dir, &format!("{}.toml", self.name), text.as_bytes())
    }

    /// The operator file with limits.
    pub(crate) fn write_limits(&self, config_dir: &Path, limits: &str) -> anyhow::Result<()> {
        let text = format!("{}\n[limits]\n{limits}\n", self.operator_file);
        put(config_dir, &format!("{}.toml", self.name), text.as_bytes())
    }

    fn read(&self, file: &str) -> anyhow::Result<Vec<u8>> {
        std::fs::read(file).with_context(|| format!("the guest {} is not built", self.name))
    }
}

/// Into the plugins' directory, in one step: a file that is read half-written is a file with a mistake.
pub(crate) fn put(config_dir: &Path, name: &str, content: &[u8]) -> anyhow::Result<()> {
    let plugins = config_dir.join("plugins");
    std::fs::create_dir_all(&plugins)?;
    let fresh = plugins.join(format!(".{name}.new"));
    std::fs::write(&fresh, content)?;
    std::fs::rename(fresh, plugins.join(name))?;
    Ok(())
}
