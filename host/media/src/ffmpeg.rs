//! ffmpeg as a child: with little time, memory and disk, without environment, able to open its one input alone.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

use crate::MediaError;
use crate::limits::{TOOL_CPU_SECONDS, TOOL_FILE_BYTES, TOOL_FILES, TOOL_MEMORY_BYTES, TOOL_PATIENCE};

/// What of its complaints is kept for the log.
const COMPLAINT_BYTES: u64 = 2048;
/// What is read of its output at once.
const CHUNK: usize = 64 * 1024;

/// An ffmpeg that can be started.
#[derive(Debug, Clone)]
pub(crate) struct Ffmpeg {
    program: PathBuf,
}

/// A program by its path, or by its name in a list of directories such as `PATH`; none when it is not there.
pub fn find_program(name: &str, directories: Option<&OsStr>) -> Option<PathBuf> {
    if name.is_empty() {
        return None;
    }
    let is_program = |path: &PathBuf| path.is_file();
    if Path::new(name).components().count() > 1 {
        return Some(PathBuf::from(name)).filter(is_program);
    }
    std::env::split_paths(directories?)
        .map(|directory| directory.join(name))
        // A relative entry of PATH would depend on where we were started.
        .filter(|path| path.is_absolute())
        .find(is_program)
}

impl Ffmpeg {
    pub(crate) fn new(program: PathBuf) -> Self {
        Self { program }
    }

    /// Runs it on `input`, whose container is named by its content (`demuxer`): left to guess, ffmpeg takes playlists,
    /// which name other files. What it writes to its output is handed on.
    pub(crate) async fn run(
        &self,
        demuxer: &str,
        input: &Path,
        arguments: &[&str],
        mut take: impl FnMut(&[u8]) -> Result<(), MediaError> + Send,
    ) -> Result<(), MediaError> {
        let mut child = Command::new(&self.program)
            .env_clear()
            .args(["-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"])
            .args(["-protocol_whitelist", "file,pipe", "-f", demuxer, "-i"])
            .arg(as_file(input))
            .args(arguments)
            .current_dir(input.parent().unwrap_or(Path::new("/")))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        confine(&child);
        let (Some(mut output), Some(complaints)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(MediaError::Internal("ffmpeg has no output".to_owned()));
        };
        let work = async {
            let (read, complaint) = tokio::join!(hand_on(&mut output, &mut take), beginning(complaints));
            read?;
            Ok::<_, MediaError>((child.wait().await?, complaint))
        };
        let Ok(done) = tokio::time::timeout(TOOL_PATIENCE, work).await else {
            // Dropped with `child`, it is killed.
            return Err(MediaError::ToolTimeout);
        };
        let (status, complaint) = done?;
        if status.success() {
            return Ok(());
        }
        tracing::debug!(%status, complaint, "ffmpeg refused");
        Err(MediaError::ToolFailed)
    }
}

/// `file:` in front: a name of any look is then only ever a file.
fn as_file(path: &Path) -> OsString {
    let mut text = OsString::from("file:");
    text.push(path);
    text
}

/// Its limits. Set right after the start: it has not read a byte of the input by then, or not many.
fn confine(child: &Child) {
    let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let Some(pid) = pid else { return };
    for (resource, limit) in [
        (Resource::Cpu, TOOL_CPU_SECONDS),
        (Resource::As, TOOL_MEMORY_BYTES),
        (Resource::Fsize, TOOL_FILE_BYTES),
        (Resource::Nofile, TOOL_FILES),
        (Resource::Core, 0),
    ] {
        let limit = Rlimit {
            current: Some(limit),
            maximum: Some(limit),
        };
        if let Err(error) = prlimit(Some(pid), resource, limit) {
            tracing::warn!(%error, ?resource, "a limit of ffmpeg could not be set");
        }
    }
}

async fn hand_on(
    output: &mut (impl AsyncRead + Unpin),
    take: &mut impl FnMut(&[u8]) -> Result<(), MediaError>,
) -> Result<(), MediaError> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = output.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        take(buffer.get(..read).unwrap_or_default())?;
    }
}

/// The beginning of what it complains about; the rest is read and thrown away, so that it never waits for us.
async fn beginning(mut complaints: impl AsyncRead + Unpin) -> String {
    let mut text = Vec::new();
    // A pipe that breaks has nothing more to say.
    let _ = (&mut complaints)
        .take(COMPLAINT_BYTES)
        .read_to_end(&mut text)
        .await;
    let _ = tokio::io::copy(&mut complaints, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&text).into_owned()
}

/// The container's name for ffmpeg, by the content's type. What is not here is not given to it.
pub(crate) fn demuxer(mime: &str) -> Option<&'static str> {
    match crate::sniff::essence(mime) {
        "video/mp4" | "video/quicktime" | "video/3gpp" | "audio/mp4" => Some("mov"),
        "video/webm" | "video/x-matroska" | "audio/webm" => Some("matroska"),
        "video/x-msvideo" => Some("avi"),
        "video/mpeg" => Some("mpeg"),
        "video/x-flv" => Some("flv"),
        "audio/ogg" | "video/ogg" => Some("ogg"),
        "audio/mpeg" => Some("mp3"),
        "audio/aac" => Some("aac"),
        "audio/wav" => Some("wav"),
        "audio/flac" => Some("flac"),
        "audio/amr" => Some("amr"),
        "audio/x-aiff" | "audio/aiff" => Some("aiff"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::find_program;

    #[test]
    fn programs_are_found_by_path_or_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("ffmpeg");
        std::fs::write(&program, "").unwrap();
        let directories = folder.path().as_os_str();
        assert_eq!(find_program("ffmpeg", Some(directories)), Some(program.clone()));
        assert_eq!(find_program(program.to_str().unwrap(), None), Some(program));
        assert_eq!(find_program("", Some(directories)), None);
        assert_eq!(find_program("ffmpeg", None), None);
        assert_eq!(find_program("other", Some(directories)), None);
        assert_eq!(find_program("ffmpeg", Some(OsStr::new("."))), None);
    }
}
