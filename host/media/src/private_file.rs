//! Files that nobody else on the machine reads.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a new file, readable for us alone; fails when there is one.
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
