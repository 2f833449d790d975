//! The functions that a host calls by pointer, and the pointer by which it is called back. A panic ends here: it must not
//! cross into another compiler run's stack.

#![expect(unsafe_code, reason = "pointers from the host, each with what it promises")]

use std::any::Any;
use std::cell::RefCell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use wagate_protocol::manifest::API_VERSION;
use wagate_protocol::native::{
    ABI, ANSWERED, Buffer, Bytes, Entry, Head, HostTable, MAGIC, MALFORMED, PANICKED,
};

use super::serve;
use crate::carrier::Carried;
use crate::plugin::Plugin;

thread_local! {
    /// What the panic hook heard last, with its place in the source.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The table of a plugin.
#[must_use]
pub const fn entry<P: Plugin>() -> Entry {
    Entry {
        head: Head {
            magic: MAGIC,
            abi: ABI,
            size: SIZE,
        },
        api: Bytes::new(API_VERSION.as_bytes()),
        sdk: Bytes::new(env!("CARGO_PKG_VERSION").as_bytes()),
        manifest: Bytes::new(P::MANIFEST.as_bytes()),
        create: create::<P>,
        call: call::<P>,
        destroy: destroy::<P>,
        free,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a table of some hundred bytes")]
const SIZE: u32 = size_of::<Entry>() as u32;

unsafe extern "C" fn create<P: Plugin>(
    host: *const HostTable,
    config: Bytes,
    instance: *mut *mut c_void,
    answer: *mut Buffer,
) -> u32 {
    hear_panics();
    // SAFETY: the host lends both for the time of this call.
    let (host, config) = unsafe { (Carried(Table::new(host)), config.as_slice()) };
    let (status, bytes) = guarded(|| {
        let (made, bytes) = serve::create::<P>(&host, config)?;
        if let Some(plugin) = made {
            let pointer = Box::into_raw(Box::new(plugin));
            // SAFETY: a place of the host's, lent for the time of this call.
            unsafe { instance.write(pointer.cast()) };
        }
        Ok(bytes)
    });
    // SAFETY: as above.
    unsafe { answer.write(Buffer::new(bytes)) };
    status
}

unsafe extern "C" fn call<P: Plugin>(
    instance: *mut c_void,
    host: *const HostTable,
    export: Bytes,
    arguments: Bytes,
    answer: *mut Buffer,
) -> u32 {
    // SAFETY: made by `create::<P>`, not yet destroyed; called by one thread at a time, the one that made it.
    let plugin = unsafe { &*instance.cast::<P>() };
    // SAFETY: the host lends them for the time of this call.
    let (host, export, arguments) =
        unsafe { (Carried(Table::new(host)), export.as_slice(), arguments.as_slice()) };
    let (status, bytes) = guarded(|| serve::call(plugin, &host, export, arguments));
    // SAFETY: a place of the host's, lent for the time of this call.
    unsafe { answer.write(Buffer::new(bytes)) };
    status
}

unsafe extern "C" fn destroy<P: Plugin>(instance: *mut c_void) {
    // SAFETY: made by `create::<P>`, destroyed once, by the thread that made it.
    let plugin = unsafe { Box::from_raw(instance.cast::<P>()) };
    // Nobody is told: whatever it was, it is gone.
    let _ = guarded(|| {
        drop(plugin);
        Ok(Vec::new())
    });
}

unsafe extern "C" fn free(buffer: Buffer) {
    // SAFETY: an answer of `create` or `call`, given back once.
    drop(unsafe { buffer.into_vec() });
}

/// Status and answer, whatever happens. An instance that panicked is not called again, so what it holds may be broken.
fn guarded(work: impl FnOnce() -> Result<Vec<u8>, String>) -> (u32, Vec<u8>) {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(bytes)) => (ANSWERED, bytes),
        Ok(Err(text)) => (MALFORMED, text.into_bytes()),
        Err(payload) => {
            let text = PANIC
                .try_with(RefCell::take)
                .ok()
                .flatten()
                .unwrap_or_else(|| text_of(&*payload));
            // Dropping it could panic again, and here nobody would catch that.
            std::mem::forget(payload);
            (PANICKED, text.into_bytes())
        }
    }
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a text").to_owned()
}

/// The library has a standard library of its own, and this is the hook of that one: the host's log gets the text, instead
/// of its stderr.
fn hear_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let text = panic.to_string();
            // In the end of a thread there may be no place left for it.
            let _ = PANIC.try_with(|last| last.replace(Some(text)));
        }));
    });
}

/// The host, during one call. Holds a pointer, so that it cannot leave its thread.
pub(super) struct Table(*const HostTable);

impl Table {
    /// # Safety
    /// The table is there for as long as this is.
    unsafe fn new(table: *const HostTable) -> Self {
        Self(table)
    }

    /// One call of the host. The answer is copied and given back at once.
    pub(super) fn exchange(
        &self,
        interface: &str,
        function: &str,
        arguments: &[u8],
    ) -> Result<Vec<u8>, String> {
        // SAFETY: still there, by the promise of `new`.
        let table = unsafe { &*self.0 };
        let mut answer = Buffer::empty();
        // SAFETY: what is lent lives until the call is back; the answer's place is written once, by the host.
        let status = unsafe {
            (table.call)(
                table.context,
                Bytes::new(interface.as_bytes()),
                Bytes::new(function.as_bytes()),
                Bytes::new(arguments),
                &raw mut answer,
            )
        };
        // SAFETY: empty, or made by the host and not yet freed.
        let bytes = unsafe { answer.as_slice() }.to_vec();
        // SAFETY: the host's own, given back once.
        unsafe { (table.free)(answer) };
        match status {
            ANSWERED => Ok(bytes),
            _ => Err(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }
}
