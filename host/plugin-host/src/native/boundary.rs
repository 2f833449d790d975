//! The border to a native plugin: the library is loaded and looked at, its functions are called by pointer, and it calls
//! back. A panic of the host ends here, as one of the plugin ends at its side.

#![expect(unsafe_code, reason = "a library from somewhere else, called by pointers")]

use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use wagate_protocol::native::{
    ABI, ANSWERED, Buffer, Bytes, Entry, Head, HostTable, MAGIC, MALFORMED, PANICKED, SYMBOL,
};

/// What the host does for an instance during one call.
pub(super) trait HostSide {
    /// A function by its names. The error says what was not understood.
    fn answer(&mut self, interface: &str, function: &str, arguments: &[u8]) -> Result<Vec<u8>, String>;
}

/// How a call came back.
pub(super) enum Outcome {
    /// With this.
    Answered(Vec<u8>),
    /// With a panic.
    Panicked(String),
    /// Not understood.
    Malformed(String),
}

/// A library, checked. It is never unloaded.
#[derive(Clone, Copy)]
pub(super) struct Library {
    entry: &'static Entry,
    api: &'static str,
    sdk: &'static str,
    manifest: &'static str,
}

impl Library {
    /// Loads it and looks at its table. Nothing of it is called before the table has proved right; what it does while it is
    /// loaded is its own affair.
    pub(super) fn load(path: &Path) -> Result<Self, String> {
        // SAFETY: there is no way to know what a library does. The administrator allows native plugins, and wants this very
        // one, by its hash.
        let library = unsafe { open(path) }.map_err(|error| format!("cannot be loaded: {error}"))?;
        // What has run once may have left threads and destructors behind.
        let library = ManuallyDrop::new(library);
        // SAFETY: the name stands for a table or for nothing; that it is a table is seen by its head.
        let entry: *const Entry = *unsafe { library.get::<*const Entry>(SYMBOL.as_bytes()) }
            .map_err(|_| format!("is no native plugin: it does not export {SYMBOL}"))?;
        // SAFETY: every version of the table begins with a head.
        let head = unsafe { entry.cast::<Head>().read_unaligned() };
        check(head, entry.is_aligned())?;
        // SAFETY: a table of this version, in a library that stays.
        let entry: &'static Entry = unsafe { &*entry };
        Ok(Self {
            entry,
            api: text("version of the API", entry.api)?,
            sdk: text("version of the SDK", entry.sdk)?,
            manifest: text("manifest", entry.manifest)?,
        })
    }

    pub(super) fn api(&self) -> &'static str {
        self.api
    }

    pub(super) fn sdk(&self) -> &'static str {
        self.sdk
    }

    pub(super) fn manifest(&self) -> &'static str {
        self.manifest
    }

    /// An answer, copied and given back.
    fn outcome(&self, status: u32, answer: Buffer) -> Outcome {
        // SAFETY: empty, or made by the plugin and not yet freed.
        let bytes = unsafe { answer.as_slice() }.to_vec();
        // SAFETY: the plugin's own, given back once.
        unsafe { (self.entry.free)(answer) };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match status {
            ANSWERED => Outcome::Answered(bytes),
            PANICKED => Outcome::Panicked(text(&bytes)),
            MALFORMED => Outcome::Malformed(text(&bytes)),
            other => Outcome::Malformed(format!("the call came back with {other}")),
        }
    }
}

/// With everything it needs found at once: what is missing is told here, and not in the middle of a call.
#[cfg(unix)]
unsafe fn open(path: &Path) -> Result<libloading::Library, libloading::Error> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // SAFETY: by the caller.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map(Into::into)
}

#[cfg(not(unix))]
unsafe fn open(path: &Path) -> Result<libloading::Library, libloading::Error> {
    // SAFETY: by the caller.
    unsafe { libloading::Library::new(path) }
}

fn check(head: Head, is_aligned: bool) -> Result<(), String> {
    if head.magic != MAGIC || !is_aligned {
        return Err(format!("is no native plugin: {SYMBOL} is something else"));
    }
    if head.abi != ABI {
        return Err(format!(
            "speaks version {} of the native interface, this host speaks {ABI}",
            head.abi
        ));
    }
    if usize::try_from(head.size) != Ok(size_of::<Entry>()) {
        return Err(format!(
            "its table has {} bytes, version {ABI} of the native interface has {}",
            head.size,
            size_of::<Entry>()
        ));
    }
    Ok(())
}

fn text(what: &str, bytes: Bytes) -> Result<&'static str, String> {
    // SAFETY: a constant of a library that stays.
    let bytes: &'static [u8] = unsafe { bytes.as_slice() };
    str::from_utf8(bytes).map_err(|_| format!("its {what} is not UTF-8 text"))
}

/// An instance. Cannot leave the thread that made it.
pub(super) struct Guest {
    library: Library,
    pointer: *mut c_void,
}

impl Guest {
    /// Makes one; none where the plugin refuses, as the answer says.
    pub(super) fn create(
        library: Library,
        side: &mut impl HostSide,
        config: &[u8],
    ) -> (Option<Self>, Outcome) {
        let mut pointer = std::ptr::null_mut();
        let mut answer = Buffer::empty();
        let host = table(side);
        // SAFETY: a function of a checked table; what is lent lives until it is back, and `side` is not touched meanwhile but
        // through the table.
        let status = unsafe {
            (library.entry.create)(
                &raw const host,
                Bytes::new(config),
                &raw mut pointer,
                &raw mut answer,
            )
        };
        // Only then: dropped, it gives the instance back.
        let made = (!pointer.is_null()).then(|| Self { library, pointer });
        (made, library.outcome(status, answer))
    }

    /// Calls an export.
    pub(super) fn call(&mut self, side: &mut impl HostSide, export: &str, arguments: &[u8]) -> Outcome {
        let mut answer = Buffer::empty();
        let host = table(side);
        // SAFETY: as in `create`; the instance is alive and on the thread that made it.
        let status = unsafe {
            (self.library.entry.call)(
                self.pointer,
                &raw const host,
                Bytes::new(export.as_bytes()),
                Bytes::new(arguments),
                &raw mut answer,
            )
        };
        self.library.outcome(status, answer)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // SAFETY: made by this library on this thread, given back once.
        unsafe { (self.library.entry.destroy)(self.pointer) };
    }
}

/// What an instance can call while `side` is lent to it.
fn table<S: HostSide>(side: &mut S) -> HostTable {
    HostTable {
        context: std::ptr::from_mut(side).cast(),
        call: answer::<S>,
        free,
    }
}

unsafe extern "C" fn answer<S: HostSide>(
    context: *mut c_void,
    interface: Bytes,
    function: Bytes,
    arguments: Bytes,
    answer: *mut Buffer,
) -> u32 {
    // SAFETY: the context of `table::<S>`, used on the thread that called the plugin, by one call at a time.
    let side = unsafe { &mut *context.cast::<S>() };
    // SAFETY: the plugin lends them for the time of this call.
    let (interface, function, arguments) =
        unsafe { (interface.as_slice(), function.as_slice(), arguments.as_slice()) };
    let work = || {
        let name = |bytes| str::from_utf8(bytes).map_err(|error| error.to_string());
        side.answer(name(interface)?, name(function)?, arguments)
    };
    let (status, bytes) = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(bytes)) => (ANSWERED, bytes),
        Ok(Err(text)) => (MALFORMED, text.into_bytes()),
        Err(payload) => {
            // Dropping it could panic again; its text is in the log already.
            std::mem::forget(payload);
            (PANICKED, b"the host failed".to_vec())
        }
    };
    // SAFETY: a place of the plugin's, lent for the time of this call.
    unsafe { answer.write(Buffer::new(bytes)) };
    status
}

unsafe extern "C" fn free(buffer: Buffer) {
    // SAFETY: an answer of `answer`, given back once.
    drop(unsafe { buffer.into_vec() });
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    static ALIVE: AtomicUsize = AtomicUsize::new(0);

    /// An instance, unless it is to refuse; answers with what it was told.
    unsafe extern "C" fn create(
        _host: *const HostTable,
        config: Bytes,
        instance: *mut *mut c_void,
        answer: *mut Buffer,
    ) -> u32 {
        // SAFETY: lent for the time of this call.
        let config = unsafe { config.as_slice() };
        if config != b"refuse" {
            ALIVE.fetch_add(1, Ordering::SeqCst);
            // SAFETY: a place of the host's.
            unsafe { instance.write(Box::into_raw(Box::new(0_u64)).cast()) };
        }
        // SAFETY: a place of the host's.
        unsafe { answer.write(Buffer::new(config.to_vec())) };
        ANSWERED
    }

    /// Asks its host for an interface of the export's name, and answers as the host did.
    unsafe extern "C" fn call(
        _instance: *mut c_void,
        host: *const HostTable,
        export: Bytes,
        arguments: Bytes,
        answer: *mut Buffer,
    ) -> u32 {
        // SAFETY: lent for the time of this call.
        let (host, name) = unsafe { (&*host, export.as_slice()) };
        match name {
            b"panic-here" => return PANICKED,
            b"odd" => return 77,
            _ => {}
        }
        let interface = if name == b"no-text" {
            Bytes::new(b"\xff")
        } else {
            export
        };
        let mut said = Buffer::empty();
        // SAFETY: the host's own table, on the host's thread.
        let status = unsafe {
            (host.call)(
                host.context,
                interface,
                Bytes::new(b"do"),
                arguments,
                &raw mut said,
            )
        };
        // SAFETY: made by the host, copied, and given back once.
        unsafe {
            answer.write(Buffer::new(said.as_slice().to_vec()));
            (host.free)(said);
        }
        status
    }

    unsafe extern "C" fn destroy(instance: *mut c_void) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
        // SAFETY: made by `create`, destroyed once.
        drop(unsafe { Box::from_raw(instance.cast::<u64>()) });
    }

    unsafe extern "C" fn free_answer(buffer: Buffer) {
        // SAFETY: made by `create` or `call`, given back once.
        drop(unsafe { buffer.into_vec() });
    }

    fn head() -> Head {
        Head {
            magic: MAGIC,
            abi: ABI,
            size: u32::try_from(size_of::<Entry>()).unwrap(),
        }
    }

    /// A library that is none: its functions are those above.
    fn library() -> Library {
        let entry = Entry {
            head: head(),
            api: Bytes::new(b"0.1"),
            sdk: Bytes::new(b"1.0.0"),
            manifest: Bytes::new(b""),
            create,
            call,
            destroy,
            free: free_answer,
        };
        Library {
            entry: Box::leak(Box::new(entry)),
            api: "0.1",
            sdk: "1.0.0",
            manifest: "",
        }
    }

    struct Side;

    impl HostSide for Side {
        fn answer(&mut self, interface: &str, function: &str, arguments: &[u8]) -> Result<Vec<u8>, String> {
            match interface {
                "panic" => panic!("on purpose"),
                "refuse" => Err("not understood".to_owned()),
                _ => Ok(format!("{interface}.{function} {}", arguments.len()).into_bytes()),
            }
        }
    }

    fn told(outcome: Outcome) -> (u32, String) {
        match outcome {
            Outcome::Answered(bytes) => (ANSWERED, String::from_utf8(bytes).unwrap()),
            Outcome::Panicked(text) => (PANICKED, text),
            Outcome::Malformed(text) => (MALFORMED, text),
        }
    }

    #[test]
    fn a_call_comes_back_however_it_ends_and_the_instance_is_given_back_once() {
        let (none, said) = Guest::create(library(), &mut Side, b"refuse");
        assert!(none.is_none());
        assert_eq!(told(said), (ANSWERED, "refuse".to_owned()));
        assert_eq!(ALIVE.load(Ordering::SeqCst), 0);

        let (guest, said) = Guest::create(library(), &mut Side, b"");
        assert_eq!(told(said), (ANSWERED, String::new()));
        let mut guest = guest.unwrap();
        let mut call = |export: &str| told(guest.call(&mut Side, export, &[0; 3]));
        assert_eq!(call("store"), (ANSWERED, "store.do 3".to_owned()));
        assert_eq!(call("refuse"), (MALFORMED, "not understood".to_owned()));
        // A panic of the host does not run through the plugin.
        assert_eq!(call("panic"), (PANICKED, "the host failed".to_owned()));
        let (status, text) = call("no-text");
        assert!(status == MALFORMED && text.contains("utf-8"), "{text}");
        assert_eq!(call("panic-here"), (PANICKED, String::new()));
        assert_eq!(call("odd"), (MALFORMED, "the call came back with 77".to_owned()));
        assert_eq!(call("store").0, ANSWERED);
        assert_eq!(ALIVE.load(Ordering::SeqCst), 1);
        drop(guest);
        assert_eq!(ALIVE.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn a_table_of_another_version_is_refused_by_its_head() {
        let good = head();
        assert_eq!(check(good, true), Ok(()));
        let refusal = |head, is_aligned| check(head, is_aligned).unwrap_err();
        assert!(refusal(good, false).contains("something else"));
        assert!(
            refusal(
                Head {
                    magic: [0; 8],
                    ..good
                },
                true
            )
            .contains("something else")
        );
        assert!(refusal(Head { abi: 9, ..good }, true).contains("version 9"));
        assert!(refusal(Head { size: 8, ..good }, true).contains("8 bytes"));
    }
}
