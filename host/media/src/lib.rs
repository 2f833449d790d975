//! Codecs: what a file is, how large a picture is, and what can be made of it (JPEG, sticker, voice note).
//! Not here: where files are kept and who may have them (plugin host, engine), WhatsApp.
//!
//! Everything comes from strangers. The type is read off the content and never believed; dimensions are checked before
//! a pixel is decoded; pictures are decoded by code without `unsafe`, two at a time at most, on blocking threads. libwebp
//! (C) only ever sees pixels of ours. ffmpeg is a child with limits that can open its one input and nothing else.
//!
//! Module order, a module uses only what stands to its left:
//! `error, limits -> names, sniff, private_file -> riff -> webp -> picture, frames -> sticker -> ogg, ffmpeg -> probe -> video, voice -> recipe
//! -> codecs`.

mod codecs;
mod error;
mod ffmpeg;
mod frames;
pub mod limits;
pub mod names;
mod ogg;
mod picture;
mod private_file;
mod probe;
mod recipe;
mod riff;
pub mod sniff;
mod sticker;
mod video;
mod voice;
mod webp;

pub use codecs::{Codecs, Description, Made};
pub use error::MediaError;
pub use ffmpeg::find_program;
pub use private_file::create as create_private;
pub use probe::Probe;
pub use recipe::Recipe;
pub use riff::{Pack, read_pack};
pub use sticker::{Shape, Sticker};
