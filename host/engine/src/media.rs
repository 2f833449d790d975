//! The files of media messages: noted beside the message, downloaded soon or when somebody asks, kept for a while.
//!
//! `row` reads a message, `folder` is the disk, `fetch` downloads one file, `worker` all that are due, `keep` takes away
//! what is too old or too much. Nothing that a sender chose becomes a path or a host.

mod desk;
mod fetch;
mod folder;
mod keep;
mod options;
mod row;
#[cfg(test)]
mod tests;
mod worker;

pub(crate) use desk::MediaDesk;
pub use desk::StoredMedia;
pub use options::{DownloadMode, MediaOptions};
pub(crate) use row::{media_of, note, url};
