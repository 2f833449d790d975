//! The directory: a file `<handle>`, what is known of it in `<handle>.json`, and nothing else.

use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::path::Path;

use super::file::{Sheet, is_handle};

/// Reads the sheets of whole files; everything else in the directory is removed.
pub(super) fn load(dir: &Path, now: i64) -> io::Result<Vec<Sheet>> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)?;
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        names.push(entry?.file_name());
    }
    let sheets: Vec<Sheet> = names
        .iter()
        .filter_map(|name| name.to_str()?.strip_suffix(".json"))
        .filter(|handle| is_handle(handle))
        .filter_map(|handle| read(dir, handle, now))
        .collect();
    for name in names {
        let is_known = name.to_str().is_some_and(|name| {
            let handle = name.strip_suffix(".json").unwrap_or(name);
            sheets.iter().any(|sheet| sheet.handle == handle)
        });
        if !is_known {
            // What cannot be removed now is tried again at the next start.
            let _ = fs::remove_file(dir.join(name));
        }
    }
    Ok(sheets)
}

fn read(dir: &Path, handle: &str, now: i64) -> Option<Sheet> {
    let sheet: Sheet = serde_json::from_slice(&fs::read(dir.join(format!("{handle}.json"))).ok()?).ok()?;
    let file = fs::metadata(dir.join(handle)).ok()?;
    (sheet.handle == handle && sheet.bytes == file.len() && sheet.expires_at > now).then_some(sheet)
}

/// Writes the sheet of a file that is in place.
pub(super) fn write(dir: &Path, sheet: &Sheet) -> io::Result<()> {
    let temporary = dir.join(format!("{}.json.part", sheet.handle));
    let text = serde_json::to_vec(sheet).map_err(io::Error::other)?;
    wagate_media::create_private(&temporary)?.write_all(&text)?;
    fs::rename(temporary, dir.join(format!("{}.json", sheet.handle)))
}

/// Removes a file with its sheet. The sheet first: without it the file is removed at the next start.
pub(super) fn remove(dir: &Path, handle: &str) {
    for name in [format!("{handle}.json"), handle.to_owned()] {
        if let Err(error) = fs::remove_file(dir.join(name))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "a file of a plugin could not be removed");
        }
    }
}
