//! What the contract tests stand on: the reference read as a table of operations, calls with the refusals that follow
//! from the reference, shapes of answers, and a book of what went wrong.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a harness of tests: what is not as expected has to fail the test"
)]

pub mod book;
pub mod call;
pub mod client;
pub mod control;
pub mod exceptions;
pub mod files;
pub mod reference;
pub mod refusals;
pub mod shape;
pub mod world;

pub use call::{Call, Part};
pub use client::{Answer, Client};
pub use world::World;
