//! The border between the host and a native plugin: two tables in C's layout. What crosses it is `MessagePack`; who calls
//! whom when stands at the tables. Not here: what the calls do.
//!
//! Every change of a table, of a status or of an order of arguments raises [`ABI`].

#![expect(unsafe_code, reason = "bytes and tables that another compiler run has made")]

pub mod codec;

use std::ffi::c_void;
use std::mem::ManuallyDrop;

/// What [`Head::magic`] is.
pub const MAGIC: [u8; 8] = *b"WAGATEPL";
/// What [`Head::abi`] is: the version of everything in this file.
pub const ABI: u32 = 1;
/// The name under which a plugin exports its [`Entry`].
pub const SYMBOL: &str = "WAGATE_NATIVE_PLUGIN";

/// The call came back; the answer is `MessagePack`.
pub const ANSWERED: u32 = 0;
/// It panicked; the answer is a text.
pub const PANICKED: u32 = 1;
/// What was asked is not understood; the answer is a text.
pub const MALFORMED: u32 = 2;

/// The exports a host may call. Each takes a tuple of the arguments in the WIT and answers a `Result`.
pub mod export {
    /// `http-routes`.
    pub const HANDLE_HTTP: &str = "handle_http";
    /// `events`.
    pub const ON_EVENT: &str = "on_event";
    /// `timer-events`.
    pub const ON_TIMER: &str = "on_timer";
    /// `session-resolver`.
    pub const RESOLVE: &str = "resolve";
}

/// Bytes of the caller, lent for the call.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Bytes {
    data: *const u8,
    len: usize,
}

impl Bytes {
    /// Lends these.
    pub const fn new(bytes: &[u8]) -> Self {
        Self {
            data: bytes.as_ptr(),
            len: bytes.len(),
        }
    }

    /// The bytes.
    ///
    /// # Safety
    /// They are still there for all of `'a`, and nobody changes them.
    pub unsafe fn as_slice<'a>(self) -> &'a [u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: made by `new` of a slice, which is still there by the caller's promise.
        unsafe { std::slice::from_raw_parts(self.data, self.len) }
    }
}

/// Bytes that the side which is called has made, and that only its `free` gives back.
#[repr(C)]
pub struct Buffer {
    data: *mut u8,
    len: usize,
    capacity: usize,
}

impl Buffer {
    /// Nothing.
    pub const fn empty() -> Self {
        Self {
            data: std::ptr::null_mut(),
            len: 0,
            capacity: 0,
        }
    }

    /// Gives the bytes out of the hand, until [`Self::into_vec`].
    pub fn new(bytes: Vec<u8>) -> Self {
        let mut bytes = ManuallyDrop::new(bytes);
        Self {
            data: bytes.as_mut_ptr(),
            len: bytes.len(),
            capacity: bytes.capacity(),
        }
    }

    /// The bytes, to look at them.
    ///
    /// # Safety
    /// The buffer is [`Self::empty`], or made by [`Self::new`] on either side and not yet freed.
    pub unsafe fn as_slice(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: the parts of a vector that was given out of the hand and is not freed before `self` is gone.
        unsafe { std::slice::from_raw_parts(self.data, self.len) }
    }

    /// The bytes, to have them.
    ///
    /// # Safety
    /// The buffer is [`Self::empty`], or made by [`Self::new`] on this side, by this very compiler run.
    pub unsafe fn into_vec(self) -> Vec<u8> {
        if self.data.is_null() {
            return Vec::new();
        }
        // SAFETY: the parts of a vector of this side, given out of the hand by `new` and taken back once.
        unsafe { Vec::from_raw_parts(self.data, self.len, self.capacity) }
    }
}

/// A call of the host: what `context` stands for, interface, function, arguments; the answer. The answer is what the WIT
/// says, a `Result` nearly always.
pub type HostCall = unsafe extern "C" fn(*mut c_void, Bytes, Bytes, Bytes, *mut Buffer) -> u32;

/// What a plugin can call, while the host calls it and on the same thread.
#[repr(C)]
pub struct HostTable {
    /// Goes back with every call.
    pub context: *mut c_void,
    /// Any function of the WIT.
    pub call: HostCall,
    /// Gives an answer of the host back.
    pub free: unsafe extern "C" fn(Buffer),
}

/// What an [`Entry`] begins with in every version: all that may be looked at before the rest is believed.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Head {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// [`ABI`].
    pub abi: u32,
    /// Of the whole [`Entry`], in bytes.
    pub size: u32,
}

/// What a native plugin exports under [`SYMBOL`].
///
/// An instance is made, called and given back on one thread, one call at a time. After anything but [`ANSWERED`] it is only
/// given back.
#[repr(C)]
pub struct Entry {
    /// Checked first.
    pub head: Head,
    /// The version of the plugin API it was written for, `1.0`.
    pub api: Bytes,
    /// The version of the SDK.
    pub sdk: Bytes,
    /// The text of `plugin.toml`.
    pub manifest: Bytes,
    /// Makes an instance: table, what `init` gets (a string); the instance, and what `init` answers.
    pub create: unsafe extern "C" fn(*const HostTable, Bytes, *mut *mut c_void, *mut Buffer) -> u32,
    /// Calls an export: instance, table, name, arguments; its answer.
    pub call: unsafe extern "C" fn(*mut c_void, *const HostTable, Bytes, Bytes, *mut Buffer) -> u32,
    /// Gives an instance back.
    pub destroy: unsafe extern "C" fn(*mut c_void),
    /// Gives an answer of the plugin back.
    pub free: unsafe extern "C" fn(Buffer),
}

// SAFETY: it is never changed, and its pointers lead to constants and functions of the library it is a part of, which is
// never unloaded.
unsafe impl Sync for Entry {}
// SAFETY: as above.
unsafe impl Send for Entry {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_as_they_were() {
        for bytes in [Vec::new(), vec![7], vec![1; 1000]] {
            // SAFETY: lent from a vector that is still there.
            assert_eq!(unsafe { Bytes::new(&bytes).as_slice() }, bytes);
            let buffer = Buffer::new(bytes.clone());
            // SAFETY: made by `new`, freed by nobody.
            assert_eq!(unsafe { buffer.as_slice() }, bytes);
            // SAFETY: made a moment ago, here.
            assert_eq!(unsafe { buffer.into_vec() }, bytes);
        }
        // SAFETY: empty.
        assert_eq!(unsafe { Buffer::empty().into_vec() }, [] as [u8; 0]);
    }

    #[test]
    fn the_head_is_where_every_version_looks_for_it() {
        assert_eq!(size_of::<Head>(), 16);
        assert_eq!(std::mem::offset_of!(Entry, head), 0);
    }
}
