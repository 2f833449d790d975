//! A process of the binary under test: started, its ready line read, stopped or killed. Killed at the latest on drop.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A start compiles the plugins when the cache is cold.
const READY_WITHIN: Duration = Duration::from_mins(1);
/// The order a gateway ends in is bounded to less than this.
const STOPPED_WITHIN: Duration = Duration::from_secs(40);

/// A running process.
pub struct Process {
    child: Child,
    /// What it printed when it was ready.
    pub ready: Value,
}

impl Process {
    /// Starts `binary` with `args` and waits for its ready line. Its log goes to `log`, appended.
    pub fn start(binary: &str, args: &[&str], env: &[(&str, &str)], log: &Path) -> Self {
        // Handed down to the child: a write above a limit on files is to fail, not to kill.
        // SAFETY: no handler is installed, and nothing here waits for this signal.
        #[expect(unsafe_code, reason = "std ignores no signals")]
        let _ = unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .expect("the log file opens");
        let mut child = Command::new(binary)
            .args(args)
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the binary under test starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            // Read to the end: a full pipe would block the process.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let ready = lines
            .recv_timeout(READY_WITHIN)
            .ok()
            .and_then(|line| serde_json::from_str::<Value>(&line).ok())
            .filter(|ready| ready["event"] == "ready");
        let Some(ready) = ready else {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{binary} {args:?} did not print a ready line");
        };
        Self { child, ready }
    }

    /// SIGKILL: nothing is flushed, nothing is said.
    pub fn kill(mut self) {
        self.child.kill().expect("the process is there to be killed");
        self.child.wait().expect("the process ends");
    }

    /// SIGTERM, and how it ended.
    pub fn terminate(mut self) -> ExitStatus {
        let id = i32::try_from(self.child.id()).expect("a process id is small");
        // SAFETY: no memory is involved; the process is ours and not yet waited for, so the id is still its own.
        #[expect(unsafe_code, reason = "std sends no signals")]
        let sent = unsafe { libc::kill(id, libc::SIGTERM) };
        assert_eq!(sent, 0);
        let deadline = Instant::now() + STOPPED_WITHIN;
        loop {
            if let Some(status) = self.child.try_wait().expect("the process can be asked") {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "the process did not end within {STOPPED_WITHIN:?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("the process can be asked").is_some()
    }

    /// No file of the process may become larger than this many bytes from now on; none takes the limit back. Writes
    /// fail as on a full disk, but with "file too large".
    pub fn limit_files(&self, bytes: Option<u64>) {
        let id = i32::try_from(self.child.id()).expect("a process id is small");
        let limit = libc::rlimit {
            rlim_cur: bytes.unwrap_or(libc::RLIM_INFINITY),
            rlim_max: libc::RLIM_INFINITY,
        };
        // SAFETY: the limit is read during the call alone, and the old one is not asked for; the process is ours and not
        // yet waited for, so the id is still its own.
        #[expect(unsafe_code, reason = "std sets no limits")]
        let set = unsafe { libc::prlimit(id, libc::RLIMIT_FSIZE, &raw const limit, std::ptr::null_mut()) };
        assert_eq!(set, 0, "{}", std::io::Error::last_os_error());
    }

    /// Resident memory, KiB.
    pub fn resident_kib(&self) -> u64 {
        self.status_kib("VmRSS:")
    }

    /// The most resident memory since the start, or since [`Self::forget_peak`], KiB.
    pub fn peak_kib(&self) -> u64 {
        self.status_kib("VmHWM:")
    }

    /// The peak is counted from now on.
    pub fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").expect("Linux forgets the peak");
    }

    fn status_kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_else(|| panic!("Linux tells no {name}"));
        line.split_whitespace()
            .nth(1)
            .and_then(|kib| kib.parse().ok())
            .expect("a number of KiB")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
