//! A disk that is full at will: a small file system under the gateway's data where the test may mount one, else a limit on
//! how large the gateway's files may become.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::ptr;

/// A file system in memory, mounted over a directory, seen by this thread and the processes it starts, and by nobody
/// else: the kernel takes it away with the last of them.
pub struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Mounts one. None where that needs rights the test does not have.
    pub fn mount(path: &Path, mebibytes: u32) -> Option<Self> {
        let target = c_path(path);
        let options = CString::new(format!("size={mebibytes}m")).expect("no zero in it");
        // SAFETY: a flag and nothing else; only this thread gets mounts of its own.
        #[expect(unsafe_code, reason = "std mounts nothing")]
        let own = unsafe { libc::unshare(libc::CLONE_NEWNS) };
        if own != 0 {
            return None;
        }
        // SAFETY: the strings end in zero and live until the calls return; null stands for what is not used.
        #[expect(unsafe_code, reason = "std mounts nothing")]
        let mounted = unsafe {
            let private = libc::mount(
                ptr::null(),
                c"/".as_ptr(),
                ptr::null(),
                libc::MS_REC | libc::MS_PRIVATE,
                ptr::null(),
            );
            private == 0
                && libc::mount(
                    c"wagate-test".as_ptr(),
                    target.as_ptr(),
                    c"tmpfs".as_ptr(),
                    0,
                    options.as_ptr().cast(),
                ) == 0
        };
        mounted.then(|| Self {
            path: path.to_owned(),
        })
    }

    fn ballast(&self) -> PathBuf {
        self.path.join("ballast")
    }

    /// Takes every block that is left.
    pub fn fill(&self) {
        let mut ballast = File::options()
            .create(true)
            .append(true)
            .open(self.ballast())
            .expect("the ballast opens");
        let block = vec![1; 64 * 1024];
        let error = loop {
            // Also a part of it: `write_all` would not tell how much of the last one fits.
            if let Err(error) = ballast.write(&block) {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{error}");
    }

    /// Gives them back.
    pub fn free(&self) {
        std::fs::remove_file(self.ballast()).expect("the ballast is there");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let target = c_path(&self.path);
        // SAFETY: the string ends in zero and lives until the call returns. Whoever still has files open keeps them.
        #[expect(unsafe_code, reason = "std mounts nothing")]
        // What stays mounted goes with this process.
        let _ = unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) };
    }
}

fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).expect("no zero in a path")
}
