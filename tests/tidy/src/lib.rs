//! The repository's own rules, as tests: who may depend on whom, how long a file may be, what every crate has.
//! The rules are in `tests/`; here is what it takes to read sources.

#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a harness of tests: what is not as expected has to fail the test"
)]

pub mod calls;
pub mod files;
