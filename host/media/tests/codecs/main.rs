//! The codecs over files made here: what comes out is decoded again, and what is too large is refused in time.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stderr,
    reason = "all of it is a test: what is not as expected has to fail it"
)]

mod bombs;
mod fixtures;
mod pictures;
mod sounds;
mod stickers;
